/// # Hypercore cryptography
///
/// The primitives of the stack, over libsodium, and the two state machines that make a byte stream private. Everything
/// here is a pure function or value: random bytes come from a generator that the caller hands in.
///
/// | what | is |
/// |---|---|
/// | hash | BLAKE2b, 32 bytes of output unless said otherwise, optional key (``Blake2b``) |
/// | namespace | `H(H(name) ‖ index byte)`: domain separation constants (``namespace(_:_:)``) |
/// | signature | Ed25519, 64 bytes, deterministic; secret key = seed ‖ public key (``KeyPair``) |
/// | discovery key | BLAKE2b keyed with the core key over "hypercore" (``discoveryKey(of:)``) |
/// | key id | z-base-32 of the 32 bytes, 52 characters; also 64 hex digits or a `pear://` URL (``KeyIdentifier``) |
/// | store keys | keyed BLAKE2b from the store's primary key (``StoreDerivation``) |
/// | sealed box | X25519, XSalsa20-Poly1305, 48 bytes longer than the message (``EncryptionKeyPair``) |
/// | handshake | Noise XX or IK over Ed25519 points (``NoiseHandshake``) |
/// | stream cipher | secretstream XChaCha20-Poly1305, 17 bytes longer than the message (``SecretStream``) |
/// | secure stream | handshake, header and messages in frames of a 24-bit length (``SecureStream``) |
/// | capability | keyed hash that proves knowledge of a core key on one connection (``ReplicationCapability``) |
///
/// `H` is BLAKE2b-256 without key and `‖` concatenates.
///
/// Source: spec 01 §2, §3, §6; spec 02 §2, §3, §5, §12.3.

internal import CSodium

/// Libsodium chooses the fastest implementations for this processor once, when it is initialised; without that it
/// works, slowly.
enum Sodium {
  /// Evaluate before the first use of a primitive; later evaluations cost a load and a branch.
  static let ready: Void = {
    let result = sodium_init()
    precondition(result >= 0, "libsodium found no source of random bytes")
  }()
}
