/// Where lanes stand in a line of text.
///
/// A node stands in its writer's column, which a line runs through from the writer's first to its last node. On the
/// node's own line a connector goes to the column of every other writer that it refers to; where it passes a column
/// without meaning it, it is broken. So each reference is drawn once, and nothing else is.
struct LaneLayout {
  /// A character, and the lane that gives it its colour.
  struct Cell: Hashable {
    var glyph = Glyph.empty
    var column: Int?
  }

  private let graph: OrderGraph
  /// The line of the first and the last node in each column.
  private let extents: [(first: Int, last: Int)]
  /// How many columns are drawn. When there is no room for all writers, the last column holds the rest of them.
  let columnCount: Int
  /// Characters from one column to the next.
  private let pitch: Int

  /// - Parameter room: characters that there are for lanes.
  init(_ graph: OrderGraph, _ lines: [OrderGraph.Line], room: Int) {
    self.graph = graph
    let room = max(room, 1)
    let lanes = max(graph.lanes.count, 1)
    pitch = lanes * 2 - 1 <= room ? 2 : 1
    let count = min(lanes, (room + pitch - 1) / pitch)
    columnCount = count
    var extents = [(first: Int, last: Int)](repeating: (.max, -1), count: count)
    func extend(_ lane: Int, _ line: Int) {
      let column = min(lane, count - 1)
      extents[column] = (min(extents[column].first, line), line)
    }
    for (i, line) in lines.enumerated() {
      switch line {
      case .row(let row): extend(graph.rows[row].lane, i)
      case .fold(let fold): for count in graph.folds[fold].counts { extend(count.lane, i) }
      }
    }
    self.extents = extents
  }

  /// How many characters all columns take.
  var width: Int { (columnCount - 1) * pitch + 1 }

  /// The column of a lane.
  func column(_ lane: Int) -> Int { min(lane, columnCount - 1) }

  /// The characters of a row.
  func cells(_ row: OrderGraph.Row, line: Int) -> [Cell] {
    var cells = running(line)
    let own = column(row.lane)
    let targets = targets(row)
    if let left = targets.min(), left < own { connect(left, own, own, targets, line, &cells) }
    if let right = targets.max(), right > own { connect(own, right, own, targets, line, &cells) }
    let isFull = row.valueLength != nil
    let glyph = row.isDecided ? Glyph.decided(isFull) : row.isVote ? .vote(isFull) : .other(isFull)
    cells[own * pitch] = Cell(glyph: glyph, column: own)
    return cells
  }

  /// The characters of a fold: dots for each writer that has nodes in it.
  func cells(_ fold: OrderGraph.Fold, line: Int) -> [Cell] {
    var cells = running(line)
    for count in fold.counts {
      cells[column(count.lane) * pitch] = Cell(glyph: .dots, column: column(count.lane))
    }
    return cells
  }

  /// The other columns that a node refers to.
  func targets(_ row: OrderGraph.Row) -> Set<Int> {
    let own = column(row.lane)
    return Set(row.edges.compactMap { edge in edge.lane.map { column($0) } }.filter { $0 != own })
  }

  private func goesOn(_ column: Int, _ line: Int) -> Bool {
    extents[column].first < line && line < extents[column].last
  }

  private func running(_ line: Int) -> [Cell] {
    var cells = [Cell](repeating: Cell(), count: width)
    for k in 0..<columnCount where goesOn(k, line) { cells[k * pitch] = Cell(glyph: .vertical, column: k) }
    return cells
  }

  private func connect(_ from: Int, _ to: Int, _ own: Int, _ targets: Set<Int>, _ line: Int, _ cells: inout [Cell]) {
    for place in from * pitch...to * pitch {
      let column = place / pitch
      guard place % pitch == 0 else {
        cells[place] = Cell(glyph: .horizontal, column: own)
        continue
      }
      let goesOn = goesOn(column, line)
      if targets.contains(column) {
        let glyph: Glyph =
          if column == from {
            goesOn ? .fromRight : .endFromRight
          } else if column == to {
            goesOn ? .fromLeft : .endFromLeft
          } else {
            goesOn ? .both : .endBoth
          }
        cells[place] = Cell(glyph: glyph, column: column)
      } else if !goesOn {
        cells[place] = Cell(glyph: .horizontal, column: own)
      }
    }
  }
}
