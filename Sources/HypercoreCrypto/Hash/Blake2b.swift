internal import CSodium
public import CompactEncoding

/// BLAKE2b (RFC 7693) over several pieces of input, as the stack uses it: 16, 32 or 64 bytes of output, with an
/// optional key.
public struct Blake2b: ~Copyable {
  /// Libsodium's state wants 64-byte alignment, which an imported struct cannot have, so it lives on the heap.
  private let state: OpaquePointer
  private let memory: UnsafeMutableRawPointer
  private let outputLength: Int

  /// Starts a hash of `outputLength` bytes, keyed when `key` has 1 to 64 bytes.
  public init(outputLength: Int = 32, key: [UInt8] = []) {
    _ = Sodium.ready
    memory = .allocate(byteCount: crypto_generichash_statebytes(), alignment: 64)
    state = OpaquePointer(memory)
    self.outputLength = outputLength
    let result = crypto_generichash_init(state, key, key.count, outputLength)
    precondition(result == 0, "BLAKE2b takes 16 to 64 bytes of output and at most 64 bytes of key")
  }

  deinit { memory.deallocate() }

  /// Adds bytes.
  public mutating func update(_ bytes: [UInt8]) { crypto_generichash_update(state, bytes, UInt64(bytes.count)) }

  /// Adds 32 bytes.
  public mutating func update(_ value: Fixed32) {
    value.withUnsafeBytes { _ = crypto_generichash_update(state, $0.octets, 32) }
  }

  /// Adds eight bytes, little endian.
  public mutating func update(_ value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) {
      _ = crypto_generichash_update(state, $0.octets, 8)
    }
  }

  /// The hash as bytes. The value must not be used afterwards.
  public consuming func finalize() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: outputLength) { buffer, count in
      crypto_generichash_final(state, buffer.octets, outputLength)
      count = outputLength
    }
  }

  /// The hash of 32 bytes. The value must not be used afterwards.
  public consuming func finalize32() -> Fixed32 {
    precondition(outputLength == 32, "this hash has another length")
    return Fixed32 { crypto_generichash_final(state, $0.octets, 32) }
  }

  /// BLAKE2b-256 of one piece.
  public static func hash(_ bytes: [UInt8], key: [UInt8] = []) -> Fixed32 {
    _ = Sodium.ready
    return Fixed32 {
      _ = crypto_generichash($0.octets, 32, bytes, UInt64(bytes.count), key, key.count)
    }
  }

  /// BLAKE2b-256 of the concatenation of several pieces.
  public static func hash(_ pieces: [[UInt8]], key: [UInt8] = []) -> Fixed32 {
    var hasher = Blake2b(key: key)
    for piece in pieces { hasher.update(piece) }
    return hasher.finalize32()
  }
}
