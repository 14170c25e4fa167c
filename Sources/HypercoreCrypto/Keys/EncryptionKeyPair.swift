internal import CSodium
public import CompactEncoding

/// An X25519 key pair, for messages that only its owner can open (libsodium's sealed boxes).
///
/// A sealed box is the ephemeral public key (32 bytes) followed by `crypto_box` of the message under that key (16
/// bytes of tag, then the ciphertext); the nonce is BLAKE2b-192 of both public keys. 48 bytes longer than its message.
///
/// Source: spec 01 §3.
public struct EncryptionKeyPair: Sendable, Hashable {
  /// 32 bytes: a point of the Montgomery curve.
  public let publicKey: Fixed32
  /// 32 bytes: the scalar, as libsodium derives it from the seed.
  public let secretKey: Fixed32

  /// Bytes by which a sealed box is longer than its message.
  public static let overhead = 48

  /// The key pair that a 32-byte seed determines.
  public init(seed: Fixed32) {
    _ = Sodium.ready
    var secret = Fixed32()
    publicKey = Fixed32 { publicKey in
      secret = Fixed32 { secretKey in
        seed.withUnsafeBytes { _ = crypto_box_seed_keypair(publicKey.octets, secretKey.octets, $0.octets) }
      }
    }
    secretKey = secret
  }

  /// A new key pair from 32 random bytes.
  public init(using generator: inout some RandomNumberGenerator) { self.init(seed: .random(using: &generator)) }

  /// Seals `message` so that only the owner of `recipient` can open it.
  ///
  /// - Parameter ephemeral: a key pair made for this one box and forgotten after it.
  /// - Returns: the box, or nil when the recipient's key is no usable point (of small order).
  public static func seal(_ message: [UInt8], to recipient: Fixed32, ephemeral: EncryptionKeyPair) -> [UInt8]? {
    var hasher = Blake2b(outputLength: 24)
    hasher.update(ephemeral.publicKey)
    hasher.update(recipient)
    let nonce = hasher.finalize()
    var box = [UInt8](repeating: 0, count: message.count + 16)
    let result = recipient.withUnsafeBytes { key in
      ephemeral.secretKey.withUnsafeBytes { secret in
        crypto_box_easy(&box, message, UInt64(message.count), nonce, key.octets, secret.octets)
      }
    }
    guard result == 0 else { return nil }
    return ephemeral.publicKey.bytes + box
  }

  /// The message in a sealed box; nil when the box is not for this key pair or was changed.
  public func open(_ box: [UInt8]) -> [UInt8]? {
    guard box.count >= Self.overhead else { return nil }
    var message = [UInt8](repeating: 0, count: box.count - Self.overhead)
    let result = publicKey.withUnsafeBytes { key in
      secretKey.withUnsafeBytes { secret in
        crypto_box_seal_open(&message, box, UInt64(box.count), key.octets, secret.octets)
      }
    }
    return result == 0 ? message : nil
  }
}
