import Hypercore

/// Puts and deletes that are appended together.
///
/// Each operation becomes one block. Its index lists the nodes that were changed at that time, numbered in pre-order
/// from the root, children that are not loaded or not changed left out:
///
/// ```
/// walk(node): offset = index.count; append a place; node is no longer changed
///             for each changed child: child.sequence = this block; child.offset = walk(child)
/// ```
///
/// The bytes are made at ``flush()``, from the nodes **as they are then**, since later operations of the batch
/// change and rewrite the same nodes. For every block but the last: its root is superseded and leaves the index; then
/// from the front, every entry whose reference still names this block gets its present position as offset, and every
/// other one is replaced by the entry taken from the end of the list, which is looked at in turn. A node whose parent
/// went away while it became the root keeps its place in the index of an earlier block, with its final content: no
/// reader reaches it, but it is part of the bytes.
///
/// Two more habits of the reference decide bytes. The header is an append of its own, made by the first put or delete
/// in an empty log even if that does nothing. And a put that is refused has already marked the inner nodes of its path
/// as changed, so that a later operation of the batch rewrites them when it reaches them.
///
/// An operation that throws closes the batch: start over with a new one, for instance after fetching a missing block.
///
/// Source: spec 04 §3.3, §3.4.
public final class Batch {
  /// An operation whose block is made at the end.
  struct Pending {
    let key: [UInt8]
    let value: [UInt8]?
    /// The nodes to write. The place of the root is empty: only the last operation of a batch writes it.
    var index: [Child?]
    let root: DraftNode
  }

  /// A node on the way down, and the child that was taken.
  struct Step {
    let node: DraftNode
    var index: Int
  }

  let bee: Hyperbee
  let log: any AppendableLog
  var isOpen = true
  var hasStarted = false
  /// Length of the log when the first operation ran.
  var base: UInt64 = 0
  var tree: Tree
  var pending: [Pending] = []
  /// The root before the first effective operation.
  var loadedRoot: DraftNode?
  /// Number of nodes in memory.
  var nodeCount = 0
  /// Whether a refused put left marks behind.
  var hasMarks = false
  /// The nodes from the root down to where the running operation is; kept to reuse its storage.
  var path: [Step] = []

  init(_ bee: Hyperbee) throws(BeeError) {
    guard bee.isWritable, let log = bee.log as? any AppendableLog else { throw .readOnly }
    self.bee = bee
    self.log = log
    tree = bee.tree
  }

  /// Number of operations that will become blocks.
  public var count: Int { pending.count }

  /// Whether nothing would be appended.
  public var isEmpty: Bool { pending.isEmpty }

  /// Runs `body` as one transaction of the log's storage, if it has any; the operations and ``flush()`` inside read and
  /// write together.
  public func writing<R>(_ body: () throws -> R) throws -> R { try log.writing(body) }

  /// Drops all operations. A header written by the first one stays.
  public func close() {
    isOpen = false
    pending = []
    loadedRoot = nil
  }

  /// The entry of `key` as this batch sees it.
  public func get(_ key: [UInt8]) throws -> Hyperbee.Entry? {
    guard isOpen else { throw BeeError.batchClosed }
    guard hasStarted else { return try bee.get(key) }
    guard let found = try find(bee.prefix + key) else { return nil }
    return Hyperbee.Entry(sequence: found, key: key, value: try value(at: found))
  }

  // MARK: The tree under change

  /// The sequence that the next operation gets.
  var sequence: UInt64 { base + UInt64(pending.count) }

  /// Opens the batch for writing: checks that nobody wrote meanwhile, and writes the header of an empty log.
  func start() throws {
    guard isOpen else { throw BeeError.batchClosed }
    guard !hasStarted else { return }
    if log.length == 0 {
      try log.writing {
        if log.length == 0 { try log.append([Header(metadata: bee.options.metadata).encoded()]) }
      }
    }
    (tree, base) = try log.reading { (bee.tree, log.length) }
    (loadedRoot, nodeCount) = bee.live.take(for: tree)
    hasStarted = true
  }

  @inline(__always)
  func root() throws -> DraftNode? {
    if let last = pending.last { return last.root }
    if let loadedRoot { return loadedRoot }
    loadedRoot = try tree.root().map(DraftNode.init)
    return loadedRoot
  }

  @inline(__always)
  func child(_ index: Int, of node: DraftNode) throws -> DraftNode {
    let child = node.children[index]
    if let loaded = child.node { return loaded }
    let loaded = DraftNode(try tree.node(at: child.address))
    child.node = loaded
    nodeCount += 1
    return loaded
  }

  @inline(__always)
  func search(_ probe: Probe, in node: DraftNode) throws -> (isHit: Bool, index: Int) {
    try probe.search(&node.keys) { try bytes(ofKeyAt: $0.sequence) }
  }

  func bytes(ofKeyAt sequence: UInt64) throws -> [UInt8] {
    if sequence >= base, sequence - base < UInt64(pending.count) { return pending[Int(sequence - base)].key }
    return try tree.block(at: sequence).key
  }

  func value(at sequence: UInt64) throws -> [UInt8]? {
    sequence >= base && sequence - base < UInt64(pending.count)
      ? pending[Int(sequence - base)].value : try tree.block(at: sequence).value
  }

  func find(_ key: [UInt8]) throws -> UInt64? {
    guard var node = try root() else { return nil }
    let probe = Probe(key)
    for _ in 0...Tree.maximumHeight {
      let (isHit, index) = try search(probe, in: node)
      if isHit { return node.keys[index].sequence }
      if node.isLeaf { return nil }
      node = try child(index, of: node)
    }
    throw tree.tooHigh
  }

  /// Whether the condition of an operation, or the rule against duplicates, refuses to replace a stored entry.
  func isRefused(
    _ stored: UInt64, key: [UInt8], value: [UInt8]?, isPut: Bool, _ condition: Hyperbee.Condition?
  ) throws
    -> Bool
  {
    let mayRepeat = !isPut || bee.options.alwaysDuplicate
    if condition == nil, mayRepeat { return false }
    let plainKey = Array(key.dropFirst(bee.prefix.count))
    let previous = Hyperbee.Entry(sequence: stored, key: plainKey, value: try self.value(at: stored))
    if let condition {
      let next = Hyperbee.Entry(sequence: sequence, key: plainKey, value: value)
      if try !condition(previous, next) { return true }
    }
    return !mayRepeat && previous.value == value
  }
}
