/// Where the nodes of a tree that are not roots are read from: a store, or a table in memory.
public protocol NodeReader {
  /// The stored node at a flat-tree index, or nil when it is not stored.
  func node(at index: UInt64) throws -> TreeNode?
}

extension NodeReader {
  /// The stored node at a flat-tree index.
  ///
  /// - Throws: ``MerkleError/missingNode(_:)`` when it is not stored.
  public func requiredNode(at index: UInt64) throws -> TreeNode {
    guard let node = try node(at: index) else { throw MerkleError.missingNode(index) }
    return node
  }
}

/// Tree nodes in memory, by index.
public struct NodeTable: NodeReader, Sendable {
  /// The nodes.
  public private(set) var nodes: [UInt64: TreeNode]

  /// A table of the given nodes; later ones replace earlier ones at the same index.
  public init(_ nodes: some Sequence<TreeNode> = []) {
    self.nodes = [:]
    insert(nodes)
  }

  public func node(at index: UInt64) -> TreeNode? { nodes[index] }

  /// Adds nodes; they replace those at the same index.
  public mutating func insert(_ new: some Sequence<TreeNode>) {
    for node in new { nodes[node.index] = node }
  }

  /// Drops all nodes that do not survive a truncation to `length` blocks.
  public mutating func truncate(to length: UInt64) {
    for index in FlatTree.innerNodes(across: length) { nodes[index] = nil }
    nodes = nodes.filter { $0.key < 2 * length }
  }
}
