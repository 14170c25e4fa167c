/// What a session does with a block before it is hashed and stored, and after it is read (spec 01 §13).
public protocol SessionEncryption {
  /// Bytes that it adds to every block.
  var padding: Int { get }
  /// The bytes to store: padding and ciphertext.
  ///
  /// - Parameter fork: fork of the core's default state.
  func encrypted(_ block: [UInt8], at index: UInt64, fork: UInt64) throws -> [UInt8]
  /// The block that was stored as `stored`.
  func decrypted(_ stored: [UInt8], at index: UInt64) throws -> [UInt8]
}
