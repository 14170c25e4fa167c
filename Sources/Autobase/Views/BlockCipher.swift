/// Encrypts the blocks of one core.
protocol BlockCipher {
  /// The block as stored.
  func encrypt(_ block: [UInt8], index: UInt64) throws -> [UInt8]
  /// The block as written.
  func decrypt(_ block: [UInt8], index: UInt64) throws -> [UInt8]
}
