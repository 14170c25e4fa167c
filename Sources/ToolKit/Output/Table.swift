/// A table for people: columns padded to their widest cell, two spaces apart. Its form may change; `--json` does not.
public struct Table {
  /// Where the text of a column stands.
  public enum Alignment: Sendable {
    /// At the left edge.
    case left
    /// At the right edge, for numbers.
    case right
  }

  private let alignments: [Alignment]
  private var rows: [[String]] = []
  private let hasHeader: Bool

  /// A table with a header line.
  public init(_ columns: (title: String, alignment: Alignment)...) {
    alignments = columns.map(\.alignment)
    rows = [columns.map(\.title)]
    hasHeader = true
  }

  /// A table of names and values, without header.
  public init() {
    alignments = [.left, .left]
    hasHeader = false
  }

  /// Adds a row; missing cells are empty.
  public mutating func add(_ cells: String...) { rows.append(cells) }

  /// Writes the table; nothing at all when there is no row below the header.
  public func write(to output: Output) throws(ToolError) {
    guard rows.count > (hasHeader ? 1 : 0) else { return }
    var widths = [Int](repeating: 0, count: alignments.count)
    for row in rows {
      for (i, cell) in row.enumerated() where i < widths.count { widths[i] = max(widths[i], cell.count) }
    }
    for (number, row) in rows.enumerated() {
      var line = ""
      for (i, cell) in row.enumerated() where i < widths.count {
        let padding = String(repeating: " ", count: widths[i] - cell.count)
        let isLast = i == row.count - 1
        line += alignments[i] == .right ? padding + cell : (isLast ? cell : cell + padding)
        if !isLast { line += "  " }
      }
      let isHeader = hasHeader && number == 0
      try output.line(isHeader && output.isTerminal && Terminal.outputHasColour ? "\u{1b}[1m\(line)\u{1b}[0m" : line)
    }
  }
}
