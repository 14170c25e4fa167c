import Autobase

extension GraphVector {
  var description: String {
    let final = graph.rows.count(where: \.isIndexed)
    var text = "\(graph.rows.count) nodes of \(graph.lanes.count) writers in their order, from top to bottom"
    let folded = graph.folds.reduce(0) { $0 + $1.nodes }
    if folded > 0 { text += ", and \(GraphText.number(folded)) more that are folded" }
    text +=
      ". Lanes: " + graph.lanes.prefix(50).map { "\(names($0.key)) (\($0.role.rawValue))" }.joined(separator: ", ")
    if graph.lanes.count > 50 { text += " and others" }
    if graph.knowsFinal { text += ". \(final) of the nodes have their final place." }
    return text
  }

  /// The ground of the rows whose place is final.
  func writeFinal(_ width: Int, _ line: (String) throws -> Void) rethrows {
    guard let last = graph.rows.lastIndex(where: \.isIndexed) else { return }
    let height = y(lineOfRow[last]) + Self.rowHeight / 2 - Self.top
    try line("<rect class=\"final\" y=\"\(Self.top)\" width=\"\(width)\" height=\"\(height)\"/>")
    try line("<text class=\"note\" x=\"\(width - 6)\" y=\"\(Self.top + 14)\" text-anchor=\"end\">final</text>")
    if last + 1 < graph.rows.count {
      let top = Self.top + height + 14
      try line("<text class=\"note\" x=\"\(width - 6)\" y=\"\(top)\" text-anchor=\"end\">for now</text>")
    }
  }

  func writeLanes(_ line: (String) throws -> Void) rethrows {
    for (place, lane) in graph.lanes.enumerated() {
      let left = x(place)
      let title = "\(lane.role.rawValue) \(names.full(lane.key))"
      try line(
        "<g class=\"\(colour(place))\"><title>\(Self.text(title))</title>"
          + "<text class=\"lane\" transform=\"translate(\(left + 4) \(Self.top - 4)) rotate(-35)\">"
          + "\(Self.text(names(lane.key)))</text>"
          + "<path class=\"run\" d=\"M\(left) \(y(extents[place].first))V\(y(max(extents[place].last, 0)))\"/></g>")
    }
  }

  func writeEdges(_ row: OrderGraph.Row, _ number: Int, _ line: (String) throws -> Void) rethrows {
    let from = place(number)
    for edge in row.edges {
      guard let lane = edge.lane, lane != row.lane else { continue }
      // What is not shown lies above, or in a fold: the line ends on its lane.
      guard let target = edge.row else {
        let end = (x: x(lane), y: max(from.y - Self.rowHeight * 2 / 3, Self.top))
        try line("<path class=\"\(colour(lane)) far\" d=\"M\(from.x) \(from.y)L\(end.x) \(end.y)\"/>")
        continue
      }
      let to = place(target)
      try line("<path class=\"\(colour(lane))\" d=\"\(Self.curve(from, to))\"/>")
    }
  }

  /// From a node to one above it: up along the lane of the upper one, and over only just before the lower one.
  static func curve(_ from: (x: Int, y: Int), _ to: (x: Int, y: Int)) -> String {
    let side = from.x > to.x ? 1 : -1
    let turn = max(to.y, from.y - rowHeight)
    let shift = turn > to.y ? to.x + side * 4 : to.x
    var path = "M\(to.x) \(to.y)"
    if turn > to.y { path += "L\(shift) \(min(to.y + 8, turn))V\(turn)" }
    return path + "C\(shift) \(from.y) \(shift) \(from.y) \(from.x) \(from.y)"
  }

  func writeVotes(_ line: (String) throws -> Void) rethrows {
    var rowOfNode: [String: Int] = [:]
    for (i, row) in graph.rows.enumerated() where row.isVote { rowOfNode[names(row.node)] = i }
    for (i, row) in graph.rows.enumerated() {
      for vote in row.votesFor {
        guard let target = rowOfNode[names(vote)] else { continue }
        let (from, to) = (place(i), place(target))
        let bend = min(40, 8 + abs(from.y - to.y) / 12)
        let middle = max(min(from.x, to.x) - bend, indexWidth + 2)
        try line("<path d=\"M\(from.x) \(from.y)C\(middle) \(from.y) \(middle) \(to.y) \(to.x) \(to.y)\"/>")
      }
    }
  }
}
