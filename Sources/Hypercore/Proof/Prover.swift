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

// MARK: Paths

extension Prover {
  /// The block or node that is asked for.
  private struct Target {
    let block: UInt64?
    let index: UInt64
    let nodes: UInt64

    var lastBlock: UInt64 { FlatTree.rightSpan(index) / 2 }

    init?(_ request: ProofRequest) {
      if let target = request.block {
        (block, index, nodes) = (target.index, 2 * target.index, target.nodes)
      } else if let target = request.hash {
        (block, index, nodes) = (nil, target.index, target.nodes)
      } else {
        return nil
      }
    }
  }

  /// The nodes that lead from a target, and from a byte offset, up to a common root.
  private struct Path {
    let target: Target?
    var nodes: [TreeNode] = []
    var seekNodes: [TreeNode] = []
    var isMade = false
  }

  /// The node `count` levels above `index`; none of those climbed may reach over the end of the covered range.
  private func climb(_ index: UInt64, _ count: UInt64, below to: UInt64) throws(MerkleError) -> UInt64 {
    var index = index
    for _ in 0..<min(count, 64) {
      index = FlatTree.parent(index)
      if FlatTree.contains(index, 2 * to) { throw .nodesOutOfBounds }
    }
    guard count <= 64 else { throw .nodesOutOfBounds }
    return index
  }

  /// Fills in the siblings from the target up to `root`. Where the way to the byte offset branches off, its own
  /// nodes take the sibling's place.
  private func fill(_ path: inout Path, seekRoot: UInt64?, upTo root: UInt64) throws {
    guard let target = path.target else {
      if let seekRoot { path.seekNodes = try seekNodes(from: seekRoot, upTo: root) }
      return
    }
    guard FlatTree.contains(root, target.index) else { throw MerkleError.invalidBlockRequest }
    path.isMade = true
    if target.block == nil { path.nodes.append(try nodes.requiredNode(at: target.index)) }
    var index = target.index
    while index != root {
      let sibling = FlatTree.sibling(index)
      if let seekRoot, seekRoot != sibling, FlatTree.contains(sibling, seekRoot) {
        path.seekNodes = try seekNodes(from: seekRoot, upTo: sibling)
      } else {
        path.nodes.append(try nodes.requiredNode(at: sibling))
      }
      index = FlatTree.parent(index)
    }
  }

  private func seekNodes(from seekRoot: UInt64, upTo root: UInt64) throws -> [TreeNode] {
    var result = [try nodes.requiredNode(at: seekRoot)]
    var index = seekRoot
    while index != root {
      result.append(try nodes.requiredNode(at: FlatTree.sibling(index)))
      index = FlatTree.parent(index)
    }
    return result
  }
}

// MARK: Seeking

extension Prover {
  /// The smallest stored subtree of `root` that decides where the offset lies, counted from the start of `root`.
  private func seekDown(_ root: UInt64, _ bytes: UInt64, padding: UInt64) throws -> UInt64 {
    guard bytes > 0 else { return root }
    var bytes = bytes
    var index = root
    while let left = FlatTree.leftChild(index), let right = FlatTree.rightChild(index) {
      guard let node = try nodes.node(at: left) else { return index }
      let size = node.unpadded(padding)
      if size == bytes { return left }
      if size > bytes {
        index = left
      } else {
        bytes -= size
        index = right
      }
    }
    return index
  }

  /// The subtree that decides where the offset lies, or the position behind the last block when it lies behind.
  private func seekFromHead(_ seek: ProofRequest.Seek, to: UInt64) throws -> UInt64 {
    var bytes = seek.bytes
    for root in FlatTree.Roots(from: 0, to: to) {
      let size = try nodes.requiredNode(at: root).unpadded(seek.padding)
      if bytes == size { return root }
      if bytes < size { return try seekDown(root, bytes, padding: seek.padding) }
      bytes -= size
    }
    return 2 * to
  }

  /// The subtree of `root` that decides where the offset lies, which must be inside `root`.
  private func seekInside(_ root: UInt64, _ seek: ProofRequest.Seek) throws -> UInt64 {
    let blocksBefore = FlatTree.leftSpan(root) / 2
    let (paddings, overflow) = seek.padding.multipliedReportingOverflow(by: blocksBefore)
    let offset = try tree.byteOffset(of: root, in: nodes)
    guard !overflow, paddings <= offset, offset - paddings <= seek.bytes else { throw MerkleError.invalidSeek }
    let bytes = seek.bytes - (offset - paddings)
    guard bytes > 0 else { return root }
    guard try nodes.requiredNode(at: root).unpadded(seek.padding) > bytes else { throw MerkleError.invalidSeek }
    return try seekDown(root, bytes, padding: seek.padding)
  }
}
