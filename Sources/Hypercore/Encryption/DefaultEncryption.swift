public import CompactEncoding
internal import HypercoreCrypto

/// The encryption of a log with one key.
///
/// ```
/// stored = pad(8) ‖ cipher
/// pad    = u64le(fork) XOR XSalsa20(blindingKey, nonce = u64le(index) ‖ 16 zero bytes)[0..<8]
/// cipher = block XOR XSalsa20(blockKey, nonce = u64le(index) ‖ pad ‖ 8 zero bytes)
/// ```
///
/// The blinding key is `H(blockKey)`; the block key depends on how the log is named, see the initialisers. Reading
/// does not need the fork: the pad is there.
///
/// Source: spec 01 §13.1.
public struct DefaultEncryption: BlockEncryption, Hashable {
  /// Encrypts the contents.
  public let blockKey: Fixed32
  /// Encrypts the pad.
  public let blindingKey: Fixed32
  /// Bytes in front of every block's contents: 8.
  public var padding: Int { Self.padLength }

  static let padLength = 8

  /// Encryption with the block key itself.
  public init(blockKey: Fixed32) {
    self.blockKey = blockKey
    blindingKey = Blake2b.hash(blockKey.bytes)
  }

  /// Encryption of a log with a key for possibly many logs; the block key is
  /// `H( DEFAULT_ENCRYPTION ‖ core key ‖ encryption key )`, or `H[core key]( encryption key )` for a compat log.
  public init(encryptionKey: Fixed32, coreKey: Fixed32, isCompat: Bool = false) {
    self.init(blockKey: Self.blockKey(encryptionKey: encryptionKey, coreKey: coreKey, isCompat: isCompat))
  }

  /// The block key that an encryption key leads to.
  public static func blockKey(encryptionKey: Fixed32, coreKey: Fixed32, isCompat: Bool = false) -> Fixed32 {
    if isCompat { return Blake2b.hash(encryptionKey.bytes, key: coreKey.bytes) }
    return Blake2b.hash([CoreNamespace.encryption.bytes, coreKey.bytes, encryptionKey.bytes])
  }

  /// The stored form of a block.
  public func encrypt(_ block: [UInt8], at index: UInt64, fork: UInt64) -> [UInt8] {
    var stored = Writer.bytes(count: Self.padLength + block.count) { writer in
      writer.uint64(fork)
      writer.raw(block)
    }
    var pad = Array(stored[..<Self.padLength])
    XSalsa20.apply(to: &pad, nonce: nonce(index), key: blindingKey)
    stored.replaceSubrange(..<Self.padLength, with: pad)
    XSalsa20.apply(to: &stored, from: Self.padLength, nonce: nonce(index, pad), key: blockKey)
    return stored
  }

  /// The block behind its stored form.
  ///
  /// - Throws: ``EncryptionError/tooShort(byteCount:)``.
  public func decrypt(_ stored: [UInt8], at index: UInt64) throws(EncryptionError) -> [UInt8] {
    guard stored.count >= Self.padLength else { throw .tooShort(byteCount: stored.count) }
    var block = Array(stored[Self.padLength...])
    XSalsa20.apply(to: &block, nonce: nonce(index, Array(stored[..<Self.padLength])), key: blockKey)
    return block
  }
}

/// `u64le(index) ‖ pad ‖ zeros`, 24 bytes.
func nonce(_ index: UInt64, _ pad: [UInt8] = []) -> [UInt8] {
  Writer.bytes(count: XSalsa20.nonceLength) { writer in
    writer.uint64(index)
    writer.raw(pad)
    for _ in pad.count..<16 { writer.uint8(0) }
  }
}
