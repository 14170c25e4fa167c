internal import CSodium
public import CompactEncoding

/// An Ed25519 point and its scalar, for Diffie–Hellman on the Edwards curve.
///
/// The scalar of an Ed25519 key pair is the first half of SHA-512 of its seed, clamped and not reduced.
///
/// Source: spec 02 §2.1.
public struct NoiseKeyPair: Sendable, Hashable {
  /// 32 bytes: a compressed point.
  public let publicKey: Fixed32
  /// 32 bytes, little endian.
  public let scalar: Fixed32

  /// The point and scalar of an Ed25519 key pair.
  public init(_ pair: KeyPair) {
    var digest = [UInt8](repeating: 0, count: 64)
    crypto_hash_sha512(&digest, pair.secretKey, 32)
    digest[0] &= 248
    digest[31] = digest[31] & 127 | 64
    publicKey = pair.publicKey
    scalar = Fixed32 { $0.copyBytes(from: digest[..<32]) }
  }

  /// A point and the scalar it belongs to, for keys that were not made from a seed.
  public init(publicKey: Fixed32, scalar: Fixed32) {
    self.publicKey = publicKey
    self.scalar = scalar
  }

  /// The shared point `scalar · other`; nil when `other` is no usable point: not canonical, of small order, outside
  /// the prime-order group, or when the result is the identity.
  public func sharedPoint(with other: Fixed32) -> Fixed32? {
    _ = Sodium.ready
    var point = Fixed32()
    let result = scalar.withUnsafeBytes { scalar in
      other.withUnsafeBytes { other in
        var result: Int32 = -1
        point = Fixed32 { result = crypto_scalarmult_ed25519_noclamp($0.octets, scalar.octets, other.octets) }
        return result
      }
    }
    return result == 0 ? point : nil
  }
}
