public import CompactEncoding
public import Hypercore
internal import HypercoreCrypto

/// What the keys of a base's view cores are made from, apart from what changes over time (spec 03 §7.1).
///
/// ```
/// no indexer:   no signers, prologue = { hash: H(base key ‖ name), length: 0 }
/// n indexers:   quorum ⌊n/2⌋ + 1; every signer has the namespace
///               H( SIGNER ‖ uint(1) ‖ base key ‖ H(encryption key or nothing) ‖ entropy ‖ name )
///               prologue = what the view held when the indexers changed, none when it was empty
/// ```
///
/// The entropy is the namespace in the first indexer's own manifest; since system version 2 the system's entropy.
public struct ViewIdentity: Sendable, Hashable {
  /// The base's key.
  public let baseKey: Fixed32
  /// `H(encryption key or nothing)`.
  public let encryptionHash: Fixed32

  /// The identity of the views of a base.
  public init(baseKey: Fixed32, encryptionKey: Fixed32? = nil) {
    self.baseKey = baseKey
    encryptionHash = Blake2b.hash(encryptionKey?.bytes ?? [])
  }

  /// The version of this derivation, part of it.
  private static let indexVersion: UInt64 = 1

  /// The namespace of the signers of the view `name`.
  public func namespace(_ name: String, entropy: Fixed32) -> Fixed32 {
    var hasher = Blake2b()
    hasher.update(AutobaseNamespace.signer)
    hasher.update(Writer.bytes(count: uintSize(Self.indexVersion)) { $0.uint(Self.indexVersion) })
    hasher.update(baseKey)
    hasher.update(encryptionHash)
    hasher.update(entropy)
    hasher.update(Array(name.utf8))
    return hasher.finalize32()
  }

  /// The manifest of a view that has no indexers yet: its key depends on base and name only.
  public func genesisManifest(_ name: String, version: UInt64 = 1) -> Manifest {
    let hash = Blake2b.hash([baseKey.bytes, Array(name.utf8)])
    return Manifest(
      version: version, allowPatch: true, quorum: 0, signers: [], prologue: Manifest.Prologue(hash: hash, length: 0))
  }

  /// The manifest of a view.
  ///
  /// - Parameters:
  ///   - name: the view's name.
  ///   - indexers: the indexers' own manifests, in the order of the system view.
  ///   - prologue: tree hash and length of the view at the moment the indexers changed; length 0 counts as none.
  ///   - version: the manifest's version.
  ///   - entropy: the system's entropy, if it has one.
  ///   - linked: keys of related cores, kept by version 2.
  ///   - userData: free bytes, kept by version 2.
  public func manifest(
    _ name: String, indexers: [Manifest], prologue: Manifest.Prologue? = nil, version: UInt64 = 1,
    entropy: Fixed32? = nil, linked: [Fixed32]? = nil, userData: [UInt8]? = nil
  ) -> Manifest {
    guard let first = indexers.first else { return genesisManifest(name, version: version) }
    let namespace = namespace(name, entropy: entropy ?? first.signers.first?.namespace ?? CoreNamespace.signer)
    let signers = indexers.map {
      Manifest.Signer(publicKey: $0.signers.first?.publicKey ?? $0.key, namespace: namespace)
    }
    let kept = prologue.flatMap { $0.length == 0 ? nil : $0 }
    return Manifest(
      version: version, allowPatch: true, quorum: UInt64(signers.count / 2 + 1), signers: signers, prologue: kept,
      linked: version > 1 ? linked : nil, userData: version > 1 ? userData : nil)
  }

  /// The entropy that follows a change of indexers at a system length (system version 2).
  public static func nextEntropy(after entropy: Fixed32?, length: UInt64, indexers: [Fixed32]) -> Fixed32 {
    var hasher = Blake2b()
    hasher.update(AutobaseNamespace.entropy)
    hasher.update(length)
    hasher.update(entropy ?? AutobaseNamespace.genesisEntropy)
    for key in indexers { hasher.update(key) }
    return hasher.finalize32()
  }
}
