/// Turns blocks into what is stored and hashed, and back.
///
/// Encryption comes before hashing: tree, sizes and signatures cover `padding ‖ ciphertext`. There is no tag, since
/// the tree authenticates (spec 01 §13).
public protocol BlockEncryption: Sendable {
  /// Bytes that every stored block has in front of its contents.
  var padding: Int { get }
  /// The stored form of a block.
  ///
  /// - Parameters:
  ///   - index: position in the log; never encrypt two different blocks at one index and fork.
  ///   - fork: fork of the log the block is appended to.
  func encrypt(_ block: [UInt8], at index: UInt64, fork: UInt64) throws(EncryptionError) -> [UInt8]
  /// The block behind its stored form.
  func decrypt(_ stored: [UInt8], at index: UInt64) throws(EncryptionError) -> [UInt8]
}

/// Why a block could not be encrypted or decrypted.
public enum EncryptionError: Error, Equatable, Sendable {
  /// A stored block is shorter than its padding.
  case tooShort(byteCount: Int)
  /// The first byte of a stored block names no scheme.
  case unknownType(UInt8)
  /// The key that the block names is not known.
  case missingKey(id: UInt32?)
}

extension EncryptionError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tooShort(let count): "An encrypted block has at least 8 bytes, this one \(count)"
    case .unknownType: "Unrecognised encryption type"
    case .missingKey: "No encryption details were provided"
    }
  }
}
