public import Autobase
public import AutobaseClassic
public import CompactEncoding

extension CausalHistory: GraphSource {
  /// No place is ever final: a branch that grows moves.
  public var finalCount: Int? { nil }
  public var indexers: [Fixed32] { [] }
  public func yields(_ index: Int) -> Int? { nil }
  public func forEachVote(_ body: (_ index: Int, _ node: Checkout) -> Void) {}

  public func row(_ index: Int) -> OrderGraph.Row {
    let entry = entry(index)
    let references = references(index)
    let edges = references.map { OrderGraph.Edge(node: $0, isImplied: $0.key == entry.node.key) }
    return OrderGraph.Row(
      node: entry.node, index: index, isIndexed: false, lane: 0, batch: max(entry.batch.rest, entry.batch.rest &+ 1),
      value: entry.value,
      valueLength: entry.valueLength, isVote: false, isMerge: references.count > 1, yields: nil, group: nil,
      edges: edges, votesFor: [])
  }
}
