public import CompactEncoding
public import HypercoreCrypto

/// Decides whether a signature makes a tree the head of a core (spec 01 §4.5).
public struct Verifier: Hashable, Sendable {
  /// The core key.
  public let key: Fixed32
  /// The manifest in force; the default one for the key when none is known.
  public let manifest: Manifest
  /// Whether the core key is the only signer's public key, and signatures are as they were before manifests.
  public let isCompat: Bool
  /// Whether compat signatures lack the leading constant.
  public let isLegacy: Bool

  /// A verifier for a core.
  ///
  /// - Parameter manifest: nil when it is not known; then the key stands for a single signer.
  public init(key: Fixed32, manifest: Manifest?, isLegacy: Bool = false) {
    self.key = key
    self.manifest = manifest ?? Manifest(publicKey: key)
    isCompat = self.manifest.isCompat(for: key)
    self.isLegacy = isLegacy
  }

  /// A verifier for the core that a manifest describes.
  public init(manifest: Manifest) { self.init(key: manifest.key, manifest: manifest) }

  /// Format version in force; compat counts as 0.
  public var version: UInt64 { isCompat ? 0 : manifest.version }
  /// Whether signers may have signed longer logs.
  public var allowPatch: Bool { !isCompat && manifest.allowPatch }
  /// Number of signers that must agree.
  public var quorum: UInt64 { isCompat ? 1 : manifest.quorum }
  /// The fixed start of the log.
  public var prologue: Manifest.Prologue? { isCompat ? nil : manifest.prologue }

  /// Whether signatures are 64 plain bytes instead of a multi-signature.
  public var isPlain: Bool {
    isCompat || (manifest.version == 0 && !manifest.allowPatch && manifest.signers.count == 1)
  }

  /// What the signer at a position signs.
  public func signable(signer: Int = 0) -> Signable {
    if isCompat { return isLegacy ? .legacy : .compat }
    guard manifest.version == 0 else { return .core(key) }
    let namespace = manifest.signers.indices.contains(signer) ? manifest.signers[signer].namespace : Fixed32()
    return .signer(namespace: namespace)
  }
}

// MARK: Verifying

extension Verifier {
  /// Whether the tree carries a valid signature. Malformed signatures are not valid.
  public func accepts(_ tree: MerkleTree, signature: [UInt8]?) -> Bool {
    do { return try verify(tree, signature: signature) } catch { return false }
  }

  /// Whether the tree carries a valid signature.
  ///
  /// - Parameter signature: nil for a log that is exactly its prologue.
  /// - Throws: when the signature is malformed, which every caller takes as invalid.
  public func verify(_ tree: MerkleTree, signature: [UInt8]?) throws(DecodingError) -> Bool {
    if version > 0, let prologue, tree.length <= prologue.length {
      return tree.length == prologue.length && tree.hash == prologue.hash
    }
    guard let signature else { return false }
    if isPlain { return verify(signature, of: tree, signer: 0) }
    return try verifyQuorum(signature, of: tree)
  }

  /// Whether the batch's tree carries a valid signature: the given one.
  public func verify(_ batch: MerkleBatch, signature: [UInt8]?) throws(DecodingError) -> Bool {
    try verify(batch.tree, signature: signature)
  }

  /// Looks at the first `quorum` parts only; all of them must be valid, and of different signers.
  private func verifyQuorum(_ bytes: [UInt8], of tree: MerkleTree) throws(DecodingError) -> Bool {
    guard quorum > 0 else { return false }
    let multi = version == 0 ? try MultiSignatureV0(decoding: bytes).signature : try MultiSignature(decoding: bytes)
    guard UInt64(multi.proofs.count) >= quorum else { return false }
    var seen: Set<UInt64> = []
    // Parts and nodes may be as many as fit a message: nodes are looked up, and the table of shared ones is made once.
    let shared = multi.proofs.contains { $0.patch > 0 && $0.nodePositions == nil } ? Self.table(multi.nodes) : [:]
    for proof in multi.proofs.prefix(Int(quorum)) {
      guard proof.signer < UInt64(manifest.signers.count), seen.insert(proof.signer).inserted else { return false }
      var signed = tree
      if proof.patch > 0 && allowPatch {
        let (length, overflow) = tree.length.addingReportingOverflow(proof.patch)
        guard !overflow, length <= maximumSafeInteger else { return false }
        guard
          let longer = tree.extended(
            to: length, by: proof.nodePositions == nil ? shared : Self.table(multi.nodes(of: proof)))
        else { return false }
        signed = longer
      }
      guard verify(proof.signature, of: signed, signer: Int(proof.signer)) else { return false }
    }
    return true
  }

  /// Nodes by index; the first of several counts.
  private static func table(_ nodes: [TreeNode]) -> [UInt64: TreeNode] {
    Dictionary(nodes.lazy.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
  }

  private func verify(_ signature: [UInt8], of tree: MerkleTree, signer: Int) -> Bool {
    guard manifest.signers.indices.contains(signer) else { return false }
    return verifySignature(
      signature, of: self.signable(signer: signer).bytes(for: tree), publicKey: manifest.signers[signer].publicKey)
  }
}

// MARK: Signing

extension Verifier {
  /// Signs a tree.
  ///
  /// With one signer the result is complete: plain in version 0 and compat, else a multi-signature. With several it
  /// is the bare 64 bytes of this signer, to be put together with others' (``MultiSignature/init(assembling:)``).
  ///
  /// - Throws: ``ManifestError/noKeyPair``, ``ManifestError/undeclaredSigner(_:)``.
  public func sign(_ tree: MerkleTree, with keyPair: KeyPair?) throws(ManifestError) -> [UInt8] {
    guard let keyPair else { throw .noKeyPair }
    guard let signer = manifest.signers.firstIndex(where: { $0.publicKey == keyPair.publicKey }) else {
      throw .undeclaredSigner(keyPair.publicKey)
    }
    let signature = keyPair.sign(signable(signer: signer).bytes(for: tree))
    guard version > 0, manifest.signers.count == 1 else { return signature }
    return MultiSignature(single: signature).encoded()
  }
}
