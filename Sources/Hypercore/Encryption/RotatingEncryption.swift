public import CompactEncoding
internal import HypercoreCrypto

/// The encryption of a log whose keys change over time; every block names its key.
///
/// ```
/// stored = pad(8) ‖ cipher
/// pad    = 01 ‖ bytes 1 to 3 of BLAKE2b-128[hashKey](block) ‖ u32le(key id)
/// cipher = block XOR XSalsa20(blockKey, nonce = u64le(index) ‖ pad ‖ 8 zero bytes)
/// ```
///
/// A pad that starts with 0 leaves the contents as they are. The pad depends on the contents, not on the fork, so
/// that a block encrypts to the same bytes wherever it is appended at the same index.
///
/// Source: spec 01 §13.2.
public struct RotatingEncryption: BlockEncryption {
  /// A key, and what it is turned into.
  public struct Key: Hashable, Sendable {
    /// Names the key in the pad.
    public let id: UInt32
    /// Encrypts the contents.
    public let blockKey: Fixed32
    /// Makes the pad depend on the contents.
    public let hashKey: Fixed32

    /// A key as it is used by default: it encrypts itself, and its hash makes the pad.
    public init(id: UInt32, encryptionKey: Fixed32) {
      self.init(
        id: id, blockKey: encryptionKey,
        hashKey: Blake2b.hash([namespace("hypercore-encryption", 0).bytes, encryptionKey.bytes]))
    }

    /// A key with its parts given.
    public init(id: UInt32, blockKey: Fixed32, hashKey: Fixed32) {
      self.id = id
      self.blockKey = blockKey
      self.hashKey = hashKey
    }
  }

  private enum PadType {
    static let plain: UInt8 = 0
    static let encrypted: UInt8 = 1
  }

  /// Bytes in front of every block's contents: 8.
  public var padding: Int { DefaultEncryption.padLength }

  private let key: @Sendable (UInt32?) -> Key?

  /// Encryption with keys by id.
  ///
  /// - Parameter key: the key with an id, or the newest one for nil.
  public init(key: @escaping @Sendable (UInt32?) -> Key?) { self.key = key }

  /// Encrypts with the newest key.
  ///
  /// - Throws: ``EncryptionError/missingKey(id:)``.
  public func encrypt(_ block: [UInt8], at index: UInt64, fork: UInt64) throws(EncryptionError) -> [UInt8] {
    guard let key = key(nil) else { throw .missingKey(id: nil) }
    var hasher = Blake2b(outputLength: 16, key: key.hashKey.bytes)
    hasher.update(block)
    let pad = Writer.bytes(count: padding) { [hash = hasher.finalize()] writer in
      writer.uint8(PadType.encrypted)
      writer.raw(Array(hash[1...3]))
      writer.uint32(key.id)
    }
    var stored = pad + block
    XSalsa20.apply(to: &stored, from: padding, nonce: nonce(index, pad), key: key.blockKey)
    return stored
  }

  /// Decrypts with the key that the block names.
  ///
  /// - Throws: ``EncryptionError``.
  public func decrypt(_ stored: [UInt8], at index: UInt64) throws(EncryptionError) -> [UInt8] {
    guard stored.count >= padding else { throw .tooShort(byteCount: stored.count) }
    let pad = Array(stored[..<padding])
    var block = Array(stored[padding...])
    switch pad[0] {
    case PadType.plain: return block
    case PadType.encrypted:
      let id = (0..<4).reduce(UInt32(0)) { $0 | UInt32(pad[4 + $1]) << (8 * UInt32($1)) }
      guard let key = key(id) else { throw .missingKey(id: id) }
      XSalsa20.apply(to: &block, nonce: nonce(index, pad), key: key.blockKey)
      return block
    default: throw .unknownType(pad[0])
    }
  }
}
