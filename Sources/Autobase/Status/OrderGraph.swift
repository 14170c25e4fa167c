public import CompactEncoding

/// A part of the graph: nodes in their order, with writers as lanes.
public struct OrderGraph: Sendable, Hashable {
  /// A node.
  public struct Row: Sendable, Hashable {
    /// Writer and 1-based position in its log.
    public var node: Checkout
    /// Its place in the order.
    public var index: Int
    /// Whether that place is final.
    public var isIndexed: Bool
    /// The writer's lane.
    public var lane: Int
    /// Blocks left in its atomic batch, itself included.
    public var batch: UInt64
    /// Number of bytes of its value; nil in an ack.
    public var valueLength: Int?
    /// Whether an indexer wrote it.
    public var isVote: Bool
    /// Whether it joins branches of indexers.
    public var isMerge: Bool
    /// Whether it was decided on, so that it and what it has seen became final.
    public var isDecided: Bool
    /// The number of the group with which it became final; nil in the tip.
    public var group: Int?
    /// What it refers to: its heads, and the node before it in its own log.
    public var edges: [Edge]
    /// The indexers' nodes for which it is a vote.
    public var votesFor: [Checkout]
  }

  /// A reference of a node to another one.
  public struct Edge: Sendable, Hashable {
    /// The node that is referred to.
    public var node: Checkout
    /// Its lane; nil when its writer has no node in this part.
    public var lane: Int?
    /// Its row; nil when it is not in this part.
    public var row: Int?
    /// Whether it is only the node before in the same log, and not among the heads.
    public var isImplied: Bool
  }

  /// The writers that have nodes in this part: indexers first, in their order, then the others as they come up.
  public var lanes: [Fixed32]
  /// How many of the lanes are indexers.
  public var indexerCount: Int
  /// The nodes in their order.
  public var rows: [Row]
}

extension OrderHistory {
  /// The nodes of a range of places, which is cut to what there is.
  public func graph(_ range: Range<Int>) -> OrderGraph {
    let range = range.clamped(to: 0..<entries.count)
    let written = Set(entries[range].map { $0.node.key })
    var lanes = indexers.filter { written.contains($0) }
    let indexerCount = lanes.count
    var places: [Fixed32: Int] = [:]
    for key in lanes { places[key] = places.count }
    for entry in entries[range] where places[entry.node.key] == nil {
      places[entry.node.key] = lanes.count
      lanes.append(entry.node.key)
    }
    let votes = votes(range)
    var rows: [OrderGraph.Row] = []
    rows.reserveCapacity(range.count)
    for index in range {
      let entry = entries[index]
      let isDecided = entry.group.map { group in decisions[group].nodes.contains { $0.node == entry.node } } ?? false
      let edges = references(entry).map { node in
        OrderGraph.Edge(
          node: node, lane: places[node.key],
          row: position(node).flatMap { range.contains($0) ? $0 - range.lowerBound : nil },
          isImplied: !entry.heads.contains(node))
      }
      rows.append(
        OrderGraph.Row(
          node: entry.node, index: index, isIndexed: index < indexedCount, lane: places[entry.node.key] ?? 0,
          batch: entry.batch, valueLength: entry.value?.count, isVote: entry.isVote, isMerge: entry.isMerge,
          isDecided: isDecided, group: entry.group, edges: edges, votesFor: votes[entry.node] ?? []))
    }
    return OrderGraph(lanes: lanes, indexerCount: indexerCount, rows: rows)
  }

  /// For what the nodes of a range vote; a vote for itself is left out.
  private func votes(_ range: Range<Int>) -> [Checkout: [Checkout]] {
    var votes: [Checkout: [Checkout]] = [:]
    func take(_ poll: Poll) {
      for vote in poll.votes where vote != poll.node {
        if let index = position(vote), range.contains(index), votes[vote]?.contains(poll.node) != true {
          votes[vote, default: []].append(poll.node)
        }
      }
    }
    // A node votes for what was open when it came, which can have become final long before it did.
    for decision in decisions { decision.nodes.forEach(take) }
    openPolls.forEach(take)
    return votes
  }
}
