public import Autobase
import CompactEncoding

extension OrderHistory: GraphSource {
  public var count: Int { entries.count }
  public var finalCount: Int? { indexedCount }

  public func node(_ index: Int) -> Checkout { entries.node(index) }

  public func references(_ index: Int) -> [Checkout] {
    let heads = entries.heads(index)
    let node = entries.node(index)
    let own = Checkout(key: node.key, length: node.length - 1)
    return own.length == 0 || heads.contains(own) ? heads : heads + [own]
  }

  public func yields(_ index: Int) -> Int? {
    guard let group = entries.group(index) else { return nil }
    let node = entries.node(index)
    guard decisions[group].nodes.contains(where: { $0.node == node }) else { return nil }
    return entries.places(ofGroup: group).count
  }

  public func row(_ index: Int) -> OrderGraph.Row {
    let entry = entries[index]
    let edges = references(index).map { node in
      OrderGraph.Edge(node: node, isImplied: !entry.heads.contains(node))
    }
    return OrderGraph.Row(
      node: entry.node, index: index, isIndexed: index < indexedCount, lane: 0, batch: entry.batch, value: entry.value,
      valueLength: entry.valueLength, isVote: entry.isVote, isMerge: entry.isMerge, yields: yields(index),
      group: entry.group, edges: edges, votesFor: [])
  }

  /// The votes of all polls; a node's vote for itself is left out. A node votes for what was open when it came, which can
  /// have become final long before it did.
  public func forEachVote(_ body: (_ index: Int, _ node: Checkout) -> Void) {
    func take(_ node: Checkout, _ vote: Checkout) {
      if vote != node, let index = position(vote) { body(index, node) }
    }
    decisions.forEachVote(take)
    for poll in openPolls { poll.votes.forEach { take(poll.node, $0) } }
  }
}
