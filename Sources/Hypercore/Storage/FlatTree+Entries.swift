/// How nodes are grouped for storage: with the block that completes them.
extension FlatTree {
  /// The entry that a node belongs to: its right-most leaf, as a block index.
  @inlinable
  public static func entry(of index: UInt64) -> UInt64 { rightSpan(index) / 2 }

  /// The nodes of an entry: the leaf of the block, then upwards as long as the block is the right-most below.
  @inlinable
  public static func nodes(ofEntry block: UInt64) -> [UInt64] {
    var nodes = [2 * block]
    var node = 2 * block
    while sibling(node) < node {
      node = parent(node)
      nodes.append(node)
    }
    return nodes
  }
}
