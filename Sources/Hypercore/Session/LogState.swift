import CompactEncoding
import HypercoreCrypto

/// One state of a core in memory, shared by all sessions on it: the stored record of its area, and its tree.
///
/// Changes go to the storage at once, except for the head: it is written, and signed, when the transaction commits,
/// so that many appends in one transaction cost one signature.
final class LogState: NodeReader {
  unowned let context: StoreContext
  let id: AreaID
  private(set) var area: Area
  private(set) var tree: MerkleTree
  private var generation: UInt64
  /// The area is gone: its transaction was undone, or the draft was removed.
  var isDead = false
  /// Changed in the open transaction.
  var isTouched = false
  /// What signs the head at the commit.
  private var pendingSigner: (verifier: Verifier, keyPair: KeyPair)?
  private var isHeadStale = false
  private var pendingTruncation: (length: UInt64, fork: UInt64)?
  private var hasPendingAppend = false
  var snapshots: [WeakBox<LogSnapshot>] = []
  var listeners: [WeakBox<Hypercore>] = []

  init(_ area: Area, context: StoreContext) throws {
    self.context = context
    self.area = area
    id = area.id
    generation = context.generation
    tree = MerkleTree(fork: area.head.fork)
    tree = try loadTree()
  }

  var storage: any Storage { context.storage }
  var length: UInt64 { tree.length }
  var fork: UInt64 { tree.fork }

  // MARK: Loading

  /// Whether somebody else may have changed it since it was read.
  var isStale: Bool { generation != context.generation }

  /// Reads the head again when somebody else may have changed it.
  func refresh() throws {
    guard isStale else { return }
    guard !isDead, let stored = try storage.area(id) else {
      isDead = true
      throw SessionError.closed("read")
    }
    let old = area
    area = stored
    let hasSameTree = stored.head.length == tree.length && stored.head.rootHash == tree.hash
    if hasSameTree {
      tree.fork = stored.head.fork
    } else {
      let before = tree
      do { tree = try loadTree() } catch {
        area = old
        throw error
      }
      if before.length > 0 && stored.head.fork != old.head.fork { try truncateSnapshots(after: before) }
    }
    generation = context.generation
  }

  private func loadTree() throws -> MerkleTree {
    let head = area.head
    let loaded = try MerkleTree(length: head.length, fork: head.fork, from: self)
    guard loaded.hash == head.rootHash else {
      throw SessionError.corrupt("The stored tree of length \(head.length) does not hash to the stored head")
    }
    return loaded
  }

  /// The state whose blocks this one starts with.
  private func parent(_ dependency: Dependency) throws -> LogState { try context.state(dependency.area) }

  // MARK: Reading

  func block(at index: UInt64) throws -> [UInt8]? {
    if let dependency = area.dependency, index < dependency.length {
      return try parent(dependency).block(at: index)
    }
    return try storage.block(index, in: id)
  }

  func hasBlock(_ index: UInt64) throws -> Bool {
    if let dependency = area.dependency, index < dependency.length {
      return try parent(dependency).hasBlock(index)
    }
    return try storage.hasBlock(index, in: id)
  }

  /// Whether all blocks of a range are stored.
  func hasBlocks(_ range: Range<UInt64>) throws -> Bool {
    guard let first = range.first else { return true }
    if let dependency = area.dependency, first < dependency.length {
      let shared = first..<min(range.upperBound, dependency.length)
      guard try parent(dependency).hasBlocks(shared) else { return false }
      return try hasBlocks(shared.upperBound..<range.upperBound)
    }
    if area.name == nil && range.upperBound <= area.contiguousLength { return true }
    return try storage.firstMissingBlock(from: first, in: id) >= range.upperBound
  }

  func node(at index: UInt64) throws -> TreeNode? {
    if let dependency = area.dependency, FlatTree.entry(of: index) < dependency.length {
      return try parent(dependency).node(at: index)
    }
    return try storage.node(index, in: id)
  }

  /// The tree of the first `length` blocks.
  func tree(at length: UInt64) throws -> MerkleTree {
    length == tree.length ? tree : try MerkleTree(length: length, fork: fork, from: self)
  }

  /// The signature of the head, made now if the open transaction has not made it yet.
  func signature() throws -> [UInt8]? {
    if let pending = pendingSigner {
      area.head.signature = try pending.verifier.signHead(tree, with: pending.keyPair)
      pendingSigner = nil
    }
    return area.head.signature
  }

