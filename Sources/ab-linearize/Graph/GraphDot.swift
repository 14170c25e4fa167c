import Autobase
import CompactEncoding
import ToolKit

/// A graph in the language of graphviz: references are solid, votes dashed, final nodes filled.
struct GraphDot {
  private let graph: OrderGraph
  private let names: NodeNames

  init(_ graph: OrderGraph, _ names: NodeNames) {
    self.graph = graph
    self.names = names
  }

  func write(to output: Output) throws {
    try output.line("digraph base {")
    try output.line("  rankdir=BT; node [shape=box, fontname=\"monospace\"];")
    let lanes = Dictionary(grouping: graph.rows, by: \.lane)
    for (lane, key) in graph.lanes.enumerated() {
      try output.line("  subgraph cluster_\(lane) {")
      let role = lane < graph.indexerCount ? "indexer" : "writer"
      try output.line("    label=\"\(names(key)) (\(role))\";")
      for row in lanes[lane] ?? [] { try output.line("    \(node(row))") }
      try output.line("  }")
    }
    let shown = Set(graph.rows.map(\.node))
    for row in graph.rows {
      for edge in row.edges where edge.row != nil {
        let style = edge.isImplied ? " [color=gray]" : ""
        try output.line("  \"\(names(row.node))\" -> \"\(names(edge.node))\"\(style);")
      }
      for vote in row.votesFor where shown.contains(vote) {
        try output.line(
          "  \"\(names(row.node))\" -> \"\(names(vote))\" [style=dashed, color=blue, constraint=false];")
      }
    }
    try output.line("}")
  }

  private func node(_ row: OrderGraph.Row) -> String {
    var attributes = ["label=\"\(names(row.node))\\n\(row.index)\""]
    var styles: [String] = []
    if row.isIndexed { styles.append("filled") }
    if row.isDecided { styles.append("bold") }
    if !styles.isEmpty { attributes.append("style=\"\(styles.joined(separator: ","))\"") }
    if row.isMerge { attributes.append("shape=hexagon") }
    if row.valueLength == nil { attributes.append("fontcolor=gray30") }
    return "\"\(names(row.node))\" [\(attributes.joined(separator: ", "))];"
  }
}
