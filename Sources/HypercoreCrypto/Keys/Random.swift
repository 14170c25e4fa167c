public import CompactEncoding

/// Random bytes enter here and nowhere else: whoever needs a seed passes the generator. In a program that is
/// `SystemRandomNumberGenerator`, which reads the kernel's cryptographic source; a simulation passes a seeded one.
extension Fixed32 {
  /// 32 random bytes: a seed, a primary key, a secret.
  ///
  /// - Parameter generator: cryptographically secure wherever the result is secret.
  public static func random(using generator: inout some RandomNumberGenerator) -> Fixed32 {
    let words = (generator.next(), generator.next(), generator.next(), generator.next())
    return Fixed32 { target in Swift.withUnsafeBytes(of: words) { target.copyMemory(from: $0) } }
  }
}

/// `count` random bytes.
///
/// - Parameter generator: cryptographically secure wherever the result is secret.
public func randomBytes(_ count: Int, using generator: inout some RandomNumberGenerator) -> [UInt8] {
  precondition(count >= 0, "a byte count is not negative")
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 8)
  while bytes.count < count {
    withUnsafeBytes(of: generator.next().littleEndian) { bytes.append(contentsOf: $0) }
  }
  bytes.removeLast(bytes.count - count)
  return bytes
}

extension KeyPair {
  /// A new Ed25519 key pair from 32 random bytes.
  public init(using generator: inout some RandomNumberGenerator) { self.init(seed: .random(using: &generator)) }
}
