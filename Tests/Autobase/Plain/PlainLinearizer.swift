import CompactEncoding

@testable import Autobase

/// Orders the nodes of any number of writers: a growing list of *indexed* nodes, whose order is final for everybody,
/// and the *tip* behind it, whose order is provisional (spec 03 §3.4, §4).
///
/// Nodes must be added after everything they reference. The same set of nodes gives the same order whatever the order
/// in which they were added.
final class PlainLinearizer {
  private(set) var consensus: PlainConsensus
  private var windows: [Fixed32: PlainWindow] = [:]
  /// Heads of the indexed part that no node references yet.
  private(set) var initialHeads: [Checkout]
  /// Nodes that no node references, in the order in which they became heads.
  private(set) var heads: [PlainNode] = []
  private var tip = PlainList()
  private var isUpdated = false
  private var tailCounter: UInt64 = 0
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
    var active: [PlainWindow] = []
    for (i, key) in indexers.enumerated() { active.append(PlainWindow(key: key, offset: offset(key), indexer: i)) }
    consensus = PlainConsensus(indexers: active)
    for window in active { windows[window.key] = window }
    initialHeads = heads
    for head in heads { open(head.key, offset: offset(head.key)).removed = head.length }
  }

  deinit { for window in windows.values { window.unlink() } }

  /// The window of a writer, if it is open.
  func window(_ key: Fixed32) -> PlainWindow? { windows[key] }

  /// The window of a writer; opened behind its first `offset` nodes when it is not open yet.
  @discardableResult
  func open(_ key: Fixed32, offset: UInt64) -> PlainWindow {
    if let window = windows[key] { return window }
    let window = PlainWindow(key: key, offset: offset)
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

  /// Nodes in the tip.
  var tipNodes: [PlainNode] { tip.nodes }
}

// MARK: Adding

extension PlainLinearizer {
  /// Adds a node whose references are all in the graph or indexed.
  ///
  /// - Parameter isOptimistic: whether the message said so.
  @discardableResult
  func add(
    to window: PlainWindow, batch: UInt64, value: [UInt8]?, heads: [Checkout], isOptimistic: Bool
  ) -> PlainNode {
    let node = PlainNode(
      writer: window, length: window.length + 1, batch: batch, value: value, heads: heads, optimistic: isOptimistic,
      dependencies: dependencies(of: window, heads))
    window.push(node)
    activate(node)
    return node
  }

  /// Adds a node that references all current heads: what the local writer appends.
  func addLocal(to window: PlainWindow, batch: UInt64, value: [UInt8]?, isOptimistic: Bool = false) -> PlainNode {
    add(to: window, batch: batch, value: value, heads: currentHeads, isOptimistic: isOptimistic)
  }

  private func dependencies(of window: PlainWindow, _ heads: [Checkout]) -> [PlainNode] {
    var nodes: [PlainNode] = []
    for head in heads {
      guard let node = windows[head.key]?.node(head.length), !node.isYielded else { continue }
      if !nodes.contains(where: { $0 === node }) { nodes.append(node) }
    }
    if let previous = window.node(window.length), !previous.isYielded, !nodes.contains(where: { $0 === previous }) {
      nodes.append(previous)
    }
    return nodes
  }

  private func activate(_ node: PlainNode) {
    let count = consensus.indexers.count
    node.clock = [UInt64](repeating: 0, count: count)
    for dependency in node.dependencies {
      dependency.dependents.append(node)
      for i in 0..<count where dependency.clock[i] > node.clock[i] { node.clock[i] = dependency.clock[i] }
    }
    if let indexer = node.writer.indexer { node.clock[indexer] = node.length }
    if !initialHeads.isEmpty && !node.heads.isEmpty { initialHeads.removeAll { node.heads.contains($0) } }
    if node.dependencies.isEmpty { becomeTail(node) }
    if !heads.isEmpty { heads.removeAll { head in references(node, head) } }
    heads.append(node)
    node.isHead = true
    track(tip.insert(node))
    if node.writer.indexer != nil { consensus.note(node) }
    isUpdated = true
  }

