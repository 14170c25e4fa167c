import Autobase

/// A graph as SVG: a row a node, newest last, a lane a writer.
///
/// The picture needs no other program: shapes, one style sheet that also knows dark screens, a title for each node that
/// tells all about it, and a title and a description of the whole for those who do not see it. What is final stands on a
/// shaded ground; references are lines, votes dashed ones; a node that was decided on is a diamond.
public struct GraphVector {
  let graph: OrderGraph
  let names: NodeNames
  let title: String
  let showsValues: Bool
  let lines: [OrderGraph.Line]
  /// Whether there is to be room for votes beside the lanes.
  let hasVotes: Bool
  /// The line of each row.
  let lineOfRow: [Int]
  /// The first and the last line of each lane.
  let extents: [(first: Int, last: Int)]

  static let rowHeight = 20
  static let laneWidth = 22
  static let top = 34
  /// Eight colours that people with any colour vision tell apart, after Okabe and Ito.
  static let colourCount = 8

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
  func y(_ line: Int) -> Int { Self.top + line * Self.rowHeight + Self.rowHeight / 2 }
  /// The middle of a lane.
  func x(_ lane: Int) -> Int { indexWidth + (hasVotes ? 40 : 14) + lane * Self.laneWidth }

  var indexWidth: Int { 8 * String(graph.rows.last?.index ?? 0).count + 10 }
  var textLeft: Int { x(max(graph.lanes.count, 1)) }
  var textWidth: Int { showsValues ? 640 : 380 }

  func place(_ row: Int) -> (x: Int, y: Int) { (x(graph.rows[row].lane), y(lineOfRow[row])) }
}
