public import CompactEncoding
internal import HypercoreCrypto

/// Who may sign a log, and what of it is fixed in advance. Its hash is the core key.
///
/// Versions 1 and 2 are encoded as
///
/// ```
/// uint version ‖ uint flags ‖ uint hash (0, BLAKE2b) ‖ uint quorum ‖ array(signer)
///   ‖ [flag 2: prologue] ‖ [flag 4: array(fixed32) linked] ‖ [flag 8: buffer userData]
/// prologue = hash(32) ‖ uint length
/// signer = uint signature (0, Ed25519) ‖ namespace(32) ‖ publicKey(32)
/// ```
///
/// where flag 1 is `allowPatch`. A flag says that the field is present: an empty list or buffer sets it too, and
/// leads to another key than an absent one. Version 0 is `uint 0 ‖ uint hash ‖ uint type`, then
///
/// | type | for | rest |
/// |---|---|---|
/// | 0 | a prologue and no signers | prologue hash(32); its length is not stored |
/// | 1 | one signer, quorum 1, no patches | signer |
/// | 2 | the rest | `uint flags (1 = allowPatch) ‖ uint quorum ‖ array(signer)` |
///
/// Source: spec 01 §4.1.
public struct Manifest: Hashable, Sendable {
  /// Somebody who may sign.
  public struct Signer: Hashable, Sendable {
    /// Enters what is signed in version 0, and the core key in all versions.
    public var namespace: Fixed32
    /// Ed25519 public key.
    public var publicKey: Fixed32

    /// A signer; the namespace is that of signers that do not name one.
    public init(publicKey: Fixed32, namespace: Fixed32 = CoreNamespace.signer) {
      self.namespace = namespace
      self.publicKey = publicKey
    }
  }

  /// The part of a log that is fixed by its hash: it needs no signature and cannot be truncated.
  public struct Prologue: Hashable, Sendable {
    /// Tree hash at ``length``.
    public var hash: Fixed32
    /// Number of blocks.
    public var length: UInt64

    /// A prologue.
    public init(hash: Fixed32, length: UInt64) {
      self.hash = hash
      self.length = length
    }
  }

  /// Format version: 0, 1 or 2.
  public var version: UInt64
  /// Whether signers may have signed longer logs than the one that is committed.
  public var allowPatch: Bool
  /// Number of signers that must agree.
  public var quorum: UInt64
  /// Who may sign.
  public var signers: [Signer]
  /// The fixed start of the log, if any.
  public var prologue: Prologue?
  /// Keys of related cores (version 2).
  public var linked: [Fixed32]?
  /// Free bytes (version 2).
  public var userData: [UInt8]?

  /// A manifest as it is, unchecked. Values from users go through ``ManifestInput`` first.
  public init(
    version: UInt64 = 1, allowPatch: Bool = false, quorum: UInt64, signers: [Signer], prologue: Prologue? = nil,
    linked: [Fixed32]? = nil, userData: [UInt8]? = nil
  ) {
    self.version = version
    self.allowPatch = allowPatch
    self.quorum = quorum
    self.signers = signers
    self.prologue = prologue
    self.linked = linked
    self.userData = userData
  }

  /// The manifest of a log with one signer: what is assumed when none is known.
  public init(publicKey: Fixed32, namespace: Fixed32 = CoreNamespace.signer, version: UInt64 = 1) {
    self.init(version: version, quorum: 1, signers: [Signer(publicKey: publicKey, namespace: namespace)])
  }

  /// The core key: `H( MANIFEST ‖ encoded manifest )`.
  public var key: Fixed32 { Self.key(ofEncoded: encoded()) }

  /// The core key of an encoded manifest.
  public static func key(ofEncoded bytes: [UInt8]) -> Fixed32 {
    var hasher = Blake2b()
    hasher.update(CoreNamespace.manifest)
    hasher.update(bytes)
    return hasher.finalize32()
  }

  /// Whether `key` is not the manifest's hash but its only signer's public key, as in logs older than manifests.
  public func isCompat(for key: Fixed32) -> Bool { signers.count == 1 && signers[0].publicKey == key }

  /// Whether the manifest may stand for the core: its hash is the key, or it is compat, and its quorum can be met.
  public func matches(_ key: Fixed32) -> Bool {
    quorum <= UInt64(signers.count) && (isCompat(for: key) || self.key == key)
  }
}