  private func references(_ node: PlainNode, _ head: PlainNode) -> Bool {
    guard node.heads.contains(where: { $0.length == head.length && $0.key == head.writer.key }) else { return false }
    head.isHead = false
    return true
  }

  private func becomeTail(_ node: PlainNode) {
    tailCounter += 1
    node.tailOrder = tailCounter
  }

  private func track(_ index: Int) {
    guard index < shared else { return }
    undo += shared - index
    shared = index
  }
}

// MARK: Updating

extension PlainLinearizer {
  /// What changed since the last update. Positions refer to `indexed` followed by `tip`, and to what was handed out
  /// the last time (its tip).
  struct Update {
    /// Nodes at the start that were handed out before at the same place.
    var shared: Int
    /// Nodes handed out before that must be undone.
    var undo: Int
    /// Nodes whose place became final.
    var indexed: [PlainNode]
    /// All other nodes.
    var tip: [PlainNode]

    /// Number of nodes in all.
    var length: Int { indexed.count + tip.count }

    /// The node at a position.
    subscript(index: Int) -> PlainNode { index < indexed.count ? indexed[index] : tip[index - indexed.count] }
  }

  /// Decides what is final now; nil when nothing was added since the last time.
  func update() -> Update? {
    guard isUpdated else { return nil }
    isUpdated = false
    var indexed = PlainList()
    while true {
      let group = consensus.shift()
      if group.isEmpty { break }
      emit(group, &indexed)
    }
    return flush(indexed.nodes)
  }

  /// Appends a group and all its un-yielded ancestors to `indexed`, ordered within themselves.
  private func emit(_ group: [PlainNode], _ indexed: inout PlainList) {
    let floor = indexed.count
    var queue = mark(group).sorted { $0.tailOrder < $1.tailOrder }
    var next = 0
    while next < queue.count {
      let first = queue[next]
      next += 1
      if first.isYielded { continue }
      let batch = atomicBatch(first)
      for node in batch { queue += remove(node) }
      for node in batch { indexed.insert(node, floor: floor) }
    }
  }

  /// Marks the group and its ancestors as being yielded; returns those among them that depend on nothing.
  private func mark(_ group: [PlainNode]) -> [PlainNode] {
    var tails: [PlainNode] = []
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

  /// A node and the rest of its atomic batch.
  private func atomicBatch(_ first: PlainNode) -> [PlainNode] {
    var batch = [first]
    while let last = batch.last, last.batch > 1 {
      guard let next = last.writer.node(last.length + 1), next.batch == last.batch - 1,
        last.dependents.allSatisfy({ $0 === next })
      else { break }
      next.isYielding = true
      batch.append(next)
    }
    return batch
  }

  /// Takes a node out of the graph; returns nodes of the same group that became ready.
  private func remove(_ node: PlainNode) -> [PlainNode] {
    node.isYielded = true
    consensus.remove(node)
    if node.isHead {
      node.isHead = false
      heads.removeAll { $0 === node }
      if heads.isEmpty { initialHeads.append(Checkout(key: node.writer.key, length: node.length)) }
    }
    var ready: [PlainNode] = []
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

  private func flush(_ indexed: [PlainNode]) -> Update {
    if !indexed.isEmpty { removeFromTip(indexed) }
    defer {
      shared = tip.count
      undo = 0
    }
    return Update(shared: shared, undo: undo, indexed: indexed, tip: tip.nodes)
  }

  private func removeFromTip(_ indexed: [PlainNode]) {
    var same = 0
    while same < indexed.count && same < tip.count && tip[same] === indexed[same] { same += 1 }
    if same < indexed.count { track(same) }
    var list = PlainList()
    list.reserve(tip.count - same)
    for node in tip.nodes[same...] where !node.isYielded {
      let index = list.insert(node)
      if index != list.count - 1 { track(same + index) }
    }
    tip = list
  }
}
