internal import CompactEncoding

extension Hypercore {
  /// Appends blocks, as stored, with a signature that the caller has made or checked itself, or none for blocks that
  /// the manifest's prologue fixes.
  ///
  /// For owners of a multi-signature log who have just signed: checking again would cost more than all the rest.
  /// Everything else goes through ``append(_:maximumLength:signature:keyPair:)``, which checks.
  ///
  /// - Parameter hashed: the same blocks as a batch on the present tree, to spare hashing them again.
  /// - Throws: ``MerkleError/treeModified`` when the batch was made for another tree.
  public func append(trusted blocks: [[UInt8]], hashed: MerkleBatch? = nil, signature: [UInt8]?) throws {
    try write("append") {
      guard !isReadOnly, !isSnapshot, name == nil else { throw SessionError.notWritable }
      if core.record.isFrozen { throw SessionError.frozen }
      if let large = blocks.first(where: { $0.count > Self.maximumBlockSize }) {
        throw SessionError.blockTooLarge(size: large.count)
      }
      if let hashed, !hashed.isCommittable(onto: state.tree) || hashed.ancestors != hashed.baseLength {
        throw MerkleError.treeModified
      }
      try state.append(blocks, hashed: hashed, .given(signature))
    }
  }
}

extension Hypercore {
  /// The stored tree node with a flat-tree index, or nil.
  public func treeNode(at index: UInt64) throws -> TreeNode? { try read { view in try view.node(at: index) } }
}
