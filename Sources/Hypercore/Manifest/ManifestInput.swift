public import CompactEncoding

/// A manifest as a user describes it: unchecked, with fields left out.
public struct ManifestInput: Hashable, Sendable {
  /// A signer as a user describes it.
  public struct Signer: Hashable, Sendable {
    /// "ed25519" when left out; nothing else is known.
    public var signature: String?
    /// The namespace of signers that do not name one when left out.
    public var namespace: [UInt8]?
    /// 32 bytes; required.
    public var publicKey: [UInt8]?

    /// A signer.
    public init(publicKey: [UInt8]?, namespace: [UInt8]? = nil, signature: String? = nil) {
      self.signature = signature
      self.namespace = namespace
      self.publicKey = publicKey
    }
  }

  /// A fixed start as a user describes it.
  public struct Prologue: Hashable, Sendable {
    /// 32 bytes.
    public var hash: [UInt8]
    /// Number of blocks, not negative.
    public var length: Int64

    /// A prologue.
    public init(hash: [UInt8], length: Int64) {
      self.hash = hash
      self.length = length
    }
  }

  /// Format version; when left out, 2 if ``linked`` has keys or ``userData`` is given, else 1.
  public var version: UInt64?
  /// "blake2b" when left out; nothing else is known.
  public var hash: String?
  /// Whether signers may have signed longer logs than the one that is committed.
  public var allowPatch = false
  /// More than half of the signers when left out.
  public var quorum: Int64?
  /// Who may sign.
  public var signers: [Signer] = []
  /// The fixed start, if any.
  public var prologue: Prologue?
  /// Keys of related cores; an empty list counts as none.
  public var linked: [[UInt8]]?
  /// Free bytes; an empty value counts as given.
  public var userData: [UInt8]?

  /// Nothing said yet.
  public init() {}
}

extension Manifest {
  /// The manifest a user describes, with defaults filled in (spec 01 §4.2).
  public init(_ input: ManifestInput) throws(ManifestError) {
    let count = UInt64(input.signers.count)
    if let quorum = input.quorum {
      guard quorum >= 0 else { throw .negativeQuorum(quorum) }
      guard quorum <= count else { throw .quorumAboveSigners(quorum: UInt64(quorum), signers: input.signers.count) }
    }
    let linked = input.linked.flatMap { $0.isEmpty ? nil : $0 }
    version = input.version ?? (linked != nil || input.userData != nil ? 2 : 1)
    guard version <= 2 else { throw .unknownVersion(version) }
    allowPatch = input.allowPatch
    quorum = input.quorum.map { UInt64($0) } ?? (count == 0 ? 0 : count / 2 + 1)
    signers = []
    for signer in input.signers { signers.append(try Signer(signer)) }
    if let hash = input.hash, hash != "blake2b" { throw .unsupportedHash(hash) }
    if let given = input.prologue {
      guard let hash = Fixed32(given.hash), let length = UInt64(exactly: given.length) else { throw .invalidPrologue }
      guard length <= maximumSafeInteger else { throw .invalidPrologue }
      prologue = Prologue(hash: hash, length: length)
    }
    if input.userData != nil && version < 2 { throw .fieldNeedsVersion2("userData") }
    if linked != nil && version < 2 { throw .fieldNeedsVersion2("linked") }
    userData = input.userData
    guard let linked else { return }
    var keys: [Fixed32] = []
    for key in linked {
      guard let key = Fixed32(key) else { throw .invalidLinkedKey(byteCount: key.count) }
      keys.append(key)
    }
    self.linked = keys
  }

  /// The manifest in `bytes`, which must have a quorum that can be met and, when a key is given, belong to it.
  public init(parsing bytes: [UInt8], for key: Fixed32? = nil) throws(ManifestError) {
    do { self = try Manifest(decoding: bytes) } catch { throw .malformed(error) }
    guard quorum <= UInt64(signers.count) else {
      throw .quorumAboveSigners(quorum: quorum, signers: signers.count)
    }
    if let key, self.key != key { throw .wrongKey(expected: key, found: self.key) }
  }
}

extension Manifest.Signer {
  fileprivate init(_ input: ManifestInput.Signer) throws(ManifestError) {
    guard let publicKey = input.publicKey else { throw .signerWithoutPublicKey }
    guard let key = Fixed32(publicKey) else { throw .invalidSignerKey(byteCount: publicKey.count) }
    if let signature = input.signature, signature != "ed25519" { throw .unsupportedSignature(signature) }
    guard let bytes = input.namespace else {
      self.init(publicKey: key)
      return
    }
    guard let namespace = Fixed32(bytes) else { throw .invalidSignerNamespace(byteCount: bytes.count) }
    self.init(publicKey: key, namespace: namespace)
  }
}
