/// The nodes of a proof in the order in which the tree's shape asks for them, and one more that was computed and is
/// used where it fits.
struct NodeQueue {
  private var nodes: ArraySlice<TreeNode>
  /// The computed node, until it is used.
  private(set) var extra: TreeNode?

  init(_ nodes: [TreeNode], extra: TreeNode?) {
    self.nodes = nodes[...]
    self.extra = extra
  }

  var isEmpty: Bool { nodes.isEmpty && extra == nil }

  /// Takes the node at `index`.
  ///
  /// - Throws: ``MerkleError/unexpectedNode(expected:found:)`` when another one, or none, is next.
  mutating func take(_ index: UInt64) throws(MerkleError) -> TreeNode {
    if let node = extra, node.index == index {
      extra = nil
      return node
    }
    guard let node = nodes.popFirst() else { throw .unexpectedNode(expected: index, found: nil) }
    guard node.index == index else { throw .unexpectedNode(expected: index, found: node.index) }
    return node
  }
}
