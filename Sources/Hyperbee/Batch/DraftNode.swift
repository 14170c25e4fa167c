/// A tree node of the newest version, which a batch may change.
final class DraftNode {
  var keys: [TreeKey]
  var children: [Child]
  /// Whether the node must be written by the next operation that reaches it.
  var isChanged: Bool

  /// A new node.
  init(keys: [TreeKey] = [], children: [Child] = []) {
    self.keys = keys
    self.children = children
    isChanged = true
  }

  /// A stored node as it is.
  init(_ node: TreeNode) {
    keys = node.keys
    children = node.children.map(Child.init)
    isChanged = false
  }

  var isLeaf: Bool { children.isEmpty }
}

/// A reference from an inner node to a child: where the child is stored, and the child once it was loaded.
///
/// Nodes and the lists of nodes to write share these objects: an address given to one is seen by all.
final class Child {
  var sequence: UInt64
  var offset: Int
  var node: DraftNode?

  init(_ address: NodeAddress) {
    sequence = address.sequence
    offset = Int(clamping: address.offset)
  }

  /// A reference to a new node, without an address until an operation numbers it.
  init(new node: DraftNode) {
    sequence = 0
    offset = 0
    self.node = node
  }

  var address: NodeAddress { NodeAddress(sequence: sequence, offset: UInt64(offset)) }
}
