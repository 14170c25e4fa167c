import Autobase

/// A graph for people: the writers, then a line a node with a column a writer.
///
/// ```
///  4 = ●─┤     efyw:4 ← ejy1:3  merge
/// ```
///
/// The line of a node is its place; `=` when that is final, `~` when not; the lanes, see ``Glyph``; the node's name; the
/// nodes that it refers to; what became final with it; and for what it votes. Folded nodes take one line together.
public struct GraphText {
  private let graph: OrderGraph
  private let names: NodeNames
  private let style: GraphStyle
  private let lines: [OrderGraph.Line]
  private let layout: LaneLayout
  private let indexWidth: Int

  /// Least room that is left for names.
  private static let textWidth = 24

  /// A drawing of a graph.
  public init(_ graph: OrderGraph, _ names: NodeNames, _ style: GraphStyle) {
    self.graph = graph
    self.names = names
    self.style = style
    lines = graph.lines
    indexWidth = String(graph.rows.last?.index ?? 0).count
    let room = style.width - indexWidth - 4 - min(Self.textWidth, style.width / 2)
    layout = LaneLayout(graph, lines, room: room)
  }

  /// Gives line after line.
  public func write(_ line: (String) throws -> Void) rethrows {
    try writeLanes(line)
    for (i, item) in lines.enumerated() {
      switch item {
      case .row(let row): try line(text(graph.rows[row], i))
      case .fold(let fold): try line(text(graph.folds[fold], i))
      }
    }
  }

  private func writeLanes(_ line: (String) throws -> Void) rethrows {
    for (place, lane) in graph.lanes.enumerated() {
      // Writers that share the last column are counted, not listed: there can be thousands.
      if place + 1 == layout.columnCount, graph.lanes.count > layout.columnCount {
        var text = TextLine(style)
        text.add("column \(place + 1)  ", colour: Self.colour(place))
        text.add("\(Self.number(graph.lanes.count - place)) more writers")
        return try line(text.text())
      }
      var text = TextLine(style)
      text.add("column \(place + 1)  \(names(lane.key))", colour: Self.colour(place))
      text.add("  \(lane.role.rawValue)  \(names.full(lane.key))")
      try line(text.text())
    }
  }

  private func text(_ row: OrderGraph.Row, _ place: Int) -> String {
    let index = String(row.index)
    let mark = graph.knowsFinal ? (row.isIndexed ? " = " : " ~ ") : "   "
    var line = TextLine(style)
    line.add(String(repeating: " ", count: indexWidth - index.count) + index + mark)
    add(layout.cells(row, line: place), to: &line)
    line.add(" " + names(row.node), colour: row.isDecided ? "1" : nil)
    let others = row.edges.filter { !$0.isImplied && $0.node.key != row.node.key }
    if !others.isEmpty { line.add(style.isASCII ? " <-" : " ←") }
    for edge in others where !line.isFull { line.add(" " + names(edge.node)) }
    if row.batch > 1 { line.add("  +\(Self.number(Int(clamping: row.batch - 1)))") }
    if let yields = row.yields { line.add("  yields \(Self.number(yields))") }
    if row.isMerge { line.add("  merge") }
    if !row.votesFor.isEmpty { line.add("  votes") }
    for vote in row.votesFor where !line.isFull { line.add(" " + names(vote)) }
    if style.showsValues, !line.isFull {
      let value = row.valueLength.map {
        DisplayText.preview(row.value ?? [], length: $0, limit: style.width, isASCII: style.isASCII)
      }
      line.add("  " + (value ?? "ack"))
    }
    return line.text()
  }

  private func text(_ fold: OrderGraph.Fold, _ place: Int) -> String {
    var line = TextLine(style)
    line.add(String(repeating: " ", count: indexWidth + 3))
    add(layout.cells(fold, line: place), to: &line)
    line.add(" \(Glyph.dots.character(style.isASCII)) \(Self.number(fold.nodes)) more of ")
    if fold.counts.count == 1 {
      line.add(names(graph.lanes[fold.counts[0].lane].key))
    } else {
      line.add("\(fold.counts.count) writers:")
      for count in fold.counts where !line.isFull {
        line.add(" \(names(graph.lanes[count.lane].key)) \(Self.number(count.nodes))")
      }
    }
    return line.text()
  }

  private func add(_ cells: [LaneLayout.Cell], to line: inout TextLine) {
    for cell in cells {
      line.add(String(cell.glyph.character(style.isASCII)), colour: cell.column.map(Self.colour))
    }
  }

  /// Six colours that both dark and light terminals show.
  private static func colour(_ column: Int) -> String { ["36", "33", "35", "32", "34", "31"][column % 6] }

  /// A number with its digits in threes.
  static func number(_ number: Int) -> String {
    var text = ""
    for (i, digit) in String(number).reversed().enumerated() {
      if i > 0, i % 3 == 0, digit != "-" { text += "," }
      text.append(digit)
    }
    return String(text.reversed())
  }
}
