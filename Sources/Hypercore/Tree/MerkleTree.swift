public import CompactEncoding
internal import HypercoreCrypto

/// The state of a log's Merkle tree: its roots, and what follows from them.
///
/// A value of a few hundred bytes; nodes below the roots stay with whoever stores them (``NodeReader``).
public struct MerkleTree: Hashable, Sendable {
  /// The largest full subtrees that tile the log, left to right.
  public private(set) var roots: [TreeNode]
  /// Number of blocks.
  public private(set) var length: UInt64
  /// Bytes of all blocks.
  public private(set) var byteLength: UInt64
  /// Counts truncations; part of what is signed.
  public var fork: UInt64

  /// The empty tree.
  public init(fork: UInt64 = 0) {
    roots = []
    length = 0
    byteLength = 0
    self.fork = fork
  }

  /// The tree of the first `length` blocks, with its roots read from storage.
  ///
  /// - Throws: ``MerkleError/missingNode(_:)`` when a root is not stored, ``MerkleError/tooLarge`` when the stored
  ///   sizes are impossible, or an error of the storage.
  public init(length: UInt64, fork: UInt64, from nodes: some NodeReader) throws {
    self.init(fork: fork)
    for index in FlatTree.Roots(from: 0, to: length) { try push(nodes.requiredNode(at: index)) }
  }

  /// The tree whose roots are given, left to right.
  ///
  /// - Throws: ``MerkleError`` when they are not exactly the roots of a log of `length` blocks.
  public init(roots: [TreeNode], length: UInt64, fork: UInt64) throws(MerkleError) {
    self.init(fork: fork)
    var given = roots[...]
    for index in FlatTree.Roots(from: 0, to: length) {
      let root = given.popFirst()
      guard let root, root.index == index else { throw .unexpectedNode(expected: index, found: root?.index) }
      try push(root)
    }
    if let stray = given.first { throw .strayNode(stray.index) }
  }

  /// `H( 02 ‖ roots )`: what is signed and what two logs are compared by.
  public var hash: Fixed32 {
    MerkleHash.tree(rootCount: roots.count) { i in (roots[i].hash, roots[i].index, roots[i].size) }
  }
}

// MARK: Growing

extension MerkleTree {
  /// Adds a block, and puts the nodes that come to be at the end of `created`: the leaf, then inner nodes upwards.
  mutating func append(_ block: [UInt8], creating created: inout [TreeNode]) {
    var node = TreeNode(block: block, at: length)
    length += 1
    byteLength += node.size
    created.append(node)
    while let left = roots.last, left.index == FlatTree.sibling(node.index) {
      roots.removeLast()
      node = TreeNode(parentOf: left, node)
      created.append(node)
    }
    roots.append(node)
  }

  /// Adds a subtree right behind the last block; it and the inner nodes that come to be go to the end of `created`.
  ///
  /// - Throws: ``MerkleError/tooLarge`` when the log would become longer than 2^53 − 1 blocks or bytes.
  mutating func append(root: TreeNode, creating created: inout [TreeNode]) throws(MerkleError) {
    var node = root
    try push(node)
    created.append(node)
    while roots.count > 1, roots[roots.count - 2].index == FlatTree.sibling(node.index) {
      node = TreeNode(parentOf: roots[roots.count - 2], node)
      roots.removeLast(2)
      roots.append(node)
      created.append(node)
    }
  }

  /// Adds a root and its blocks without merging.
  private mutating func push(_ root: TreeNode) throws(MerkleError) {
    let leaves = FlatTree.countLeaves(root.index)
    guard leaves <= maximumSafeInteger - length, root.size <= maximumSafeInteger - byteLength else { throw .tooLarge }
    length += leaves
    byteLength += root.size
    roots.append(root)
  }

  /// The tree extended to `newLength` blocks by nodes looked up by index, or nil when one is missing or does not fit.
  func extended(to newLength: UInt64, by nodes: [UInt64: TreeNode]) -> MerkleTree? {
    var tree = self
    var created: [TreeNode] = []
    for index in FlatTree.Roots(from: length, to: newLength) {
      guard let node = nodes[index] else { return nil }
      do { try tree.append(root: node, creating: &created) } catch { return nil }
    }
    return tree
  }
}
