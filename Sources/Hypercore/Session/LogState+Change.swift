import HypercoreCrypto

/// Changes of one state. They go to the storage at once, except for the head.
extension LogState {
  /// How the new head comes by its signature.
  enum Signing {
    /// The head keeps whatever it had.
    case keep
    /// This is the signature, already verified.
    case given([UInt8]?)
    /// This key pair signs when the transaction commits.
    case sign(Verifier, KeyPair)
  }

  /// - Parameter hashed: the blocks as a batch on the present tree, when somebody has hashed them already.
  func append(_ blocks: [[UInt8]], hashed: MerkleBatch? = nil, _ signing: Signing) throws {
    context.touch(self)
    let start = tree.length
    var batch = MerkleBatch(tree)
    if let hashed { batch = hashed } else { batch.append(contentsOf: blocks) }
    try storage.appendEntries(blocks, nodes: batch.nodes, from: start, in: id)
    tree = batch.tree
    if area.contiguousLength == start { area.contiguousLength = tree.length }
    didChangeHead(signing)
    hasPendingAppend = true
  }

  func truncate(to length: UInt64, fork: UInt64, _ signing: Signing) throws {
    let old = tree
    var batch = MerkleBatch(old)
    try batch.truncate(to: length, fork: fork, from: self)
    context.touch(self)
    try cut(from: length, oldLength: old.length)
    tree = batch.tree
    didChangeHead(signing)
    didTruncate(to: length)
  }

  /// Takes a batch that was verified: nodes, a block perhaps, and a new head when it is an upgrade.
  func apply(_ batch: MerkleBatch, block: (index: UInt64, value: [UInt8])?) throws {
    guard batch.isCommittable(onto: tree) else { throw MerkleError.treeModified }
    context.touch(self)
    if batch.isUpgraded && batch.ancestors < batch.baseLength {
      try cut(from: batch.ancestors, oldLength: tree.length)
    }
    try storage.putNodes(batch.nodes, in: id)
    if let block {
      try storage.putBlock(block.value, at: block.index, in: id)
      try didStoreBlocks(block.index..<block.index + 1)
    }
    guard batch.isUpgraded else { return }
    let isTruncation = batch.ancestors < batch.baseLength || batch.tree.fork != tree.fork
    tree = batch.tree
    didChangeHead(.given(batch.signature))
    if isTruncation { didTruncate(to: batch.ancestors) }
    if tree.length > batch.ancestors { hasPendingAppend = true }
  }

  func clear(_ range: Range<UInt64>) throws {
    context.touch(self)
    for box in snapshots { try box.value?.keepBlocks(range) }
    try storage.deleteBlocks(range, in: id)
    area.contiguousLength = min(area.contiguousLength, range.lowerBound)
    pendingClears.append(range)
  }

  func setRemoteContiguousLength(_ length: UInt64) {
    guard area.remoteContiguousLength != length else { return }
    context.touch(self)
    area.remoteContiguousLength = length
  }

  // MARK: Notes for the end of the transaction

  func didStoreBlocks(_ range: Range<UInt64>) throws {
    guard area.name == nil, range.contains(area.contiguousLength) else { return }
    area.contiguousLength = try storage.firstMissingBlock(from: area.contiguousLength, in: id)
  }

  func didChangeHead(_ signing: Signing) {
    isHeadStale = true
    switch signing {
    case .keep: break
    case .given(let signature):
      area.head.signature = signature
      pendingSigner = nil
    case .sign(let verifier, let keyPair):
      pendingSigner = (verifier, keyPair)
      context.requireDurability()
    }
  }

  func didTruncate(to length: UInt64) {
    pendingTruncation = (min(length, pendingTruncation?.length ?? length), tree.fork)
    hasPendingAppend = tree.length > length
  }
}
