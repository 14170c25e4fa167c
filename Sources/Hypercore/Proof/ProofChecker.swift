public import CompactEncoding

/// Decides whether a proof may be stored (spec 01 §11.3, §4.6).
public struct ProofChecker<Nodes: NodeReader> {
  /// The core key.
  public let key: Fixed32
  /// The stored manifest, if it is known.
  public let manifest: Manifest?
  /// The own head.
  public let tree: MerkleTree
  /// Stored nodes.
  public let nodes: Nodes

  /// A checker for the state of a log.
  public init(key: Fixed32, manifest: Manifest?, tree: MerkleTree, nodes: Nodes) {
    self.key = key
    self.manifest = manifest
    self.tree = tree
    self.nodes = nodes
  }

  /// Checks a proof completely: hashes, and the signature of a new head.
  ///
  /// - Returns: what to store, or nil when the proof is of another fork, which is no error.
  /// - Throws: ``MerkleError``, or an error of the storage. All but `INVALID_OPERATION` make the sender suspect.
  public func check(_ proof: Proof) throws -> CheckedProof? {
    guard proof.fork == tree.fork, let batch = try checkHashes(proof) else { return nil }
    guard batch.isUpgraded else { return CheckedProof(batch: batch, manifest: nil, block: proof.block) }
    let learnt = try verify(batch.tree, signature: batch.signature, manifest: proof.manifest)
    return CheckedProof(batch: batch, manifest: learnt, block: proof.block)
  }

  /// Checks the hashes of a proof and not the signature: enough for a proof without upgrade.
  ///
  /// - Returns: what to store, or nil when the proof is of another fork.
  public func checkHashes(_ proof: Proof) throws -> MerkleBatch? {
    guard proof.fork == tree.fork else { return nil }
    var batch = MerkleBatch(tree)
    try batch.apply(proof, prologue: manifest?.prologue, stored: nodes)
    return batch
  }

  /// Checks the signature of a new head under the stored manifest, else the sent one, else the default for the key.
  ///
  /// - Returns: the manifest, when it is new and must be stored with the head.
  func verify(_ tree: MerkleTree, signature: [UInt8]?, manifest sent: Manifest?) throws(MerkleError) -> Manifest? {
    let known = manifest ?? sent ?? Manifest(publicKey: key)
    if manifest == nil { guard known.matches(key) else { throw .invalidManifest } }
    guard Verifier(key: key, manifest: known).accepts(tree, signature: signature) else { throw .invalidSignature }
    return manifest == nil ? known : nil
  }
}

/// What a checked proof adds to a log; to be stored in one atomic write.
public struct CheckedProof: Sendable {
  /// Nodes, and the new head with its signature when it is upgraded.
  public let batch: MerkleBatch
  /// The manifest, when it was learnt from this proof.
  public let manifest: Manifest?
  /// The block, when the proof has one.
  public let block: Proof.Block?

  /// A checked proof.
  public init(batch: MerkleBatch, manifest: Manifest?, block: Proof.Block?) {
    self.batch = batch
    self.manifest = manifest
    self.block = block
  }
}
