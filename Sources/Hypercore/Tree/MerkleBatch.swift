internal import CompactEncoding

/// A change to a tree, prepared in memory: the tree as it will be, and the nodes to store with it.
///
/// Committing it is one atomic write of nodes, blocks and head by the owner of the storage, who afterwards takes
/// ``tree`` as the new state. A batch that truncates (``ancestors`` < ``baseLength``) first deletes the nodes from
/// index `2·ancestors` to `2·baseLength`, those of ``FlatTree/innerNodes(across:)``, and the blocks from
/// `ancestors` on.
///
/// Source: spec 01 §9.
public struct MerkleBatch: Sendable {
  /// The tree after the change.
  public internal(set) var tree: MerkleTree
  /// Nodes to store, leaves and inner ones, in the order they came to be.
  public internal(set) var nodes: [TreeNode] = []
  /// Number of leading blocks that the old and the new tree share.
  public private(set) var ancestors: UInt64
  /// Length of the tree the batch started from.
  public let baseLength: UInt64
  /// Fork of the tree the batch started from.
  public let baseFork: UInt64
  /// Whether the change makes a new head: it appends, truncates or upgrades.
  public internal(set) var isUpgraded = false
  /// The signature that came with an upgrade.
  public internal(set) var signature: [UInt8]?

  /// A batch on `tree` that changes nothing yet.
  public init(_ tree: MerkleTree) {
    self.tree = tree
    ancestors = tree.length
    baseLength = tree.length
    baseFork = tree.fork
  }

  /// A batch that puts another log, which shares the first `ancestors` blocks, into the place of `tree`.
  init(
    replacing base: MerkleTree, with tree: MerkleTree, ancestors: UInt64, nodes: [TreeNode], signature: [UInt8]?
  ) {
    self.tree = tree
    self.nodes = nodes
    self.ancestors = ancestors
    baseLength = base.length
    baseFork = base.fork
    isUpgraded = true
    self.signature = signature
  }

  /// Adds a block.
  public mutating func append(_ block: [UInt8]) {
    isUpgraded = true
    tree.append(block, creating: &nodes)
  }

  /// Adds blocks in order.
  public mutating func append(contentsOf blocks: [[UInt8]]) {
    // A log of n blocks has fewer than 2n nodes, and at most one merge a root comes on top.
    if nodes.isEmpty { nodes.reserveCapacity(2 * blocks.count + tree.roots.count) }
    for block in blocks { append(block) }
  }

  /// Cuts the tree to its first `length` blocks and sets its fork.
  ///
  /// - Throws: ``MerkleError/notATruncation(to:length:)``, ``MerkleError/missingNode(_:)`` when a root of the shorter
  ///   log is not stored, or an error of the storage.
  public mutating func truncate(to length: UInt64, fork: UInt64, from stored: some NodeReader) throws {
    guard length <= tree.length else { throw MerkleError.notATruncation(to: length, length: tree.length) }
    let roots = tree.roots
    let created = nodes
    tree = try MerkleTree(length: length, fork: fork, from: Overlay(first: roots, second: created, rest: stored))
    ancestors = min(ancestors, length)
    nodes.removeAll { FlatTree.rightSpan($0.index) >= 2 * length }
    isUpgraded = true
  }

  /// Whether `current`, the state at the time of the commit, still is the one the batch was made for. A batch that
  /// only adds nodes fits any later tree of the same fork.
  public func isCommittable(onto current: MerkleTree) -> Bool {
    current.fork == baseFork && (isUpgraded ? current.length == baseLength : baseLength <= current.length)
  }

  /// Nodes of a batch in front of the stored ones.
  private struct Overlay<Rest: NodeReader>: NodeReader {
    let first: [TreeNode]
    let second: [TreeNode]
    let rest: Rest

    func node(at index: UInt64) throws -> TreeNode? {
      try first.first { $0.index == index } ?? second.first { $0.index == index } ?? rest.node(at: index)
    }
  }
}
