import CompactEncoding

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