  // MARK: Changing

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
    context.afterRollback { [self] in isDead = false }
  }

  /// Length of the common start of two states, at least as far as whole roots tell.
  private func commonLength(with other: LogState, limit: UInt64) throws -> UInt64 {
    var common: UInt64 = 0
    for index in FlatTree.Roots(from: 0, to: limit) {
      guard let mine = try node(at: index), try other.node(at: index) == mine else { break }
      common = FlatTree.nextLeaf(index) / 2
    }
    return common
  }

  func clear(_ range: Range<UInt64>) throws {
    context.touch(self)
    for box in snapshots { try box.value?.keepBlocks(range) }
    try storage.deleteBlocks(range, in: id)
    area.contiguousLength = min(area.contiguousLength, range.lowerBound)
  }

  func setRemoteContiguousLength(_ length: UInt64) {
    guard area.remoteContiguousLength != length else { return }
    context.touch(self)
    area.remoteContiguousLength = length
  }

  /// Deletes what does not survive a truncation, after keeping it for whoever still shares it.
  private func cut(from length: UInt64, oldLength: UInt64) throws {
    try preserve(from: length, oldLength: oldLength)
    try storage.deleteEntries(length..<oldLength, in: id)
    if let dependency = area.dependency, length < dependency.length { area.dependency?.length = length }
    area.contiguousLength = min(area.contiguousLength, length)
    area.remoteContiguousLength = min(area.remoteContiguousLength, length)
  }

  /// Keeps what a truncation to `length` deletes: in memory for snapshots, in their own areas for drafts.
  private func preserve(from length: UInt64, oldLength: UInt64) throws {
    guard length < oldLength else { return }
    for box in snapshots { try box.value?.truncate(to: length) }
    for area in try storage.dependents(of: id) {
      guard let dependency = area.dependency, dependency.length > length else { continue }
      let draft = try context.state(area.id)
      try draft.adopt(length..<dependency.length, from: self)
    }
  }

  /// Copies the blocks of a range, and the nodes over them, from the area that they were shared with so far.
  private func adopt(_ range: Range<UInt64>, from parent: LogState) throws {
    context.touch(self)
    try copy(range, from: parent)
    area.dependency?.length = range.lowerBound
  }

  /// Copies entries as far as they are stored.
  private func copy(_ range: Range<UInt64>, from source: LogState) throws {
    for index in range {
      var nodes: [TreeNode] = []
      for node in FlatTree.nodes(ofEntry: index) {
        if let node = try source.node(at: node) { nodes.append(node) }
      }
      let block = try source.block(at: index)
      if let block, nodes.count == FlatTree.nodes(ofEntry: index).count {
        try storage.appendEntries([block], nodes: nodes, from: index, in: id)
      } else {
        try storage.putNodes(nodes, in: id)
        if let block { try storage.putBlock(block, at: index, in: id) }
      }
    }
  }

  /// Somebody else replaced the tree: snapshots lose what the old and the new one do not share.
  private func truncateSnapshots(after old: MerkleTree) throws {
    guard snapshots.contains(where: { $0.value != nil }) else { return }
    var common: UInt64 = 0
    for root in old.roots {
      guard FlatTree.rightSpan(root.index) < 2 * tree.length, try node(at: root.index) == root else { break }
      common = FlatTree.nextLeaf(root.index) / 2
    }
    for box in snapshots { box.value?.lose(from: common) }
  }

  private func didStoreBlocks(_ range: Range<UInt64>) throws {
    guard area.name == nil, range.contains(area.contiguousLength) else { return }
    area.contiguousLength = try storage.firstMissingBlock(from: area.contiguousLength, in: id)
  }

  private func didChangeHead(_ signing: Signing) {
    isHeadStale = true
    switch signing {
    case .keep: break
    case .given(let signature):
      area.head.signature = signature
      pendingSigner = nil
    case .sign(let verifier, let keyPair): pendingSigner = (verifier, keyPair)
    }
  }

  private func didTruncate(to length: UInt64) {
    pendingTruncation = (min(length, pendingTruncation?.length ?? length), tree.fork)
    hasPendingAppend = tree.length > length
  }

  // MARK: End of a transaction

  /// Writes the record of the area. Called once a transaction, right before it commits.
  func store() throws {
    if isDead { return }
    if isHeadStale {
      _ = try signature()
      area.head.fork = tree.fork
      area.head.length = tree.length
      area.head.byteLength = tree.byteLength
      area.head.rootHash = tree.hash
      area.head.timestamp = context.clock()
      isHeadStale = false
    }
    try storage.updateArea(area)
  }

  func didCommit() {
    isTouched = false
    let truncation = pendingTruncation
    let appended = hasPendingAppend
    pendingTruncation = nil
    hasPendingAppend = false
    context.owningAtom?.note(id, truncation: truncation, appended: appended)
    guard !listeners.isEmpty else { return }
    listeners.removeAll { $0.value == nil }
    for listener in listeners.compactMap(\.value) {
      if let truncation { listener.onEvent?(.truncate(length: truncation.length, fork: truncation.fork)) }
      if appended { listener.onEvent?(.append) }
    }
  }

  /// An atom is about to truncate this state.
  func willTruncateOutside(to length: UInt64) throws {
    for box in snapshots { try box.value?.truncate(to: length) }
  }

  /// An atom has changed this state in the open transaction.
  func reload(truncation: (length: UInt64, fork: UInt64)?, appended: Bool) throws {
    guard let stored = try storage.area(id) else {
      isDead = true
      return
    }
    context.touch(self)
    area = stored
    tree = try loadTree()
    pendingSigner = nil
    isHeadStale = false
    pendingTruncation = truncation
    hasPendingAppend = appended
  }

  func didRollBack() {
    isTouched = false
    isHeadStale = false
    pendingSigner = nil
    pendingTruncation = nil
    hasPendingAppend = false
  }
}

/// A reference that does not keep its object alive.
struct WeakBox<Object: AnyObject> {
  weak var value: Object?
}
