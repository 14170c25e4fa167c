/// Draws an ``OrderGraph`` as lines of text: a line a node, a column a writer.
///
/// A node stands in its writer's column, which a line runs through from the writer's first to its last node. On the
/// node's own line a connector goes to the column of every other writer that it refers to; where it passes a column
/// without meaning it, it is broken. So each reference is drawn once, and nothing else is.
public struct GraphLayout: Sendable {
  private let graph: OrderGraph
  private let width: Int
  private let indexWidth: Int
  /// The row of the first and the last node in each column.
  private let extents: [(first: Int, last: Int)]
  /// How many columns are drawn. When there is no room for all writers, the last column holds the rest of them.
  public let columnCount: Int
  /// Characters from one column to the next.
  private let pitch: Int

  /// Least room that is left for names.
  private static let textWidth = 24

  /// - Parameters:
  ///   - graph: what to draw.
  ///   - width: characters in a line; lines are never longer.
  public init(_ graph: OrderGraph, width: Int) {
    self.graph = graph
    self.width = max(width, 16)
    indexWidth = String(graph.rows.last?.index ?? 0).count
    let room = max(self.width - indexWidth - 4 - Self.textWidth, 1)
    let lanes = max(graph.lanes.count, 1)
    pitch = lanes * 2 - 1 <= room ? 2 : 1
    columnCount = min(lanes, max(1, (room + pitch - 1) / pitch))
    var extents = [(first: Int, last: Int)](repeating: (.max, -1), count: columnCount)
    for (i, row) in graph.rows.enumerated() {
      let column = min(row.lane, columnCount - 1)
      extents[column] = (min(extents[column].first, i), i)
    }
    self.extents = extents
  }

  /// The column of a lane.
  public func column(_ lane: Int) -> Int { min(lane, columnCount - 1) }

  /// The line of a node.
  ///
  /// - Parameters:
  ///   - row: its row.
  ///   - text: what to write behind the columns; cut to what fits.
  public func line(_ row: Int, _ text: String) -> String {
    let item = graph.rows[row]
    let index = String(item.index)
    var line = String(repeating: " ", count: indexWidth - index.count) + index + (item.isIndexed ? " = " : " ~ ")
    line += String(columns(row)) + " "
    let room = width - line.count
    if text.count <= room { return line + text }
    return line + text.prefix(max(room - 1, 0)) + (room > 0 ? "…" : "")
  }

  /// The characters of all columns in a row.
  func columns(_ row: Int) -> [Character] {
    let item = graph.rows[row]
    let own = column(item.lane)
    var cells = [Character](repeating: " ", count: (columnCount - 1) * pitch + 1)
    for k in 0..<columnCount where extents[k].first < row && row < extents[k].last { cells[k * pitch] = "│" }
    let targets = targets(row)
    if let left = targets.min(), left < own { connect(left, own, targets, row, &cells) }
    if let right = targets.max(), right > own { connect(own, right, targets, row, &cells) }
    cells[own * pitch] = Self.mark(item)
    return cells
  }

  /// The other columns that a node refers to.
  func targets(_ row: Int) -> Set<Int> {
    let own = column(graph.rows[row].lane)
    return Set(graph.rows[row].edges.compactMap { edge in edge.lane.map { column($0) } }.filter { $0 != own })
  }

  private func connect(_ from: Int, _ to: Int, _ targets: Set<Int>, _ row: Int, _ cells: inout [Character]) {
    for place in from * pitch...to * pitch {
      let isColumn = place % pitch == 0
      let column = place / pitch
      guard isColumn else {
        cells[place] = "─"
        continue
      }
      let goesOn = extents[column].first < row && row < extents[column].last
      if targets.contains(column) {
        if column == from {
          cells[place] = goesOn ? "├" : "└"
        } else if column == to {
          cells[place] = goesOn ? "┤" : "┘"
        } else {
          cells[place] = goesOn ? "┼" : "┴"
        }
      } else if !goesOn {
        cells[place] = "─"
      }
    }
  }

  /// A round mark is an indexer's node, a square one another writer's; it is filled when the node holds a value. A
  /// node that was decided on is a diamond.
  private static func mark(_ row: OrderGraph.Row) -> Character {
    let isFull = row.valueLength != nil
    if row.isDecided { return isFull ? "◆" : "◇" }
    return row.isVote ? (isFull ? "●" : "○") : (isFull ? "■" : "□")
  }
}
