import Autobase

/// A graph in the language of graphviz: references are solid, votes dashed, final nodes filled.
public struct GraphDot {
  private let graph: OrderGraph
  private let names: NodeNames
  private let showsValues: Bool

  /// A drawing of a graph.
  public init(_ graph: OrderGraph, _ names: NodeNames, showsValues: Bool = false) {
    self.graph = graph
    self.names = names
    self.showsValues = showsValues
  }

  /// Gives line after line.
  public func write(_ line: (String) throws -> Void) rethrows {
    try line("digraph base {")
    try line("  rankdir=BT; node [shape=box, fontname=\"monospace\"];")
    let rows = Dictionary(grouping: graph.rows, by: \.lane)
    let folds = foldsByLane()
    for (place, lane) in graph.lanes.enumerated() {
      try line("  subgraph cluster_\(place) {")
      try line("    label=\"\(names(lane.key)) (\(lane.role.rawValue))\";")
      for row in rows[place] ?? [] { try line("    \(node(row))") }
      for fold in folds[place] ?? [] {
        let text = "⋮ \(GraphText.number(fold.nodes)) more"
        try line("    \"\(names(lane.key)) \(fold.number)\" [label=\"\(text)\", shape=plaintext];")
      }
      try line("  }")
    }
    for row in graph.rows {
      for edge in row.edges {
        guard let other = edge.row else { continue }
        let style = edge.isImplied ? " [color=gray]" : ""
        try line("  \"\(names(row.node))\" -> \"\(names(graph.rows[other].node))\"\(style);")
      }
    }
    let shown = Set(graph.rows.map(\.node))
    for row in graph.rows {
      for vote in row.votesFor where shown.contains(vote) {
        try line("  \"\(names(row.node))\" -> \"\(names(vote))\" [style=dashed, color=blue, constraint=false];")
      }
    }
    try line("}")
  }

  private func foldsByLane() -> [Int: [(number: Int, nodes: Int)]] {
    var folds: [Int: [(Int, Int)]] = [:]
    for (number, fold) in graph.folds.enumerated() {
      for count in fold.counts { folds[count.lane, default: []].append((number, count.nodes)) }
    }
    return folds
  }

  private func node(_ row: OrderGraph.Row) -> String {
    var label = "\(names(row.node))\\n\(row.index)"
    if showsValues, let length = row.valueLength {
      label += "\\n" + Self.quoted(DisplayText.preview(row.value ?? [], length: length, limit: 30))
    }
    var attributes = ["label=\"\(label)\""]
    var styles: [String] = []
    if row.isIndexed { styles.append("filled") }
    if row.isDecided { styles.append("bold") }
    if !styles.isEmpty { attributes.append("style=\"\(styles.joined(separator: ","))\"") }
    if row.isMerge { attributes.append("shape=hexagon") }
    if row.valueLength == nil { attributes.append("fontcolor=gray30") }
    return "\"\(names(row.node))\" [\(attributes.joined(separator: ", "))];"
  }

  /// Text between the quotation marks of the language: both it and the language's own escapes use backslashes.
  private static func quoted(_ text: String) -> String {
    // By scalars: a mark that stands on a quotation mark hides it from comparisons of characters.
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
}
