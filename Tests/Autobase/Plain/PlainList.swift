import CompactEncoding

@testable import Autobase

/// Nodes in a deterministic topological order (spec 03 §4.1).
///
/// Without optimistic nodes the order is the lexicographically smallest one: of the nodes whose predecessors in the set
/// are all placed, the one with the smallest (writer key, length) comes next. A new node is inserted without
/// rebuilding: it goes directly behind its last dependency, then up past everything smaller. Optimistic nodes float
/// to the latest legal place, sorted among themselves.
struct PlainList {
  private(set) var nodes: [PlainNode] = []
  /// Number of optimistic nodes in the list.
  private(set) var optimisticCount = 0

  var count: Int { nodes.count }
  subscript(index: Int) -> PlainNode { nodes[index] }

  mutating func reserve(_ count: Int) { nodes.reserveCapacity(count) }

  /// Inserts a node at or above `floor`; returns the lowest index at which the list changed.
  @discardableResult
  mutating func insert(_ node: PlainNode, floor: Int = 0) -> Int {
    node.index = nodes.count
    nodes.append(node)
    if node.isOptimistic { optimisticCount += 1 }
    if optimisticCount > 0 && node.dependencies.contains(where: { $0.isOptimistic && contains($0) }) {
      return insertOptimistic(node, floor)
    }
    moveDown(node, floor)
    rise(node, floor)
    return node.index
  }

  private func contains(_ node: PlainNode) -> Bool { node.index < nodes.count && nodes[node.index] === node }

  /// Moves a node to just behind its last dependency, or to the floor.
  private mutating func moveDown(_ node: PlainNode, _ floor: Int) {
    var target = min(floor, node.index)
    for dependency in node.dependencies where contains(dependency) && dependency.index < node.index {
      target = max(target, dependency.index + 1)
    }
    move(node, to: target)
  }

  private mutating func rise(_ node: PlainNode, _ floor: Int) {
    if node.isOptimistic { riseOptimistic(node, floor) } else { riseOrdinary(node) }
  }

  /// Moves a node up past everything that sorts before it; optimistic nodes on the way are passed along with the
  /// ordinary node behind them.
  private mutating func riseOrdinary(_ node: PlainNode) {
    var target = node.index
    while target + 1 < nodes.count {
      var next = target + 1
      while next < nodes.count && nodes[next].isOptimistic { next += 1 }
      guard next < nodes.count, PlainNode.precedes(nodes[next], node) else { break }
      target += 1
    }
    move(node, to: target)
  }

  /// Moves a node up to just before the first node that links it, then down to its place among optimistic siblings.
  private mutating func riseOptimistic(_ node: PlainNode, _ floor: Int) {
    var target = node.index
    while target + 1 < nodes.count && !nodes[target + 1].follows(node) { target += 1 }
    move(node, to: target)
    while target > floor && nodes[target - 1].isOptimistic && PlainNode.precedes(node, nodes[target - 1]) {
      target -= 1
    }
    move(node, to: target)
  }

  /// Inserts a node that depends on optimistic ones: they are pulled down first, then float up again.
  private mutating func insertOptimistic(_ node: PlainNode, _ floor: Int) -> Int {
    var lowest = Int.max
    let moved = optimisticAncestors(of: node).sorted { $0.index < $1.index }.map { (node: $0, index: $0.index) }
    for item in moved { moveDown(item.node, floor) }
    moveDown(node, floor)
    rise(node, floor)
    for item in moved.reversed() { riseOptimistic(item.node, floor) }
    lowest = node.index
    for item in moved where item.node.index != item.index { lowest = min(lowest, item.node.index, item.index) }
    return lowest
  }

  private func optimisticAncestors(of node: PlainNode) -> [PlainNode] {
    var found: [PlainNode] = []
    var seen: Set<ObjectIdentifier> = []
    var stack = [node]
    while let next = stack.popLast() {
      for dependency in next.dependencies
      where dependency.isOptimistic && contains(dependency) && seen.insert(ObjectIdentifier(dependency)).inserted {
        found.append(dependency)
        stack.append(dependency)
      }
    }
    return found
  }

  /// Moves one node; those between close up in the other direction.
  private mutating func move(_ node: PlainNode, to target: Int) {
    var index = node.index
    guard index != target else { return }
    while index > target {
      nodes[index] = nodes[index - 1]
      nodes[index].index = index
      index -= 1
    }
    while index < target {
      nodes[index] = nodes[index + 1]
      nodes[index].index = index
      index += 1
    }
    nodes[target] = node
    node.index = target
  }
}
