import CompactEncoding

/// Orders the nodes of any number of writers: a growing list of *indexed* nodes, whose order is final for everybody,
/// and the *tip* behind it, whose order is provisional (spec 03 §3.4, §4).
///
/// Nodes must be added after everything they reference. The same set of nodes gives the same order whatever the order
/// in which they were added.
final class Linearizer {
  let consensus: Consensus
  private var windows: [Fixed32: WriterWindow] = [:]
  /// Heads of the indexed part that no node references yet.
  private(set) var initialHeads: [Checkout]
  /// Nodes that no node references, in the order in which they became heads.
  private(set) var heads: [Node] = []
  var tip = Tip()
  private var isUpdated = false
  private var tailCounter: UInt64 = 0
  private var visits: UInt64 = 0
  /// Nodes at the start of the list that have not changed since the last update.
  private var shared = 0
  /// Nodes that were handed out and have to be applied again.
  private var undo = 0

  /// A linearizer that starts behind an indexed prefix.
  ///
  /// - Parameters:
  ///   - indexers: the writers whose nodes are votes, in the order of the system view.
  ///   - heads: the heads of the indexed prefix.
  ///   - offset: for each writer, how many of its nodes are in the indexed prefix.
  init(indexers: [Fixed32], heads: [Checkout] = [], offset: (Fixed32) -> UInt64 = { _ in 0 }) {
    let active = indexers.enumerated().map { WriterWindow(key: $1, offset: offset($1), indexer: $0) }
    let levels = active.map { window in heads.last { $0.key == window.key }?.length ?? window.offset }
    consensus = Consensus(indexers: active, levels: levels)
    initialHeads = heads
    for window in active { windows[window.key] = window }
    for head in heads { open(head.key, offset: offset(head.key)) }
  }

  deinit { for window in windows.values { window.unlink() } }

  /// The window of a writer, if it is open.
  func window(_ key: Fixed32) -> WriterWindow? { windows[key] }

  /// The window of a writer; opened behind its first `offset` nodes when it is not open yet.
  @discardableResult
  func open(_ key: Fixed32, offset: UInt64) -> WriterWindow {
    if let window = windows[key] { return window }
    let window = WriterWindow(key: key, offset: offset)
    windows[key] = window
    return window
  }

  /// Closes the window of a writer that is not an indexer and has nothing in the graph.
  func close(_ key: Fixed32) {
    guard let window = windows[key], window.indexer == nil, window.length == window.offset else { return }
    windows[key] = nil
  }

  /// The heads of the graph as a new node should list them.
  var currentHeads: [Checkout] {
    var list = initialHeads
    list.reserveCapacity(initialHeads.count + heads.count)
    for head in heads { list.append(Checkout(key: head.writer.key, length: head.length)) }
    return list
  }

  /// Nodes in the tip, in their order.
  var tipNodes: ArraySlice<Node> {
    settle()
    return tip.nodes
  }

  /// The number of a new walk over the graph, for ``Node/visit``.
  func nextVisit() -> UInt64 {
    visits += 1
    return visits
  }
}

// MARK: Adding

extension Linearizer {
  /// Adds a node whose references are all in the graph or indexed.
  ///
  /// - Parameter isOptimistic: whether the message said so.
  @discardableResult
  func add(
    to window: WriterWindow, batch: UInt64, value: [UInt8]?, heads: [Checkout], isOptimistic: Bool
  ) -> Node {
    let node = Node(
      writer: window, length: window.length + 1, batch: batch, value: value, heads: heads, optimistic: isOptimistic,
      dependencies: dependencies(of: window, heads), clock: Clock(count: consensus.indexers.count))
    window.push(node)
    activate(node)
    return node
  }

  /// Adds a node that references all current heads: what the local writer appends.
  func addLocal(to window: WriterWindow, batch: UInt64, value: [UInt8]?, isOptimistic: Bool = false) -> Node {
    add(to: window, batch: batch, value: value, heads: currentHeads, isOptimistic: isOptimistic)
  }

  /// The open nodes that a node references, each once. Those that were heads are heads no longer.
  private func dependencies(of window: WriterWindow, _ references: [Checkout]) -> [Node] {
    var nodes: [Node] = []
    nodes.reserveCapacity(references.count + 1)
    let visit = nextVisit()
    var isHeadGone = false
    for reference in references {
      let other = reference.key == window.key ? window : windows[reference.key]
      guard let node = other?.node(reference.length), !node.isYielded, node.visit != visit else { continue }
      node.visit = visit
      nodes.append(node)
      if node.isHead {
        node.isHead = false
        isHeadGone = true
      }
    }
    if let previous = window.newest, !previous.isYielded, previous.visit != visit { nodes.append(previous) }
    if isHeadGone { heads.count == 1 ? heads.removeAll(keepingCapacity: true) : heads.removeAll { !$0.isHead } }
    return nodes
  }

