/// The nodes whose place is provisional, in their order, which is that of a ``TopologicalList``.
///
/// What is added only waits; ``settle()`` merges all of it in at once, in one pass over the part of the list that
/// changes, so that many nodes that belong in the middle do not each move everything behind them. While an optimistic
/// node is among them, nodes are inserted one by one instead.
struct Tip {
  private var list: [Node] = []
  /// Nodes at the start of `list` that are gone.
  private var start = 0
  /// How many nodes were before the first one of `list`: places never change when nodes at the start go.
  private var base = 0
  /// Nodes that were added and have no place yet.
  private var pending: [Node] = []
  /// The nodes, while an optimistic one is among them.
  private var optimistic: TopologicalList?

  /// How many nodes hold a value.
  private(set) var valueCount = 0

  var count: Int { optimistic?.count ?? list.count - start + pending.count }

  /// The nodes in their order; those that wait are left out.
  var nodes: ArraySlice<Node> { optimistic.map { $0.nodes[...] } ?? list[start...] }

  /// Adds a node; returns the lowest position at which the list changed, if that is known already.
  mutating func add(_ node: Node) -> Int? {
    if node.value != nil { valueCount += 1 }
    if node.isOptimistic && optimistic == nil {
      let changed = settle()
      var inserted = TopologicalList(ordered: Array(list[start...]))
      let index = inserted.insert(node)
      optimistic = inserted
      list = []
      start = 0
      return min(index, changed ?? index)
    }
    if optimistic != nil { return optimistic?.insert(node) }
    if pending.isEmpty && isLast(node.dependencies) {
      node.index = base + list.count
      list.append(node)
      return count - 1
    }
    node.index = Self.waits
    pending.append(node)
    return nil
  }

  /// Whether the last node of the list is among these.
  private func isLast(_ nodes: [Node]) -> Bool {
    list.count == start || nodes.contains { $0.index == base + list.count - 1 }
  }

  private static let waits = Int.max
}

// MARK: Merging

extension Tip {
  /// A node that can be placed from a position on.
  private struct Arrival: Comparable {
    var position: Int
    var node: Node

    static func < (a: Self, b: Self) -> Bool { a.position < b.position }
    static func == (a: Self, b: Self) -> Bool { a.position == b.position }
  }

  /// Gives all nodes their place; returns the lowest position at which the list changed.
  ///
  /// Nothing in the list depends on a new node, so the order stays what it was but for new nodes in between: each
  /// comes, once all it depends on is placed, before the first one in the list that is larger.
  mutating func settle() -> Int? {
    guard !pending.isEmpty else { return nil }
    var arrivals = arrive()
    var ready = MinimumHeap<TieBreak>()
    var merged: [Node] = []
    var from: Int?
    var left = pending.count
    var i = start
    while left > 0 {
      while let arrival = arrivals.first, arrival.position <= i {
        ready.push(TieBreak(node: arrival.node))
        _ = arrivals.pop()
      }
      guard let next = ready.first?.node else {
        guard let arrival = arrivals.first else { preconditionFailure("a node waits for one that is not there") }
        if from != nil { merged += list[i..<arrival.position] }
        i = arrival.position
        continue
      }
      if i < list.count && Node.breaksTie(list[i], next) {
        if from != nil { merged.append(list[i]) }
        i += 1
        continue
      }
      _ = ready.pop()
      if from == nil { from = i }
      merged.append(next)
      left -= 1
      for dependent in next.dependents where dependent.index == Self.waits {
        dependent.waiting -= 1
        if dependent.waiting == 0 { arrivals.push(Arrival(position: place(of: dependent), node: dependent)) }
      }
    }
    pending.removeAll(keepingCapacity: true)
    guard let from else { return nil }
    merged += list[i...]
    list.replaceSubrange(from..., with: merged)
    for i in from..<list.count { list[i].index = base + i }
    return from - start
  }

  /// The new nodes that depend on no other new one.
  private func arrive() -> MinimumHeap<Arrival> {
    var arrivals = MinimumHeap<Arrival>()
    for node in pending {
      node.waiting = node.dependencies.count { $0.index == Self.waits }
      if node.waiting == 0 { arrivals.push(Arrival(position: place(of: node), node: node)) }
    }
    return arrivals
  }

  /// The first place behind everything in the list that a node depends on.
  private func place(of node: Node) -> Int {
    var place = start
    for dependency in node.dependencies where dependency.index != Self.waits {
      place = max(place, dependency.index - base + 1)
    }
    return place
  }
}

// MARK: Removing

extension Tip {
  /// Removes nodes that are yielded, in the order in which they are indexed; returns the first position at which what
  /// is indexed, followed by the tip, differs from the tip before.
  mutating func remove(_ indexed: [Node]) -> Int? {
    for node in indexed where node.value != nil { valueCount -= 1 }
    let old = nodes
    var same = 0
    while same < indexed.count && same < old.count && old[old.startIndex + same] === indexed[same] { same += 1 }
    if optimistic != nil { return removeOptimistic(same, of: indexed.count) }
    if same == indexed.count {
      dropFirst(same)
      return nil
    }
    list = TopologicalOrder.sort(list[(start + same)...].filter { !$0.isYielded })
    start = 0
    base = 0
    for (i, node) in list.enumerated() { node.index = i }
    return same
  }

  /// What remains keeps its order.
  private mutating func dropFirst(_ count: Int) {
    start += count
    guard start == list.count || start >= 64 && start * 2 >= list.count else { return }
    list.removeSubrange(..<start)
    base += start
    start = 0
  }

  private mutating func removeOptimistic(_ same: Int, of count: Int) -> Int? {
    var changed = same < count ? same : nil
    var kept = TopologicalList()
    for node in nodes.dropFirst(same) where !node.isYielded {
      let index = kept.insert(node)
      if index != kept.count - 1 { changed = min(changed ?? .max, same + index) }
    }
    optimistic = kept
    guard kept.optimisticCount == 0 else { return changed }
    list = kept.nodes
    optimistic = nil
    start = 0
    base = 0
    for (i, node) in list.enumerated() { node.index = i }
    return changed
  }
}
