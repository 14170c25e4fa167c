public import CompactEncoding

/// Why a manifest, or a signature under one, was refused.
public enum ManifestError: Error, Equatable, Sendable {
  /// The quorum is below zero.
  case negativeQuorum(Int64)
  /// The quorum can never be met.
  case quorumAboveSigners(quorum: UInt64, signers: Int)
  /// A format version that does not exist.
  case unknownVersion(UInt64)
  /// A hash other than "blake2b".
  case unsupportedHash(String)
  /// A signature scheme other than "ed25519".
  case unsupportedSignature(String)
  /// A signer has no public key.
  case signerWithoutPublicKey
  /// A signer's public key does not have 32 bytes.
  case invalidSignerKey(byteCount: Int)
  /// A signer's namespace does not have 32 bytes.
  case invalidSignerNamespace(byteCount: Int)
  /// The prologue's hash does not have 32 bytes, or its length is out of range.
  case invalidPrologue
  /// A field that versions below 2 do not have.
  case fieldNeedsVersion2(String)
  /// A linked key does not have 32 bytes.
  case invalidLinkedKey(byteCount: Int)
  /// The bytes are no manifest.
  case malformed(DecodingError)
  /// The manifest belongs to another core.
  case wrongKey(expected: Fixed32, found: Fixed32)
  /// Nothing to sign with.
  case noKeyPair
  /// The key pair is not that of a signer.
  case undeclaredSigner(Fixed32)
}

extension ManifestError {
  /// The reference's error code.
  public var code: String {
    switch self {
    case .wrongKey: "INVALID_CHECKSUM"
    case .malformed: "DECODING_ERROR"
    default: "BAD_ARGUMENT"
    }
  }
}

extension ManifestError: CustomStringConvertible {
  public var description: String { code + ": " + reason }

  private var reason: String {
    switch self {
    case .negativeQuorum: "Quorum cannot be negative"
    case .quorumAboveSigners: "Quorum should not be higher than the number of signers"
    case .unknownVersion(let version): "Unknown version: \(version)"
    case .unsupportedHash: "Only Blake2b hashes are supported"
    case .unsupportedSignature: "Only Ed25519 signatures are supported"
    case .signerWithoutPublicKey: "Signer missing public key"
    case .invalidSignerKey, .invalidLinkedKey: "Invalid key"
    case .invalidSignerNamespace: "Invalid namespace"
    case .invalidPrologue: "Invalid prologue"
    case .fieldNeedsVersion2(let name): "Invalid field: \(name)"
    case .malformed(let error): error.description
    case .wrongKey: "Manifest does not hash to provided key"
    case .noKeyPair: "No key pair was passed"
    case .undeclaredSigner: "Public key is not a declared signer"
    }
  }
}
