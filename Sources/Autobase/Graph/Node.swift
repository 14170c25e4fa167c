import CompactEncoding

/// One node of the graph, in memory from the moment it and all it references are here until it is indexed and
/// processed (spec 03 §3.1).
///
/// A node is owned by its writer's window. Edges to nodes that are indexed are dropped, so the graph in memory is the
/// part above the indexed prefix.
final class Node {
  let writer: WriterWindow
  /// 1-based position in the writer's log.
  let length: UInt64
  /// Blocks left in its atomic batch, itself included.
  let batch: UInt64
  /// The application's bytes; nil in an ack.
  let value: [UInt8]?
  /// The heads as its message lists them.
  let heads: [Checkout]
  /// Whether it may come from a stranger. Only a lone value can.
  let isOptimistic: Bool

  /// Nodes it references that were not indexed when it was added: in the order of `heads`, the writer's own previous
  /// node last.
  var dependencies: [Node]
  /// Nodes that reference it.
  var dependents: [Node] = []
  /// For each active indexer, the length of its log that this node has seen. Only what lies above the indexed prefix
  /// counts.
  let clock: Clock

  /// Whether its place is final.
  var isYielded = false
  /// Whether it belongs to the group that is being yielded.
  var isYielding = false
  /// Whether nothing references it.
  var isHead = false
  /// How many of its dependencies in the group being yielded are yielded already.
  var dropped = 0
  /// When it became a tail; orders tails.
  var tailOrder: UInt64 = 0
  /// Its part in consensus, if it joins branches of indexers.
  var merge: Merge?
  /// Whether it joined branches of indexers when it came.
  var isMerge = false

  /// Its place in the list that holds it.
  var index = 0
  /// While its place is sought: how many nodes must be placed before it.
  var waiting = 0
  /// The last walk over the graph that met it.
  var visit: UInt64 = 0

  init(
    writer: WriterWindow, length: UInt64, batch: UInt64, value: [UInt8]?, heads: [Checkout], optimistic: Bool,
    dependencies: [Node], clock: Clock
  ) {
    self.writer = writer
    self.length = length
    self.batch = batch
    self.value = value
    self.heads = heads
    isOptimistic = optimistic && batch == 1 && value != nil
    self.dependencies = dependencies
    self.clock = clock
  }

  deinit { clock.deallocate() }

  /// Drops the references between nodes, which are circular.
  func unlink() {
    dependencies = []
    dependents = []
    merge = nil
  }

  /// Whether this node references `other` directly, or follows it in the same log.
  func follows(_ other: Node) -> Bool {
    if writer === other.writer && length == other.length + 1 { return true }
    return dependencies.contains { $0 === other }
  }

  /// Whether every dependency that it still has is yielded in the current group.
  var isReady: Bool { dropped == dependencies.count }
}

extension Node {
  /// The order of two nodes that are next to each other in a topological list: what follows comes later, else the
  /// lower writer key, then the lower length (spec 03 §4.1).
  static func precedes(_ a: Node, _ b: Node) -> Bool {
    if b.follows(a) { return true }
    if a.follows(b) { return false }
    return breaksTie(a, b)
  }

  /// The order of two nodes of which none depends on the other.
  static func breaksTie(_ a: Node, _ b: Node) -> Bool {
    a.writer === b.writer ? a.length < b.length : a.writer.key < b.writer.key
  }
}

/// A node among others that could come next: the least is first.
struct TieBreak: Comparable {
  let node: Node

  static func < (a: Self, b: Self) -> Bool { Node.breaksTie(a.node, b.node) }
  static func == (a: Self, b: Self) -> Bool { a.node === b.node }
}