  private func activate(_ node: Node) {
    for dependency in node.dependencies {
      dependency.dependents.append(node)
      node.clock.merge(dependency.clock)
    }
    if let indexer = node.writer.indexer { node.clock[indexer] = node.length }
    if !initialHeads.isEmpty && !node.heads.isEmpty { initialHeads.removeAll { node.heads.contains($0) } }
    if node.dependencies.isEmpty { becomeTail(node) }
    heads.append(node)
    node.isHead = true
    if let changed = tip.add(node) { track(changed) }
    consensus.note(node)
    isUpdated = true
  }

  private func becomeTail(_ node: Node) {
    tailCounter += 1
    node.tailOrder = tailCounter
  }

  private func settle() {
    if let changed = tip.settle() { track(changed) }
  }

  private func track(_ index: Int) {
    guard index < shared else { return }
    undo += shared - index
    shared = index
  }
}

// MARK: Updating

extension Linearizer {
  /// What changed since the last update. Positions refer to `indexed` followed by `tip`, and to what was handed out
  /// the last time (its tip).
  struct Update {
    /// Nodes at the start that were handed out before at the same place.
    var shared: Int
    /// Nodes handed out before that must be undone.
    var undo: Int
    /// Nodes whose place became final.
    var indexed: [Node]
    /// All other nodes.
    var tip: ArraySlice<Node>
    /// Where in `indexed` each group ends; only while consensus is traced.
    var groupEnds: [Int] = []

    /// Number of nodes in all.
    var length: Int { indexed.count + tip.count }

    /// The node at a position.
    subscript(index: Int) -> Node {
      index < indexed.count ? indexed[index] : tip[tip.startIndex + index - indexed.count]
    }
  }

  /// Decides what is final now; nil when nothing was added since the last time.
  func update() -> Update? {
    guard isUpdated else { return nil }
    isUpdated = false
    settle()
    var indexed: [Node] = []
    var groupEnds: [Int] = []
    while true {
      let group = consensus.shift()
      if group.isEmpty { break }
      emit(group, &indexed)
      if consensus.trace != nil { groupEnds.append(indexed.count) }
    }
    if !indexed.isEmpty, let changed = tip.remove(indexed) { track(changed) }
    defer {
      shared = tip.count
      undo = 0
    }
    return Update(shared: shared, undo: undo, indexed: indexed, tip: tip.nodes, groupEnds: groupEnds)
  }

  /// Appends a group and all its un-yielded ancestors to `indexed`, ordered within themselves.
  private func emit(_ group: [Node], _ indexed: inout [Node]) {
    if group.count == 1, let node = group.first, node.dependencies.isEmpty, node.batch == 1 {
      node.isYielding = true
      _ = remove(node)
      indexed.append(node)
      return
    }
    var queue = mark(group).sorted { $0.tailOrder < $1.tailOrder }
    var next = 0
    var taken: [Node] = []
    var isRegular = true
    while next < queue.count {
      let first = queue[next]
      next += 1
      if first.isYielded { continue }
      let start = taken.count
      isRegular = takeBatch(first, &taken) && isRegular
      for node in taken[start...] { queue += remove(node) }
    }
    indexed += isRegular ? TopologicalOrder.sort(taken) : TopologicalList(inserting: taken).nodes
  }

  /// Marks the group and its ancestors as being yielded; returns those among them that depend on nothing.
  private func mark(_ group: [Node]) -> [Node] {
    var tails: [Node] = []
    var stack = group
    for node in group { node.isYielding = true }
    while let node = stack.popLast() {
      if node.isReady { tails.append(node) }
      for dependency in node.dependencies where !dependency.isYielded && !dependency.isYielding {
        dependency.isYielding = true
        stack.append(dependency)
      }
    }
    return tails
  }

  /// Appends a node and the rest of its atomic batch. Returns whether their places follow from what they depend on
  /// alone: no node is optimistic, and none in a batch references anything but the one before.
  private func takeBatch(_ first: Node, _ taken: inout [Node]) -> Bool {
    taken.append(first)
    var last = first
    var isRegular = !first.isOptimistic
    while last.batch > 1 {
      guard let next = last.writer.node(last.length + 1), next.batch == last.batch - 1,
        last.dependents.allSatisfy({ $0 === next })
      else { break }
      if next.heads.count != 1 || next.heads[0] != Checkout(key: last.writer.key, length: last.length) {
        isRegular = false
      }
      next.isYielding = true
      taken.append(next)
      last = next
    }
    return isRegular
  }

  /// Takes a node out of the graph; returns nodes of the same group that became ready.
  private func remove(_ node: Node) -> [Node] {
    node.isYielded = true
    consensus.remove(node)
    if node.isHead {
      node.isHead = false
      heads.removeAll { $0 === node }
      if heads.isEmpty { initialHeads.append(Checkout(key: node.writer.key, length: node.length)) }
    }
    var ready: [Node] = []
    for dependent in node.dependents {
      if dependent.isYielding {
        dependent.dropped += 1
      } else {
        dependent.dependencies.removeAll { $0 === node }
      }
      guard dependent.isReady else { continue }
      becomeTail(dependent)
      if dependent.isYielding && !dependent.isYielded { ready.append(dependent) }
    }
    return ready
  }
}
