/// temporary
public protocol BlockEncryption {
  var padding: Int { get }
  func encrypted(_ block: [UInt8], at index: UInt64, fork: UInt64) -> [UInt8]
  func decrypted(_ block: [UInt8], at index: UInt64) -> [UInt8]
}
