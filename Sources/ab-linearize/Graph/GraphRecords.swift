import Autobase
import CompactEncoding
import GraphDrawing
import JSON
import ToolKit

/// A graph for programs: an object a node.
struct GraphRecords {
  private let graph: OrderGraph
  private let options: OutputOptions
  private let showsValues: Bool

  init(_ graph: OrderGraph, _ options: OutputOptions, showsValues: Bool) {
    self.graph = graph
    self.options = options
    self.showsValues = showsValues
  }

  func write(to output: Output) throws {
    let record = ExplanationRecord(options)
    for row in graph.rows {
      let object: JSON = [
        "type": "graph-node", "node": record.node(row.node), "index": .integer(Int64(row.index)),
        "indexed": .bool(row.isIndexed),
        "batch": .integer(Int64(clamping: row.batch)),
        "valueLength": row.valueLength.map { .integer(Int64($0)) } ?? .null, "vote": .bool(row.isVote),
        "merge": .bool(row.isMerge), "decided": .bool(row.isDecided),
        "group": row.group.map { .integer(Int64($0)) } ?? .null,
        "heads": .array(row.edges.filter { !$0.isImplied }.map { record.node($0.node) }),
        "votesFor": .array(row.votesFor.map(record.node)),
      ]
      try output.line(object)
    }
  }
}
