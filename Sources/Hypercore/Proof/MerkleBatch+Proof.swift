internal import CompactEncoding

/// Checking proofs (spec 01 §11).
extension MerkleBatch {
  /// Applies a proof to a batch that has no changes yet.
  ///
  /// Afterwards ``nodes`` holds everything the proof showed or implied, and ``tree`` the head it leads to. What does
  /// not hang on a new head was compared with a stored node and is proven; a new head (``isUpgraded``) still needs
  /// its signature checked: see ``ProofChecker``.
  ///
  /// - Throws: ``MerkleError``, or an error of the storage.
  mutating func apply(_ proof: Proof, prologue: Manifest.Prologue?, stored: some NodeReader) throws {
    var root = try applyTree(proof)
    if let upgrade = proof.upgrade, try applyUpgrade(upgrade, fork: proof.fork, extra: root, prologue: prologue) {
      root = nil
    }
    if let root {
      let known = try stored.requiredNode(at: root.index)
      guard known == root else { throw MerkleError.checksumMismatch(index: root.index) }
    }
    try keepStored(stored, root)
  }

  /// Refuses a proof that would replace a stored node by another one. Hashes cannot differ by now, but a parent's
  /// hash covers the sizes of its children as a sum only.
  private func keepStored(_ stored: some NodeReader, _ root: TreeNode?) throws {
    for node in nodes where node.index != root?.index && FlatTree.rightSpan(node.index) < 2 * baseLength {
      guard let known = try stored.node(at: node.index), known != node else { continue }
      throw MerkleError.checksumMismatch(index: node.index)
    }
  }

  /// Computes the root that block or hash, and seek, lead to; nil when the proof has neither.
  mutating func applyTree(_ proof: Proof) throws(MerkleError) -> TreeNode? {
    let seekRoot = try applySeek(proof.seek)
    let (start, value, path): (UInt64, [UInt8]?, [TreeNode])
    if let block = proof.block {
      (start, value, path) = (2 * block.index, block.value, block.nodes)
    } else if let hash = proof.hash {
      (start, value, path) = (hash.index, nil, hash.nodes)
    } else {
      return seekRoot
    }
    if nodes.isEmpty { nodes.reserveCapacity(2 * path.count + 1) }
    var queue = NodeQueue(path, extra: seekRoot)
    var root: TreeNode
    if let value { root = TreeNode(block: value, at: start / 2) } else { root = try queue.take(start) }
    nodes.append(root)
    while !queue.isEmpty {
      let sibling = try queue.take(FlatTree.sibling(root.index))
      root = try TreeNode(parentOf: root, untrusted: sibling)
      nodes.append(sibling)
      nodes.append(root)
    }
    return root
  }

  private mutating func applySeek(_ seek: Proof.Seek?) throws(MerkleError) -> TreeNode? {
    guard let seek, var root = seek.nodes.first else { return nil }
    nodes.append(root)
    for node in seek.nodes.dropFirst() {
      let expected = FlatTree.sibling(root.index)
      guard node.index == expected else { throw .unexpectedNode(expected: expected, found: node.index) }
      root = try TreeNode(parentOf: root, untrusted: node)
      nodes.append(node)
      nodes.append(root)
    }
    return root
  }

  /// Extends the tree by an upgrade, and tells whether `extra`, the root that the rest of the proof leads to, became
  /// part of it (or is absent).
  mutating func applyUpgrade(
    _ upgrade: Proof.Upgrade, fork: UInt64, extra: TreeNode?, prologue: Manifest.Prologue?
  ) throws(MerkleError) -> Bool {
    if let prologue, upgrade.start < prologue.length, upgrade.start != 0 || upgrade.length < prologue.length {
      throw .prologueUnsatisfied
    }
    let (end, overflow) = upgrade.start.addingReportingOverflow(upgrade.length)
    guard !overflow, end <= maximumSafeInteger, end > 0 || !tree.roots.isEmpty else { throw .invalidUpgrade }

    var queue = NodeQueue(upgrade.nodes, extra: extra)
    try extend(to: end, with: &queue)
    if let prologue, tree.length == prologue.length, tree.hash != prologue.hash { throw .invalidHash }
    try extend(with: upgrade.additionalNodes)
    tree.fork = fork
    signature = upgrade.signature
    return queue.extra == nil
  }

  /// Adds the subtrees up to `end` blocks. Roots that the tree has already are passed over; its last root is grown
  /// into the first new one with the siblings to its right.
  private mutating func extend(to end: UInt64, with queue: inout NodeQueue) throws(MerkleError) {
    var known = 0
    var mayGrow = !tree.roots.isEmpty
    for root in FlatTree.Roots(from: 0, to: end) {
      if known < tree.roots.count, tree.roots[known].index == root {
        known += 1
        continue
      }
      let grows = mayGrow && known < tree.roots.count
      mayGrow = false
      guard grows else {
        try append(root: try queue.take(root))
        continue
      }
      while let last = tree.roots.last, last.index != root {
        try append(root: try queue.take(FlatTree.sibling(last.index)))
      }
    }
  }

  /// Adds subtrees behind the end: first siblings of the last root, then whatever fits next.
  private mutating func extend(with additional: [TreeNode]) throws(MerkleError) {
    for node in additional {
      guard let last = tree.roots.last else { throw .strayNode(node.index) }
      var expected = FlatTree.sibling(last.index)
      while node.index != expected {
        guard let left = FlatTree.leftChild(expected) else { throw .strayNode(node.index) }
        expected = left
      }
      try append(root: node)
    }
  }

  private mutating func append(root: TreeNode) throws(MerkleError) {
    isUpgraded = true
    try tree.append(root: root, creating: &nodes)
  }
}
