internal import CompactEncoding

/// Taking a log over from somewhere else: blocks first, each proven against a head, then the head. All of it belongs
/// into one write transaction, which is undone when the head is refused.
extension Hypercore {
  /// Stores blocks that were proven against a head that ``adopt(_:signature:)`` is going to make this log's, and nodes
  /// of its tree. What the log has already stays as it is.
  ///
  /// - Throws: ``SessionError/notWritable`` for a draft or a snapshot, ``SessionError/frozen``, or an error of the
  ///   storage.
  public func store(proven blocks: [StoredBlock], nodes: [TreeNode]) throws {
    try write("import") {
      try checkAdoption()
      let main = try mainState
      context.touch(main)
      try main.storage.putEntries(blocks, nodes: nodes, in: main.id)
    }
  }

  /// Makes a tree, whose blocks were stored as far as they are known, the head of this log.
  ///
  /// A tree that is not longer than the log changes nothing but which blocks are stored.
  ///
  /// - Parameter tree: as long as the log or longer, of the same fork unless the log is empty.
  /// - Throws: ``SessionError/invalidSignature``, ``MerkleError/forkNotVerifiable`` when the fork is another one,
  ///   ``MerkleError/checksumMismatch(index:)`` when the log holds something else than the tree says, and
  ///   ``MerkleError/missingNode(_:)`` when that cannot be told from what is stored.
  public func adopt(_ tree: MerkleTree, signature: [UInt8]?) throws {
    try write("import") {
      try checkAdoption()
      guard core.verifier.accepts(tree, signature: signature) else { throw SessionError.invalidSignature }
      let main = try mainState
      guard main.fork == tree.fork || main.length == 0 && main.fork < tree.fork else {
        throw MerkleError.forkNotVerifiable
      }
      if tree.length > main.length {
        var grown = main.tree
        grown.fork = tree.fork
        var nodes: [TreeNode] = []
        for index in FlatTree.Roots(from: main.length, to: tree.length) {
          let root = try tree.roots.first { $0.index == index } ?? main.requiredNode(at: index)
          try grown.append(root: root, creating: &nodes)
        }
        try check(grown, against: tree)
        try main.apply(
          MerkleBatch(
            replacing: main.tree, with: tree, ancestors: main.length, nodes: nodes, signature: signature), block: nil)
      } else {
        try check(main.tree(at: tree.length), against: tree)
      }
      context.touch(main)
      let storage = main.storage
      main.area.contiguousLength = min(
        main.length, try storage.firstMissingBlock(from: main.area.contiguousLength, in: main.id))
    }
  }

  private func checkAdoption() throws {
    guard name == nil, !isSnapshot else { throw SessionError.notWritable }
    if core.record.isFrozen { throw SessionError.frozen }
  }

  private func check(_ own: MerkleTree, against other: MerkleTree) throws(MerkleError) {
    for (mine, theirs) in zip(own.roots, other.roots) where mine != theirs {
      throw .checksumMismatch(index: mine.index)
    }
  }
}
