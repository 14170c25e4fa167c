internal import CompactEncoding

/// The tree of a log, for those who prove and check it.
extension Hypercore: NodeReader {
  /// The stored tree node at a flat-tree index, or nil when it is not stored.
  public func node(at index: UInt64) throws -> TreeNode? { try read { view in try view.node(at: index) } }

  /// The roots of what the session shows.
  public func currentTree() throws -> MerkleTree { try read { view in view.tree } }

  /// Answers requests for proofs. It is good for the transaction it is made in.
  public func prover() throws -> Prover<Hypercore> {
    try read { view in
      Prover(tree: view.tree, signature: try head().signature, manifest: isCompat ? nil : manifest, nodes: self)
    }
  }

  /// Hashes every stored block again and checks tree, head and signature, in one read transaction.
  ///
  /// - Parameter onBlock: called for each block that is hashed.
  /// - Throws: what reading throws.
  public func audit(onBlock: () -> Void = {}) throws -> Audit {
    try read("audit") { view in
      let head = try head()
      return try Audit(
        of: Audit.Head(
          length: head.length, fork: head.fork, treeHash: head.rootHash, signature: head.signature),
        and: name == nil
          ? mainState.earlierHeads().heads.map { .init(length: $0.length, signature: $0.signature) } : [],
        under: name == nil ? verifier : nil, nodes: AnyNodeReader(view),
        block: { index in
          onBlock()
          return try view.block(at: index)
        },
        firstBlock: { range in try context.storage.blockIndexes(range, in: state.id, limit: 1).first })
    }
  }

  /// The first index at which no block is stored; the length when none is missing.
  public func firstMissingBlock() throws -> UInt64 {
    try read { view in
      let first = try context.storage.firstMissingBlock(from: 0, in: state.id)
      return min(first, view.tree.length)
    }
  }
}
