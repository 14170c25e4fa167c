extension MerkleTree {
  /// Where a byte offset lies.
  public enum SeekResult: Hashable, Sendable {
    /// In the block at `index`, `offset` bytes from its start. The end of the log is (length, 0).
    case found(index: UInt64, offset: UInt64)
    /// Somewhere in these blocks: nodes that would tell are not stored. An empty range at the end of the log means
    /// that the offset lies behind it.
    case unresolved(Range<UInt64>)
  }

  /// Finds the block that holds a byte offset.
  ///
  /// - Parameters:
  ///   - bytes: offset from the start of the log, paddings not counted.
  ///   - padding: bytes of every block that do not count.
  /// - Throws: only what reading nodes throws.
  public func seek(bytes: UInt64, padding: UInt64 = 0, in nodes: some NodeReader) throws -> SeekResult {
    guard bytes > 0 else { return .found(index: 0, offset: 0) }
    var bytes = bytes
    for root in roots {
      let size = root.unpadded(padding)
      if bytes == size { return .found(index: FlatTree.nextLeaf(root.index) / 2, offset: 0) }
      if bytes < size { return try Self.descend(root.index, bytes, padding, nodes) }
      bytes -= size
    }
    return .unresolved(length..<length)
  }

  private static func descend(
    _ root: UInt64, _ bytes: UInt64, _ padding: UInt64, _ nodes: some NodeReader
  ) throws -> SeekResult {
    var index = root
    var bytes = bytes
    while let left = FlatTree.leftChild(index), let right = FlatTree.rightChild(index) {
      guard let node = try nodes.node(at: left) else {
        return .unresolved(FlatTree.leftSpan(index) / 2..<FlatTree.rightSpan(index) / 2 + 1)
      }
      let size = node.unpadded(padding)
      if bytes == size { return .found(index: FlatTree.nextLeaf(left) / 2, offset: 0) }
      if bytes < size {
        index = left
      } else {
        bytes -= size
        index = right
      }
    }
    return .found(index: index / 2, offset: bytes)
  }

  /// Bytes of all blocks left of the subtree at `index`.
  ///
  /// - Throws: ``MerkleError/missingNode(_:)`` when a node on the way is not stored or the index lies behind the end
  ///   of the log, or an error of the storage.
  public func byteOffset(of index: UInt64, in nodes: some NodeReader) throws -> UInt64 {
    if index == 2 * length { return byteLength }
    let leaf = FlatTree.leftSpan(index)
    var offset: UInt64 = 0
    for root in roots {
      guard FlatTree.contains(root.index, leaf) else {
        offset += root.size
        continue
      }
      var current = root.index
      while current != leaf, let left = FlatTree.leftChild(current), let right = FlatTree.rightChild(current) {
        if FlatTree.leftSpan(current) == leaf { break }
        if FlatTree.contains(left, leaf) {
          current = left
        } else {
          offset &+= try nodes.requiredNode(at: left).size
          current = right
        }
      }
      return offset
    }
    throw MerkleError.missingNode(index)
  }
}

extension TreeNode {
  /// Bytes below the node without the padding of each block; zero when the sizes are impossible.
  func unpadded(_ padding: UInt64) -> UInt64 {
    let (paddings, overflow) = padding.multipliedReportingOverflow(by: FlatTree.countLeaves(index))
    return overflow || paddings > size ? 0 : size - paddings
  }
}
