extension MerkleTree {
  /// How many nodes on the way from `index` up to the first stored one are missing, itself included: what a request
  /// for it puts into ``ProofRequest/Target/nodes``. 0 for what lies behind the end of the log.
  ///
  /// - Throws: only what reading nodes throws.
  public func missingNodes(below index: UInt64, in nodes: some NodeReader) throws -> UInt64 {
    guard FlatTree.rightSpan(index) < 2 * length else { return 0 }
    var count: UInt64 = 0
    var index = index
    while !FlatTree.contains(index, 2 * length), try nodes.node(at: index) == nil {
      count += 1
      index = FlatTree.parent(index)
    }
    return count
  }

  /// The most that ``missingNodes(below:in:)`` can find in a log of `length` blocks: the number of parents up to the
  /// root. 0 for a root and for what lies behind the end of the log.
  public static func maximumMissingNodes(below index: UInt64, length: UInt64) -> UInt64 {
    guard FlatTree.rightSpan(index) < 2 * length else { return 0 }
    for root in FlatTree.Roots(from: 0, to: length) where FlatTree.contains(root, index) {
      return FlatTree.depth(root) - FlatTree.depth(index)
    }
    return 0
  }
}
