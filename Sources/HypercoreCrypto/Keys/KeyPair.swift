internal import CSodium
public import CompactEncoding

/// An Ed25519 key pair (RFC 8032) in libsodium's layout.
public struct KeyPair: Sendable, Hashable {
  /// 32 bytes.
  public let publicKey: Fixed32
  /// 64 bytes: the seed, then the public key.
  public let secretKey: [UInt8]

  /// The key pair that a 32-byte seed determines.
  public init(seed: Fixed32) {
    _ = Sodium.ready
    var secret = [UInt8](repeating: 0, count: 64)
    publicKey = Fixed32 { key in
      let result = crypto_sign_seed_keypair(key.octets, &secret, seed.bytes)
      precondition(result == 0, "Ed25519 accepts every seed")
    }
    secretKey = secret
  }

  /// The key pair whose secret key has the given 64 bytes; nil when its second half is not the public key of its first.
  public init?(secretKey: [UInt8]) {
    guard secretKey.count == 64, let seed = Fixed32(secretKey[..<32]) else { return nil }
    let pair = KeyPair(seed: seed)
    guard pair.secretKey == secretKey else { return nil }
    self = pair
  }

  /// Whether a public key and a 64-byte secret key belong together: the public key derived again from the secret key's
  /// seed is both the given one and the one inside the secret key.
  public static func isValid(publicKey: Fixed32, secretKey: [UInt8]) -> Bool {
    KeyPair(secretKey: secretKey)?.publicKey == publicKey
  }

  /// The detached Ed25519 signature of `message`: 64 bytes, deterministic.
  public func sign(_ message: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
      crypto_sign_detached(buffer.octets, nil, message, UInt64(message.count), secretKey)
      count = 64
    }
  }
}

/// Whether `signature` (64 bytes) is a valid Ed25519 signature of `message` under `publicKey`.
///
/// Non-canonical signatures and small-order keys are refused, as in libsodium.
public func verifySignature(_ signature: [UInt8], of message: [UInt8], publicKey: Fixed32) -> Bool {
  _ = Sodium.ready
  guard signature.count == 64 else { return false }
  return publicKey.withUnsafeBytes {
    crypto_sign_verify_detached(
      signature, message, UInt64(message.count), $0.octets) == 0
  }
}
