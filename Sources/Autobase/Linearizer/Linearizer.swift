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
  var initialHeads: [Checkout]
  /// Nodes that no node references, in the order in which they became heads.
  var heads: [Node] = []
  var tip = Tip()
  var isUpdated = false
  private var tailCounter: UInt64 = 0
  private var visits: UInt64 = 0
  /// Nodes at the start of the list that have not changed since the last update.
  var shared = 0
  /// Nodes that were handed out and have to be applied again.
  var undo = 0

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

  func becomeTail(_ node: Node) {
    tailCounter += 1
    node.tailOrder = tailCounter
  }

  func settle() {
    if let changed = tip.settle() { track(changed) }
  }

  func track(_ index: Int) {
    guard index < shared else { return }
    undo += shared - index
    shared = index
  }
}
