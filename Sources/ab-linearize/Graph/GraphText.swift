import Autobase
import CompactEncoding
import ToolKit

/// A graph for people: a line a node, a column a writer.
struct GraphText {
  private let graph: OrderGraph
  private let layout: GraphLayout
  private let names: NodeNames
  private let options: OutputOptions
  private let width: Int

  init(_ graph: OrderGraph, _ names: NodeNames, _ options: OutputOptions, width: Int) {
    self.graph = graph
    self.names = names
    self.options = options
    self.width = width
    layout = GraphLayout(graph, width: width)
  }

  func write(to output: Output) throws {
    for (lane, key) in graph.lanes.enumerated() {
      let role = lane < graph.indexerCount ? "indexer" : "writer"
      let text = "column \(layout.column(lane) + 1)  \(names(key))  \(role)  \(options.text(key))"
      try output.line(String(text.prefix(width)))
    }
    for (i, row) in graph.rows.enumerated() { try output.line(layout.line(i, text(row))) }
  }

  private func text(_ row: OrderGraph.Row) -> String {
    var text = names(row.node)
    let others = row.edges.filter { !$0.isImplied && $0.node.key != row.node.key }.map(\.node)
    if !others.isEmpty { text += " ← " + names(others) }
    if row.isDecided { text += "  final" }
    if row.isMerge { text += "  merge" }
    if !row.votesFor.isEmpty { text += "  votes " + names(row.votesFor) }
    return text
  }
}
