/// What states share: drafts a prefix of their parent, snapshots the blocks of the live state.
extension LogState {
  // MARK: Drafts

  /// Takes blocks and nodes that continue this state from another one, and the tree they lead to.
  func extend(to new: MerkleTree, from source: LogState, _ signing: Signing) throws {
    context.touch(self)
    let start = tree.length
    try copy(start..<new.length, from: source)
    tree = new
    try didStoreBlocks(start..<new.length)
    didChangeHead(signing)
    hasPendingAppend = true
  }

  /// Moves the shared prefix up to `length` of the parent, which now holds what this draft held below.
  func share(_ length: UInt64, with parent: AreaID) throws {
    context.touch(self)
    try storage.deleteEntries(0..<length, in: id)
    area.dependency = Dependency(area: parent, length: length)
  }

  /// Replaces all content by a reference to the first `length` blocks of `parent`.
  func rebase(onto parent: LogState, length: UInt64) throws {
    let new = try parent.tree(at: length)
    let shared = try commonLength(with: parent, limit: min(length, tree.length))
    context.touch(self)
    try preserve(from: shared, oldLength: tree.length)
    let old = tree
    try storage.deleteEntries(0..<old.length, in: id)
    area.dependency = Dependency(area: parent.id, length: length)
    tree = new
    tree.fork = shared < old.length ? old.fork + 1 : old.fork
    didChangeHead(.given(try parent.signature()))
    if shared < old.length { didTruncate(to: shared) }
    if length > shared { hasPendingAppend = true }
  }

  func resetFork(to fork: UInt64) {
    guard tree.fork != fork else { return }
    context.touch(self)
    tree.fork = fork
    isHeadStale = true
  }

  /// Removes the draft; whatever depends on it gets its own copy first.
  func delete() throws {
    context.touch(self)
    try preserve(from: 0, oldLength: tree.length)
    try storage.deleteArea(id)
    isDead = true
    context.states[id] = nil
    context.afterRollback { [self] in
      isDead = false
      context.states[id] = self
    }
  }

  /// Length of the common start of two states, at least as far as whole roots tell.
  func commonLength(with other: LogState, limit: UInt64) throws -> UInt64 {
    var common: UInt64 = 0
    for index in FlatTree.Roots(from: 0, to: limit) {
      guard let mine = try node(at: index), try other.node(at: index) == mine else { break }
      common = FlatTree.nextLeaf(index) / 2
    }
    return common
  }

  // MARK: Keeping what others still need

  /// Deletes what does not survive a truncation, after keeping it for whoever still shares it.
  func cut(from length: UInt64, oldLength: UInt64) throws {
    try preserve(from: length, oldLength: oldLength)
    try storage.deleteEntries(length..<oldLength, in: id)
    if let dependency = area.dependency, length < dependency.length { area.dependency?.length = length }
    area.contiguousLength = min(area.contiguousLength, length)
    area.remoteContiguousLength = min(area.remoteContiguousLength, length)
  }

  /// Keeps what a truncation to `length` deletes: in memory for snapshots, in their own areas for drafts.
  func preserve(from length: UInt64, oldLength: UInt64) throws {
    guard length < oldLength else { return }
    for box in snapshots { try box.value?.truncate(to: length) }
    for area in try storage.dependents(of: id) {
      guard let dependency = area.dependency, dependency.length > length else { continue }
      let draft = try context.state(area.id)
      try draft.adopt(length..<dependency.length, from: self)
    }
  }

  /// Copies the blocks of a range, and the nodes over them, from the area that they were shared with so far.
  func adopt(_ range: Range<UInt64>, from parent: LogState) throws {
    context.touch(self)
    try copy(range, from: parent)
    area.dependency?.length = range.lowerBound
  }

  /// Copies entries as far as they are stored, from whichever areas the source is layered over.
  func copy(_ range: Range<UInt64>, from source: LogState) throws {
    var range = range
    if let dependency = source.area.dependency, range.lowerBound < dependency.length {
      let shared = range.clamped(to: 0..<dependency.length)
      try copy(shared, from: context.state(dependency.area))
      range = shared.upperBound..<range.upperBound
    }
    if !range.isEmpty { try storage.copyEntries(range, from: source.id, to: id) }
  }

  /// Somebody else replaced the tree: snapshots lose what the old and the new one do not share.
  func truncateSnapshots(after old: MerkleTree) throws {
    guard snapshots.contains(where: { $0.value != nil }) else { return }
    var common: UInt64 = 0
    for root in old.roots {
      guard FlatTree.rightSpan(root.index) < 2 * tree.length, try node(at: root.index) == root else { break }
      common = FlatTree.nextLeaf(root.index) / 2
    }
    for box in snapshots { box.value?.lose(from: common) }
  }
}
