/// Following a log that was truncated and grew again: finds how many leading blocks the own log shares with the new
/// one, by comparing hashes from the roots down (spec 01 §12.3).
///
/// The dialogue starts with an answer to an upgrade {0, length} at the new fork. While ``want`` is not nil, the
/// caller asks for the hash of any leaf in its range with its number of nodes, and hands the answers to
/// ``update(with:stored:)``. Then ``batch`` is what to commit: a truncation to ``ancestors``, the new nodes and the
/// new head. Blocks below ``ancestors`` stay.
public struct Reorg: Sendable {
  /// Hashes that would bring the search further.
  public struct Want: Hashable, Sendable {
    /// Blocks whose leaves may be asked for.
    public let blocks: Range<UInt64>
    /// Number of parents to climb.
    public let nodes: UInt64
  }

  /// The new head, whose signature the caller of ``ProofChecker/reorg(_:)`` need not check again.
  public let tree: MerkleTree
  /// Signature of the new head.
  public let signature: [UInt8]?
  /// The manifest, when it was learnt from the first answer.
  public let manifest: Manifest?
  /// Number of leading blocks that are known to be shared; final when the search is finished.
  public private(set) var ancestors: UInt64
  /// What to ask for next; nil when the search is finished.
  public private(set) var want: Want?

  private let own: MerkleTree
  private var known: [UInt64: TreeNode] = [:]
  /// The subtree in which the first difference lies.
  private var difference: TreeNode?

  /// Starts from a verified head: `fresh` led from an empty tree to it.
  init(_ fresh: MerkleBatch, manifest: Manifest?, own: MerkleTree, stored: some NodeReader) throws {
    tree = fresh.tree
    signature = fresh.signature
    self.manifest = manifest
    self.own = own
    ancestors = fresh.tree.length
    for node in fresh.nodes { known[node.index] = node }
    for root in tree.roots where try stored.node(at: root.index)?.hash != root.hash {
      try narrow(to: root, stored: stored)
      return
    }
  }

  /// Whether ``ancestors`` is final.
  public var isFinished: Bool { want == nil }

  /// Takes an answer into account. One that does not lead to the subtree in question is ignored.
  ///
  /// - Returns: whether the answer was of use.
  /// - Throws: ``MerkleError`` when the answer is malformed, or an error of the storage.
  @discardableResult
  public mutating func update(with proof: Proof, stored: some NodeReader) throws -> Bool {
    guard want != nil, let difference else { return false }
    var answer = MerkleBatch(MerkleTree())
    guard let root = try answer.applyTree(proof), root == difference else { return false }
    for node in answer.nodes { known[node.index] = node }
    try narrow(to: root, stored: stored)
    return true
  }

  /// Walks down from a subtree that differs, left first, as far as the new log's nodes are known.
  private mutating func narrow(to node: TreeNode, stored: some NodeReader) throws {
    var node = node
    while let leftIndex = FlatTree.leftChild(node.index), let rightIndex = FlatTree.rightChild(node.index),
      let left = known[leftIndex], let right = known[rightIndex]
    {
      node = try stored.node(at: leftIndex)?.hash == left.hash ? right : left
    }
    let start = FlatTree.leftSpan(node.index) / 2
    let end = min(own.length, FlatTree.rightSpan(node.index) / 2 + 1)
    ancestors = min(start, own.length)
    difference = node
    want =
      FlatTree.isLeaf(node.index) || start >= end
      ? nil : Want(blocks: start..<end, nodes: FlatTree.depth(node.index))
  }

  /// What to commit.
  public var batch: MerkleBatch {
    MerkleBatch(replacing: own, with: tree, ancestors: ancestors, nodes: Array(known.values), signature: signature)
  }
}

extension ProofChecker {
  /// Starts to follow a higher fork.
  ///
  /// - Parameter proof: the answer to an upgrade from 0 at that fork.
  /// - Throws: ``MerkleError/forkNotVerifiable`` when the proof leaves something open, another ``MerkleError``, or an
  ///   error of the storage.
  public func reorg(_ proof: Proof) throws -> Reorg {
    guard let upgrade = proof.upgrade else { throw MerkleError.forkNotVerifiable }
    var fresh = MerkleBatch(MerkleTree(fork: proof.fork))
    let root = try fresh.applyTree(proof)
    guard try fresh.applyUpgrade(upgrade, fork: proof.fork, extra: root, prologue: manifest?.prologue) else {
      throw MerkleError.forkNotVerifiable
    }
    let learnt = try verify(fresh.tree, signature: fresh.signature, manifest: proof.manifest)
    return try Reorg(fresh, manifest: learnt, own: tree, stored: nodes)
  }
}
