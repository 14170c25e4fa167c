internal import CompactEncoding

/// Answers requests for proofs from a log's tree (spec 01 §10.2).
public struct Prover<Nodes: NodeReader> {
  /// The head.
  public let tree: MerkleTree
  /// The head's signature; nil for a log that is exactly its prologue.
  public let signature: [UInt8]?
  /// The manifest; sent when asked for, and it may fix the start of the log.
  public let manifest: Manifest?
  /// Stored nodes.
  public let nodes: Nodes

  /// A prover for a head.
  ///
  /// - Parameter manifest: nil for a compat log, which has none to send.
  public init(tree: MerkleTree, signature: [UInt8]?, manifest: Manifest?, nodes: Nodes) {
    self.tree = tree
    self.signature = signature
    self.manifest = manifest
    self.nodes = nodes
  }

  /// Makes the proof that a request asks for.
  ///
  /// An upgrade always leads to the head: what the request does not cover travels as additional nodes. A log that
  /// is fixed at its start answers a reader that knows less with that part first.
  ///
  /// - Parameter block: reads a stored block, nil when it is not stored.
  /// - Throws: ``MerkleError`` when the request cannot be answered, or an error of the storage.
  public func prove(_ request: ProofRequest, block: (UInt64) throws -> [UInt8]?) throws -> Proof {
    var proof = Proof(fork: tree.fork)
    if request.manifest { proof.manifest = manifest }
    guard tree.length > 0 else { return proof }
    // Peers cannot ask for more; who asks in this process may.
    guard max(request.block?.index ?? 0, request.hash?.index ?? 0) <= maximumSafeInteger else {
      throw MerkleError.invalidBlockRequest
    }

    let upgrade = effectiveUpgrade(request)
    let from = upgrade?.start ?? 0
    let to = try end(of: upgrade)
    let target = Target(request)
    if request.seek != nil, upgrade != nil, let target, target.index >= 2 * from {
      throw MerkleError.seekWhileUpgrading
    }

    var path = Path(target: target)
    var embedded: UInt64?
    if let target, upgrade == nil || target.lastBlock < from {
      let root = try climb(target.index, target.nodes, below: to)
      let seekRoot = try request.seek.map { try seekInside(root, $0) }
      try fill(&path, seekRoot: seekRoot, upTo: root)
    } else if upgrade != nil {
      embedded = try request.seek.map { try seekFromHead($0, to: to) } ?? target?.index
    }
    if let upgrade {
      let seekRoot = request.seek == nil ? nil : embedded
      let nodes = try upgradeNodes(from: from, to: to) { node in
        guard let inside = embedded, FlatTree.contains(node, inside) else { return false }
        embedded = nil
        try fill(&path, seekRoot: seekRoot, upTo: node)
        return true
      }
      let additional = try upgradeNodes(from: to, to: tree.length) { _ in false }
      proof.upgrade = Proof.Upgrade(
        start: upgrade.start, length: upgrade.length, nodes: nodes, additionalNodes: additional, signature: signature)
    }
    try put(path, into: &proof, for: request, block: block)
    return proof
  }

  /// The upgrade as it is answered: a reader that lacks a part of the prologue gets exactly the prologue.
  private func effectiveUpgrade(_ request: ProofRequest) -> ProofRequest.Upgrade? {
    guard let upgrade = request.upgrade else { return nil }
    guard let prologue = manifest?.prologue, upgrade.start < prologue.length else { return upgrade }
    return .init(start: 0, length: prologue.length)
  }

  private func end(of upgrade: ProofRequest.Upgrade?) throws(MerkleError) -> UInt64 {
    guard let upgrade else { return tree.length }
    let (end, overflow) = upgrade.start.addingReportingOverflow(upgrade.length)
    guard !overflow, upgrade.length > 0, end <= tree.length else { throw .invalidUpgrade }
    return end
  }

  private func put(
    _ path: Path, into proof: inout Proof, for request: ProofRequest, block: (UInt64) throws -> [UInt8]?
  ) throws {
    if let target = path.target {
      guard path.isMade else { throw MerkleError.invalidBlockRequest }
      if let index = target.block {
        guard let value = try block(index) else { throw MerkleError.missingBlock(index) }
        proof.block = Proof.Block(index: index, value: value, nodes: path.nodes)
      } else {
        proof.hash = Proof.Hash(index: target.index, nodes: path.nodes)
      }
    }
    if let seek = request.seek, !path.seekNodes.isEmpty {
      proof.seek = Proof.Seek(bytes: seek.bytes, nodes: path.seekNodes)
    }
  }

  /// The subtrees that extend `from` blocks to `to` blocks, left to right, without those that `replaces` stands for.
  private func upgradeNodes(
    from: UInt64, to: UInt64, replaces: (UInt64) throws -> Bool
  ) throws -> [TreeNode] {
    var result: [TreeNode] = []
    for index in FlatTree.Roots(from: from, to: to) where try !replaces(index) {
      result.append(try nodes.requiredNode(at: index))
    }
    return result
  }
}
