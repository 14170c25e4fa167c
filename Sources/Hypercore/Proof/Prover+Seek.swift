extension Prover {
  /// The smallest stored subtree of `root` that decides where the offset lies, counted from the start of `root`.
  private func seekDown(_ root: UInt64, _ bytes: UInt64, padding: UInt64) throws -> UInt64 {
    guard bytes > 0 else { return root }
    var bytes = bytes
    var index = root
    while let left = FlatTree.leftChild(index), let right = FlatTree.rightChild(index) {
      guard let node = try nodes.node(at: left) else { return index }
      let size = node.unpadded(padding)
      if size == bytes { return left }
      if size > bytes {
        index = left
      } else {
        bytes -= size
        index = right
      }
    }
    return index
  }

  /// The subtree that decides where the offset lies, or the position behind the last block when it lies behind.
  func seekFromHead(_ seek: ProofRequest.Seek, to: UInt64) throws -> UInt64 {
    var bytes = seek.bytes
    for root in FlatTree.Roots(from: 0, to: to) {
      let size = try nodes.requiredNode(at: root).unpadded(seek.padding)
      if bytes == size { return root }
      if bytes < size { return try seekDown(root, bytes, padding: seek.padding) }
      bytes -= size
    }
    return 2 * to
  }

  /// The subtree of `root` that decides where the offset lies, which must be inside `root`.
  func seekInside(_ root: UInt64, _ seek: ProofRequest.Seek) throws -> UInt64 {
    let blocksBefore = FlatTree.leftSpan(root) / 2
    let (paddings, overflow) = seek.padding.multipliedReportingOverflow(by: blocksBefore)
    let offset = try tree.byteOffset(of: root, in: nodes)
    guard !overflow, paddings <= offset, offset - paddings <= seek.bytes else { throw MerkleError.invalidSeek }
    let bytes = seek.bytes - (offset - paddings)
    guard bytes > 0 else { return root }
    guard try nodes.requiredNode(at: root).unpadded(seek.padding) > bytes else { throw MerkleError.invalidSeek }
    return try seekDown(root, bytes, padding: seek.padding)
  }
}
