import Autobase

/// A graph as SVG: a row a node, newest last, a lane a writer.
///
/// The picture needs no other program: shapes, one style sheet that also knows dark screens, a title for each node that
/// tells all about it, and a title and a description of the whole for those who do not see it. What is final stands on a
/// shaded ground; references are lines, votes dashed ones; a node that was decided on is a diamond.
public struct GraphVector {
  private let graph: OrderGraph
  private let names: NodeNames
  private let title: String
  private let showsValues: Bool
  private let lines: [OrderGraph.Line]
  /// Whether there is to be room for votes beside the lanes.
  private let hasVotes: Bool
  /// The line of each row.
  private let lineOfRow: [Int]
  /// The first and the last line of each lane.
  private let extents: [(first: Int, last: Int)]

  private static let rowHeight = 20
  private static let laneWidth = 22
  private static let top = 34
  /// Eight colours that people with any colour vision tell apart, after Okabe and Ito.
  private static let colourCount = 8

  /// A drawing of a graph.
  ///
  /// - Parameter title: what the picture is called.
  public init(_ graph: OrderGraph, _ names: NodeNames, title: String, showsValues: Bool = false) {
    self.graph = graph
    self.names = names
    self.title = title
    self.showsValues = showsValues
    lines = graph.lines
    hasVotes = graph.rows.contains { !$0.votesFor.isEmpty }
    var lineOfRow = [Int](repeating: 0, count: graph.rows.count)
    var extents = [(first: Int, last: Int)](repeating: (.max, -1), count: graph.lanes.count)
    for (i, line) in lines.enumerated() {
      switch line {
      case .row(let row):
        lineOfRow[row] = i
        extents[graph.rows[row].lane] = (min(extents[graph.rows[row].lane].first, i), i)
      case .fold(let fold):
        for count in graph.folds[fold].counts { extents[count.lane] = (min(extents[count.lane].first, i), i) }
      }
    }
    self.lineOfRow = lineOfRow
    self.extents = extents
  }

  /// Gives line after line.
  public func write(_ line: (String) throws -> Void) rethrows {
    let size = (width: textLeft + textWidth, height: y(lines.count) + Self.rowHeight)
    try line(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(size.width)\" height=\"\(size.height)\" "
        + "viewBox=\"0 0 \(size.width) \(size.height)\" role=\"img\" aria-labelledby=\"title desc\">")
    try line("<title id=\"title\">\(Self.text(title))</title>")
    try line("<desc id=\"desc\">\(Self.text(description))</desc>")
    try line("<style>\(Self.style)</style>")
    try line("<rect class=\"ground\" width=\"\(size.width)\" height=\"\(size.height)\"/>")
    try writeFinal(size.width, line)
    try writeLanes(line)
    try line("<g class=\"votes\">")
    try writeVotes(line)
    try line("</g>")
    try line("<g class=\"edges\">")
    for (i, row) in graph.rows.enumerated() { try writeEdges(row, i, line) }
    try line("</g>")
    for (i, item) in lines.enumerated() {
      switch item {
      case .row(let row): try writeNode(graph.rows[row], i, line)
      case .fold(let fold): try writeFold(graph.folds[fold], i, line)
      }
    }
    let marks =
      graph.knowsFinal
      ? "● indexer · ■ writer · ◆ decided on: what it has seen became final · hollow: ack · dashed: votes"
      : "■ node · hollow: no value"
    try line("<text class=\"note\" x=\"10\" y=\"\(y(lines.count) + 8)\">\(marks)</text>")
    try line("</svg>")
  }
}

// MARK: Places

extension GraphVector {
  /// The middle of a line.
  private func y(_ line: Int) -> Int { Self.top + line * Self.rowHeight + Self.rowHeight / 2 }
  /// The middle of a lane.
  private func x(_ lane: Int) -> Int { indexWidth + (hasVotes ? 40 : 14) + lane * Self.laneWidth }

  private var indexWidth: Int { 8 * String(graph.rows.last?.index ?? 0).count + 10 }
  private var textLeft: Int { x(max(graph.lanes.count, 1)) }
  private var textWidth: Int { showsValues ? 640 : 380 }

