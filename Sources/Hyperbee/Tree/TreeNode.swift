/// Where a tree node is stored: level `offset` of block `sequence`.
struct NodeAddress: Hashable {
  let sequence: UInt64
  let offset: UInt64

  func hash(into hasher: inout Hasher) { hasher.combine(sequence << 8 ^ offset) }
}

/// A key of a tree node: the block that holds it, and its bytes once they were read.
struct TreeKey {
  let sequence: UInt64
  /// The first eight bytes, big endian, padded with zeros: decides most comparisons. Valid with ``bytes``.
  private(set) var head: UInt64 = 0
  var bytes: [UInt8]? {
    didSet { if let bytes { head = keyHead(bytes) } }
  }

  init(sequence: UInt64) { self.sequence = sequence }

  init(sequence: UInt64, bytes: [UInt8], head: UInt64) {
    self.sequence = sequence
    self.bytes = bytes
    self.head = head
  }
}

/// A stored tree node. Only the bytes of its keys are filled in later.
final class TreeNode {
  var keys: [TreeKey]
  let children: [NodeAddress]

  init(keys: [TreeKey], children: [NodeAddress]) {
    self.keys = keys
    self.children = children
  }

  var isLeaf: Bool { children.isEmpty }
}
