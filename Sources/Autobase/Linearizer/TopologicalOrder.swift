/// The smallest topological order of a set of nodes of which none is optimistic: of those whose predecessors are
/// placed, the one with the smallest (writer key, length) comes next (spec 03 §4.1).
enum TopologicalOrder {
  /// Orders nodes that are given in any order in which what is depended on comes first.
  ///
  /// Only edges between the nodes given count.
  static func sort(_ nodes: [Node]) -> [Node] {
    if nodes.count < 2 { return nodes }
    for node in nodes { node.waiting = 0 }
    for (i, node) in nodes.enumerated() { node.index = i }
    func isMember(_ node: Node) -> Bool { node.index < nodes.count && nodes[node.index] === node }
    var ready = MinimumHeap<TieBreak>()
    for node in nodes {
      for dependency in node.dependencies where isMember(dependency) { node.waiting += 1 }
      if node.waiting == 0 { ready.push(TieBreak(node: node)) }
    }
    var order: [Node] = []
    order.reserveCapacity(nodes.count)
    while let next = ready.pop()?.node {
      order.append(next)
      for dependent in next.dependents where isMember(dependent) {
        dependent.waiting -= 1
        if dependent.waiting == 0 { ready.push(TieBreak(node: dependent)) }
      }
    }
    return order
  }
}