  private func place(_ row: Int) -> (x: Int, y: Int) { (x(graph.rows[row].lane), y(lineOfRow[row])) }
}

// MARK: Parts

extension GraphVector {
  private var description: String {
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
  private func writeFinal(_ width: Int, _ line: (String) throws -> Void) rethrows {
    guard let last = graph.rows.lastIndex(where: \.isIndexed) else { return }
    let height = y(lineOfRow[last]) + Self.rowHeight / 2 - Self.top
    try line("<rect class=\"final\" y=\"\(Self.top)\" width=\"\(width)\" height=\"\(height)\"/>")
    try line("<text class=\"note\" x=\"\(width - 6)\" y=\"\(Self.top + 14)\" text-anchor=\"end\">final</text>")
    if last + 1 < graph.rows.count {
      let top = Self.top + height + 14
      try line("<text class=\"note\" x=\"\(width - 6)\" y=\"\(top)\" text-anchor=\"end\">for now</text>")
    }
  }

  private func writeLanes(_ line: (String) throws -> Void) rethrows {
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

  private func writeEdges(_ row: OrderGraph.Row, _ number: Int, _ line: (String) throws -> Void) rethrows {
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
  private static func curve(_ from: (x: Int, y: Int), _ to: (x: Int, y: Int)) -> String {
    let side = from.x > to.x ? 1 : -1
    let turn = max(to.y, from.y - rowHeight)
    let shift = turn > to.y ? to.x + side * 4 : to.x
    var path = "M\(to.x) \(to.y)"
    if turn > to.y { path += "L\(shift) \(min(to.y + 8, turn))V\(turn)" }
    return path + "C\(shift) \(from.y) \(shift) \(from.y) \(from.x) \(from.y)"
  }

  private func writeVotes(_ line: (String) throws -> Void) rethrows {
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

  private func writeNode(_ row: OrderGraph.Row, _ line: Int, _ write: (String) throws -> Void) rethrows {
    let (x, y) = (x(row.lane), y(line))
    let isFull = row.valueLength != nil
    let shape =
      if row.isDecided {
        "<path d=\"M\(x) \(y - 8)L\(x + 8) \(y)L\(x) \(y + 8)L\(x - 8) \(y)Z\"/>"
      } else if row.isVote {
        "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"5.5\"/>"
      } else {
        "<rect x=\"\(x - 5)\" y=\"\(y - 5)\" width=\"10\" height=\"10\"/>"
      }
    try write(
      "<g class=\"node \(colour(row.lane))\(isFull ? "" : " ack")\"><title>\(Self.text(tell(row)))</title>\(shape)"
        + "<text class=\"index\" x=\"\(indexWidth - 4)\" y=\"\(y + 4)\">\(row.index)</text>"
        + "<text x=\"\(textLeft)\" y=\"\(y + 4)\">\(label(row))</text></g>")
  }

  private func writeFold(_ fold: OrderGraph.Fold, _ line: Int, _ write: (String) throws -> Void) rethrows {
    let counts = fold.counts.map { "\(names(graph.lanes[$0.lane].key)) \(GraphText.number($0.nodes))" }
    let text =
      "⋮ \(GraphText.number(fold.nodes)) more of "
      + (counts.count == 1 ? names(graph.lanes[fold.counts[0].lane].key) : "\(counts.count) writers: ")
      + (counts.count == 1 ? "" : counts.prefix(2).joined(separator: ", ") + (counts.count > 2 ? ", …" : ""))
    var dots = ""
    for count in fold.counts {
      for i in -1...1 {
        dots += "<circle class=\"\(colour(count.lane))\" cx=\"\(x(count.lane))\" cy=\"\(y(line) + i * 5)\" r=\"1.5\"/>"
      }
    }
    try write(
      "<g class=\"fold\"><title>\(Self.text(counts.joined(separator: ", ")))</title>\(dots)"
        + "<text x=\"\(textLeft)\" y=\"\(y(line) + 4)\">\(Self.text(text))</text></g>")
  }

  private func label(_ row: OrderGraph.Row) -> String {
    var text = Self.text(names(row.node))
    if row.isDecided { text = "<tspan class=\"decided\">\(text)</tspan>" }
    let others = row.edges.filter { !$0.isImplied && $0.node.key != row.node.key }.map(\.node)
    var facts: [String] = []
    if !others.isEmpty { facts.append("← " + names(Array(others.prefix(4))) + (others.count > 4 ? " …" : "")) }
    if let yields = row.yields { facts.append("yields \(GraphText.number(yields))") }
    if row.isMerge { facts.append("merge") }
    let more = facts.joined(separator: ", ")
    if !more.isEmpty { text += "<tspan class=\"more\" dx=\"8\">\(Self.text(more))</tspan>" }
    if showsValues, let length = row.valueLength {
      let value = DisplayText.preview(row.value ?? [], length: length, limit: 48)
      text += "<tspan class=\"value\" dx=\"8\">\(Self.text(value))</tspan>"
    }
    return text
  }

  /// All about a node.
  private func tell(_ row: OrderGraph.Row) -> String {
    var parts = ["\(names.full(row.node.key)):\(row.node.length)"]
    let finality = graph.knowsFinal ? (row.isIndexed ? ", final" : ", for now") : ""
    parts.append("place \(row.index)\(finality)")
    parts.append(
      row.valueLength.map { "value " + DisplayText.preview(row.value ?? [], length: $0, limit: 200) } ?? "ack")
    if let length = row.valueLength, length > 0, row.value?.isEmpty != true { parts.append("\(length) bytes") }
    if row.batch > 1 { parts.append("\(row.batch - 1) more in its batch") }
    let heads = row.edges.filter { !$0.isImplied }.map(\.node)
    if !heads.isEmpty { parts.append("refers to " + names(heads)) }
    if let yields = row.yields { parts.append("\(yields) nodes became final with it") }
    if row.isMerge { parts.append("joins branches of indexers") }
    if !row.votesFor.isEmpty { parts.append("votes for " + names(row.votesFor)) }
    return parts.joined(separator: "; ")
  }

  private func colour(_ lane: Int) -> String { "c\(lane % Self.colourCount)" }
}

// MARK: Writing XML

extension GraphVector {
  /// Text between tags.
  static func text(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      // XML knows neither control characters nor these two.
      case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{fffe}", "\u{ffff}": result += "\u{fffd}"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }

  private static let style = """
    text{font:12px ui-monospace,monospace;fill:#222;white-space:pre}
    .ground{fill:#fff}.final{fill:#eef4ea}.note,.index{fill:#777;font-size:10px}.index{text-anchor:end}
    .lane{font-size:10px}.more,.fold text{fill:#777}.value{fill:#0a5}.decided{font-weight:bold}
    .run{stroke:currentColor;stroke-width:1.5;opacity:.45}
    .edges path{fill:none;stroke:currentColor;stroke-width:1.2;opacity:.75}.edges .far{stroke-dasharray:1 3}
    .votes path{fill:none;stroke:#36c;stroke-width:1;stroke-dasharray:4 3;opacity:.55}
    .node path,.node circle,.node rect,.fold circle{fill:currentColor;stroke:currentColor;stroke-width:1.5}
    .ack path,.ack circle,.ack rect{fill:#fff}
    .c0{color:#0072b2}.c1{color:#d55e00}.c2{color:#009e73}.c3{color:#cc79a7}
    .c4{color:#56b4e9}.c5{color:#b8860b}.c6{color:#6a3d9a}.c7{color:#555}
    @media (prefers-color-scheme:dark){text{fill:#ddd}.ground,.ack path,.ack circle,.ack rect{fill:#16181c}
    .final{fill:#1e2a1f}.note,.index,.more,.fold text{fill:#999}.value{fill:#5c9}.votes path{stroke:#79f}
    .c7{color:#aaa}.c0{color:#4aa3dd}}
    """
}
