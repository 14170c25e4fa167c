import CompactEncoding
import JSON
import TestSupport
import Testing

@testable import Autobase

@Suite struct OrderHistoryTests {
  private func histories() throws -> [(name: String, history: OrderHistory, order: NodeOrder)] {
    var all: [(String, OrderHistory, NodeOrder)] = []
    func add(_ name: String, _ logs: [WriterMessages], _ indexers: [Fixed32]) throws {
      all.append(
        (
          name, try OrderHistory(logs, epochs: [IndexerEpoch(indexers: indexers)]),
          try NodeOrder(logs, indexers: indexers)
        ))
    }
    for item in try Vectors.load("03-dags").list("cases") {
      let graph = try Graph(item)
      let logs = graph.arrival.map { item in
        WriterMessages(
          key: graph.keys[item.writer],
          messages: [
            OplogMessage(
              heads: item.heads, batch: item.batch, value: item.hasValue ? [1] : nil, optimistic: item.isOptimistic)
          ])
      }
      try add(item.text("name"), logs, graph.indexers.map { graph.keys[$0] })
    }
    for seed in 1...12 as ClosedRange<UInt64> {
      var generator = SeededGenerator(seed: seed)
      var shape = RandomGraph.Shape()
      shape.writers = Int.random(in: 1...12, using: &generator)
      shape.indexers = Int.random(in: 1...shape.writers, using: &generator)
      shape.largestBatch = Int.random(in: 1...3, using: &generator)
      shape.partition = Bool.random(using: &generator) ? 20 : nil
      shape.oddities = 0
      let graph = RandomGraph(seed: seed, shape)
      try add("seed \(seed)", graph.logs, graph.indexers)
    }
    return all
  }

  /// A history has the order of the linearizer; what it says of each node is true.
  @Test func explanationsHold() throws {
    let histories = try histories()
    var (merged, waiting, tied) = (0, 0, 0)
    for (name, history, order) in histories {
      #expect(history.entries.map(\.node) == (order.indexed + order.tip).map(\.node), "\(name)")
      #expect(history.indexedCount == order.indexed.count, "\(name)")
      for (index, entry) in history.entries.enumerated() {
        let explanation = try #require(history.explain(entry.node), "\(name)")
        #expect(explanation.index == index && explanation.isIndexed == (index < history.indexedCount))
        if let decision = explanation.decision {
          #expect(explanation.isIndexed && explanation.wait == nil)
          let last = try #require(decision.nodes.last)
          if decision.merge == nil {
            #expect(isFinal(last), "\(name): \(entry.node)")
          } else {
            merged += 1
          }
        } else {
          #expect(explanation.wait != nil, "\(name): \(entry.node)")
          waiting += 1
        }
        if explanation.before?.precedence == .smallerKey { tied += 1 }
        for reference in explanation.references { #expect(reference.index.map { $0 < index } != false, "\(name)") }
      }
    }
    #expect(histories.count > 0 && merged > 0 && waiting > 0 && tied > 0)
  }

  private func isFinal(_ poll: Poll) -> Bool {
    poll.votes.count >= poll.majority && (poll.quorum.count >= poll.majority || poll.isNewerEverywhere)
  }

  /// Every reference is drawn once, nothing else is, and lines keep to the width.
  @Test func everyEdgeIsDrawnOnce() throws {
    var edges = 0
    for (name, history, _) in try histories() {
      for width in [30, 80] {
        let graph = history.graph(0..<history.entries.count)
        let layout = GraphLayout(graph, width: width)
        for (i, row) in graph.rows.enumerated() {
          let text = String(repeating: "name ", count: 20)
          #expect(layout.line(i, text).count <= width, "\(name)")
          let cells = layout.columns(i)
          // Columns that are meant have a joint, all others are passed or empty.
          let joints = cells.filter { "├┤┼└┘┴".contains($0) }
          #expect(joints.count == layout.targets(i).count, "\(name) row \(i): \(String(cells))")
          #expect(cells.count { "●○■□◆◇".contains($0) } == 1, "\(name) row \(i): \(String(cells))")
          let columns = Set(row.edges.compactMap(\.lane).map(layout.column)).subtracting([layout.column(row.lane)])
          #expect(columns == layout.targets(i))
          edges += joints.count
        }
      }
    }
    #expect(edges > 0)
  }

  /// A part of the graph shows the same nodes as the whole.
  @Test func partsAgreeWithTheWhole() throws {
    for (name, history, _) in try histories() {
      let whole = history.graph(0..<history.entries.count)
      let part = history.graph(3..<20)
      for row in part.rows {
        let other = whole.rows[row.index]
        #expect(row.node == other.node && row.votesFor == other.votesFor && row.isDecided == other.isDecided, "\(name)")
        #expect(row.edges.map(\.node) == other.edges.map(\.node), "\(name)")
      }
    }
  }
}

extension RandomGraph {
  /// The logs as messages.
  var logs: [WriterMessages] {
    batches.map { batch in
      WriterMessages(
        key: keys[batch[0].writer],
        messages: batch.map { message in
          OplogMessage(
            heads: message.heads, batch: message.batch, value: message.hasValue ? [1] : nil,
            optimistic: message.isOptimistic)
        })
    }
  }
}
