public import Autobase
public import CompactEncoding

/// An order of nodes that can be drawn. Places count from 0.
public protocol GraphSource {
  /// How many nodes there are.
  var count: Int { get }
  /// How many of them, from the first on, have a final place; nil where no place is ever final.
  var finalCount: Int? { get }
  /// The writers whose nodes are votes, in their order.
  var indexers: [Fixed32] { get }
  /// The node in a place.
  func node(_ index: Int) -> Checkout
  /// What the node in a place refers to: its heads, and the node before it in its own log.
  func references(_ index: Int) -> [Checkout]
  /// The place of a node; nil when it is not in the order.
  func position(_ node: Checkout) -> Int?
  /// The number of nodes that became final by the decision on the node in a place; nil when none was made.
  func yields(_ index: Int) -> Int?
  /// The node in a place, without lane; its references are those that ``references(_:)`` gives.
  func row(_ index: Int) -> OrderGraph.Row
  /// Calls `body` for votes: the place of a node, and the node for which it is a vote. A vote may be told twice.
  func forEachVote(_ body: (_ index: Int, _ node: Checkout) -> Void)
}

extension OrderGraph {
  /// The part of an order that is selected.
  public init(_ source: some GraphSource, _ selection: GraphSelection) {
    self.init(lanes: [], rows: [], folds: [], knowsFinal: source.finalCount != nil)
    let places = enterLanes(source, selection.range)
    rows.reserveCapacity(selection.places.count)
    for index in selection.places {
      var row = source.row(index)
      row.lane = places[row.node.key] ?? 0
      for i in row.edges.indices {
        let node = row.edges[i].node
        row.edges[i].lane = places[node.key]
        row.edges[i].row = source.position(node).flatMap { selection.row(of: $0) }
      }
      rows.append(row)
    }
    source.forEachVote { index, node in
      guard let row = selection.row(of: index), !rows[row].votesFor.contains(node) else { return }
      rows[row].votesFor.append(node)
    }
    fold(source, selection, places)
  }

  /// Gives the writers of a range their lanes.
  private mutating func enterLanes(_ source: some GraphSource, _ range: Range<Int>) -> [Fixed32: Int] {
    var isWritten: Set<Fixed32> = []
    var writers: [Fixed32] = []
    for index in range {
      let key = source.node(index).key
      if isWritten.insert(key).inserted { writers.append(key) }
    }
    let indexers = source.indexers
    lanes = indexers.filter { isWritten.contains($0) }.map { Lane(key: $0, role: .indexer) }
    let role = source.finalCount == nil ? Role.input : .writer
    let others = Set(indexers)
    lanes += writers.filter { !others.contains($0) }.map { Lane(key: $0, role: role) }
    var places: [Fixed32: Int] = [:]
    for (place, lane) in lanes.enumerated() { places[lane.key] = place }
    return places
  }

  private mutating func fold(_ source: some GraphSource, _ selection: GraphSelection, _ places: [Fixed32: Int]) {
    var next = selection.range.lowerBound
    for (row, index) in (selection.places + [selection.range.upperBound]).enumerated() {
      if index > next {
        var counts: [Int: Int] = [:]
        for place in next..<index { counts[places[source.node(place).key] ?? 0, default: 0] += 1 }
        let list = counts.map { Count(lane: $0.key, nodes: $0.value) }
        folds.append(Fold(row: row, counts: list.sorted { ($1.nodes, $0.lane) < ($0.nodes, $1.lane) }))
      }
      next = index + 1
    }
  }
}
