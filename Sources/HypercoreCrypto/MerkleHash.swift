internal import CSodium
public import CompactEncoding

/// The hashes of a Merkle log, none of which allocates: every call works on the stack (spec 01 §3).
public enum MerkleHash {
  /// `H( 00 ‖ u64le(size) ‖ block )`, the hash of a leaf.
  public static func leaf(_ block: [UInt8]) -> Fixed32 { block.withUnsafeBytes { leaf($0) } }

  /// `H( 00 ‖ u64le(size) ‖ block )`, the hash of a leaf.
  public static func leaf(_ block: UnsafeRawBufferPointer) -> Fixed32 {
    let prefix = 9
    guard block.count <= stackLimit - prefix else { return longLeaf(block) }
    return withUnsafeTemporaryAllocation(byteCount: prefix + block.count, alignment: 8) { input in
      input[0] = 0
      input.storeBytes(of: UInt64(block.count).littleEndian, toByteOffset: 1, as: UInt64.self)
      if block.count > 0 { UnsafeMutableRawBufferPointer(rebasing: input[prefix...]).copyMemory(from: block) }
      return Blake2b.hash(UnsafeRawBufferPointer(input))
    }
  }

  /// `H( 01 ‖ u64le(size) ‖ left ‖ right )`, the hash of an inner node of `size` bytes below it.
  public static func parent(size: UInt64, left: Fixed32, right: Fixed32) -> Fixed32 {
    withUnsafeTemporaryAllocation(byteCount: 73, alignment: 8) { input in
      input[0] = 1
      input.storeBytes(of: size.littleEndian, toByteOffset: 1, as: UInt64.self)
      input.storeBytes(of: left, toByteOffset: 9, as: Fixed32.self)
      input.storeBytes(of: right, toByteOffset: 41, as: Fixed32.self)
      return Blake2b.hash(UnsafeRawBufferPointer(input))
    }
  }

  /// `H( 02 ‖ for each root: hash ‖ u64le(index) ‖ u64le(size) )`, the hash of a whole tree.
  public static func tree(rootCount: Int, _ root: (Int) -> (hash: Fixed32, index: UInt64, size: UInt64)) -> Fixed32 {
    withUnsafeTemporaryAllocation(byteCount: 1 + 48 * rootCount, alignment: 8) { input in
      input[0] = 2
      for i in 0..<rootCount {
        let (hash, index, size) = root(i)
        let offset = 1 + 48 * i
        input.storeBytes(of: hash, toByteOffset: offset, as: Fixed32.self)
        input.storeBytes(of: index.littleEndian, toByteOffset: offset + 32, as: UInt64.self)
        input.storeBytes(of: size.littleEndian, toByteOffset: offset + 40, as: UInt64.self)
      }
      return Blake2b.hash(UnsafeRawBufferPointer(input))
    }
  }

  /// Temporary allocations of up to this many bytes live on the stack.
  private static let stackLimit = 1024

  /// Hashes prefix and block one after the other, since copying a long block would cost more than the state does.
  private static func longLeaf(_ block: UnsafeRawBufferPointer) -> Fixed32 {
    withUnsafeTemporaryAllocation(byteCount: crypto_generichash_statebytes(), alignment: 64) { memory in
      guard let base = memory.baseAddress else { preconditionFailure("an allocation has an address") }
      let state = OpaquePointer(base)
      crypto_generichash_init(state, nil, 0, 32)
      withUnsafeTemporaryAllocation(byteCount: 9, alignment: 8) { prefix in
        prefix[0] = 0
        prefix.storeBytes(of: UInt64(block.count).littleEndian, toByteOffset: 1, as: UInt64.self)
        _ = crypto_generichash_update(state, prefix.octets, 9)
      }
      crypto_generichash_update(state, block.octets, UInt64(block.count))
      return Fixed32 { crypto_generichash_final(state, $0.octets, 32) }
    }
  }
}

extension Blake2b {
  /// BLAKE2b-256 of bytes in one piece, without allocating.
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> Fixed32 {
    Fixed32 {
      _ = crypto_generichash(
        $0.octets, 32, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count), nil, 0)
    }
  }
}
