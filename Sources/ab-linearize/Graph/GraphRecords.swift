import Autobase
import CompactEncoding
import GraphDrawing
import JSON
import ToolKit

/// A graph for programs: an object a node, or a fold.
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
    for line in graph.lines {
      switch line {
      case .row(let row): try output.line(.object(object(graph.rows[row])))
      case .fold(let fold): try output.line(json(graph.folds[fold]))
      }
    }
  }

  private func object(_ row: OrderGraph.Row) -> JSONObject {
    let record = ExplanationRecord(options)
    var object = JSONObject([("type", "graph-node"), ("node", record.node(row.node))])
    object["index"] = .integer(Int64(row.index))
    object["indexed"] = .bool(row.isIndexed)
    object["batch"] = .integer(Int64(clamping: row.batch))
    object["valueLength"] = number(row.valueLength)
    object["vote"] = .bool(row.isVote)
    object["merge"] = .bool(row.isMerge)
    object["decided"] = .bool(row.isDecided)
    object["yields"] = number(row.yields)
    object["group"] = number(row.group)
    object["heads"] = .array(row.edges.filter { !$0.isImplied }.map { record.node($0.node) })
    object["votesFor"] = .array(row.votesFor.map(record.node))
    if showsValues { object["value"] = row.value.map { .string(Hex.encode($0)) } ?? .null }
    return object
  }

  private func number(_ number: Int?) -> JSON { number.map { .integer(Int64($0)) } ?? .null }

  private func json(_ fold: OrderGraph.Fold) -> JSON {
    let writers = fold.counts.map { count -> JSON in
      ["core": .string(options.text(graph.lanes[count.lane].key)), "nodes": .integer(Int64(count.nodes))]
    }
    return ["type": "graph-fold", "nodes": .integer(Int64(fold.nodes)), "writers": .array(writers)]
  }
}
