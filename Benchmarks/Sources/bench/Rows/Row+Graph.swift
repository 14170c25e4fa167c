import Autobase
import AutobaseClassic
import CompactEncoding
import GraphDrawing

extension Row {
  /// Drawing and explaining what 100,000 nodes are, in memory.
  static let graphs = [
    graph("graph", title: "Overview of 100,000 nodes in 40 lines, 3 writers", writers: 3) { history in
      draw(history, GraphSelection(folding: 0..<history.count, of: history, lines: 40))
    },
    graph("graph-32", title: "Overview of 100,000 nodes in 40 lines, 32 writers", writers: 32) { history in
      draw(history, GraphSelection(folding: 0..<history.count, of: history, lines: 40))
    },
    graph("graph-end", title: "The last 200 of 100,000 nodes as SVG, 3 writers", writers: 3) { history in
      let graph = OrderGraph(history, GraphSelection(history.count - 200..<history.count))
      var bytes = 0
      GraphVector(graph, names(history), title: "").write { bytes += $0.utf8.count }
      keep(bytes)
    },
    graph("explain", title: "Explaining one of 100,000 nodes, 3 writers", writers: 3) { history in
      keep(history.explain(history.node(history.count / 2))?.index ?? 0)
    },
    causalGraph,
  ]

  private static func names(_ history: OrderHistory) -> NodeNames {
    NodeNames(history.entries.keys) { $0.description }
  }

  private static func draw(_ history: OrderHistory, _ selection: GraphSelection) {
    let graph = OrderGraph(history, selection)
    var bytes = 0
    GraphText(graph, names(history), GraphStyle(width: 100)).write { bytes += $0.utf8.count }
    keep(bytes)
  }

  private static func graph(
    _ name: String, title: String, writers: Int, _ body: @escaping @Sendable (OrderHistory) -> Void
  ) -> Row {
    Row(
      name: name, title: title, unit: .milliseconds, aim: .figure(1000),
      limit: "ordering the same nodes, without keeping why"
    ) { _ in
      let graph = OrderGraphs.chain(writers: writers, nodes: 100_000)
      var lists = [[OplogMessage]](repeating: [], count: writers)
      for node in graph.nodes { lists[node.writer].append(node.message) }
      let (keys, messages) = (graph.keys, lists)
      let logs = keys.enumerated().map { Checkout(key: $1, length: UInt64(messages[$0].count)) }
      var places: [Fixed32: Int] = [:]
      for (place, key) in keys.enumerated() { places[key] = place }
      let place = places
      return Pair(
        ours: {
          .quantity(
            try timed(1) {
              let history = try OrderHistory(logs, epochs: [IndexerEpoch(indexers: keys)], keptBytes: 0) { node in
                messages[place[node.key] ?? 0][Int(node.length) - 1]
              }
              body(history)
            }.seconds * 1000)
        },
        limit: { .quantity(try timed(1) { try graph.order(every: 4096) }.seconds * 1000) })
    }
  }

  /// Of a classic base only what is shown is read.
  private static let causalGraph = Row(
    name: "graph-causal", title: "The last 200 of 100,000 classic nodes as text, 3 inputs", unit: .milliseconds,
    aim: .figure(50), limit: "the causal stream of all of them"
  ) { _ in
    let logs = (0..<3).map {
      KeyedMemoryLog(key: Fixed32([UInt8](repeating: UInt8($0 * 37 + 5), count: 32)) ?? Fixed32())
    }
    let base = ClassicAutobase(inputs: logs)
    for node in OrderGraphs.chain(writers: 3, nodes: 100_000).nodes {
      try base.append([UInt8](repeating: 1, count: 32), input: logs[node.writer])
    }
    return Pair(
      ours: {
        .quantity(
          try timed(1) {
            let history = try CausalHistory(base, keptBytes: 0) { _, index in index <= 100_000 - 200 }
            let graph = OrderGraph(history, GraphSelection(100_000 - 200..<100_000))
            var bytes = 0
            let names = NodeNames(history.keys) { $0.description }
            GraphText(graph, names, GraphStyle(width: 100)).write { bytes += $0.utf8.count }
            keep(bytes)
          }.seconds * 1000)
      },
      limit: {
        .quantity(
          try timed(1) {
            var stream = try base.causalStream()
            while try stream.next() != nil {}
          }.seconds * 1000)
      })
  }
}
