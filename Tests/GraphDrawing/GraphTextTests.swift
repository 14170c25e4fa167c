import Autobase
import CompactEncoding
import TestSupport
import Testing

@testable import GraphDrawing

/// Small graphs, as they are drawn.
@Suite struct GraphTextTests {
  /// Two indexers and a writer; the last nodes are not final.
  private let small = WrittenGraph(
    """
    ann first
    bob ann:1 second
    cy ann:1 third
    ann bob:1 ann:1
    bob ann:2 cy:1 fourth
    ann bob:2
    cy bob:2 fifth
    """)

  private func draw(
    _ source: some GraphSource, _ style: GraphStyle, _ selection: GraphSelection? = nil,
    names: ([Fixed32]) -> NodeNames = readableNames
  ) -> [String] {
    let graph = OrderGraph(source, selection ?? GraphSelection(0..<source.count))
    return lines { GraphText(graph, names(graph.lanes.map(\.key)), style).write($0) }
  }

  @Test func smallGraph() throws {
    let drawn = draw(try small.history("ann", "bob"), GraphStyle(width: 60, showsValues: true))
    #expect(
      drawn == [
        "column 1  ann  indexer  ann",
        "column 2  bob  indexer  bob",
        "column 3  cy  writer  cy",
        "0 = ◆     ann:1  yields 1  \"first\"",
        "1 = ├─◆   bob:1 ← ann:1  yields 1  votes ann:1  \"second\"",
        "2 = ◇─┤   ann:2 ← bob:1  yields 1  votes bob:1  ack",
        "3 = ├─│─■ cy:1 ← ann:1  \"third\"",
        "4 = ├─◆─┤ bob:2 ← ann:2 cy:1  yields 2  votes ann:2  \"fourt…",
        "5 ~ ○─┘ │ ann:3 ← bob:2  votes bob:2  ack",
        "6 ~   └─■ cy:2 ← bob:2  \"fifth\"",
      ])
  }

  @Test func smallGraphInASCII() throws {
    let drawn = draw(try small.history("ann", "bob"), GraphStyle(width: 40, isASCII: true))
    #expect(
      drawn.suffix(7) == [
        "0 = D     ann:1  yields 1",
        "1 = +-D   bob:1 <- ann:1  yields 1  v...",
        "2 = d-+   ann:2 <- bob:1  yields 1  v...",
        "3 = +-|-X cy:1 <- ann:1",
        "4 = +-D-+ bob:2 <- ann:2 cy:1  yields...",
        "5 ~ o-' | ann:3 <- bob:2  votes bob:2",
        "6 ~   `-X cy:2 <- bob:2",
      ])
  }

  @Test func coloursAreThoseOfLanes() throws {
    let plain = draw(try small.history("ann", "bob"), GraphStyle(width: 60))
    let coloured = draw(try small.history("ann", "bob"), GraphStyle(width: 60, hasColour: true))
    #expect(
      coloured[6]
        == "3 = \u{1b}[36m├\u{1b}[0m\u{1b}[35m─\u{1b}[0m\u{1b}[33m│\u{1b}[0m\u{1b}[35m─■\u{1b}[0m cy:1 ← ann:1")
    for (a, b) in zip(plain, coloured) {
      let stripped = b.split(separator: "\u{1b}[", omittingEmptySubsequences: false).enumerated().map { i, part in
        i == 0 ? String(part) : String(part.drop { $0 != "m" }.dropFirst())
      }
      #expect(stripped.joined() == a)
    }
  }

  /// Two writers that were apart for long: what only goes on is folded, the fork and the join are shown.
  @Test func longRunsAreFolded() throws {
    var text = "ann start\nbob ann:1 x\n"
    for i in 2...400 { text += "ann ann:\(i - 1) x\n" }
    for i in 2...300 { text += "bob bob:\(i - 1) x\n" }
    text += "ann ann:400 bob:300 joined\nbob ann:401\n"
    let history = try WrittenGraph(text).history("ann")
    let drawn = draw(
      history, GraphStyle(width: 60),
      GraphSelection(folding: 0..<history.count, of: history, lines: 20))
    #expect(
      drawn
        == [
          "column 1  ann  indexer  ann",
          "column 2  bob  writer  bob",
          "  0 = ◆   ann:1  yields 1",
          "      ⋮   ⋮ 399 more of ann",
          "400 = ├─■ bob:1 ← ann:1",
          "      │ ⋮ ⋮ 298 more of bob",
          "699 = │ ■ bob:300",
          "700 = ◆─┤ ann:401 ← bob:300  yields 301",
          "701 ~ └─□ bob:2 ← ann:401",
        ].map { $0.replacing("bob:2 ← ann:401", with: "bob:301 ← ann:401") })
  }

  /// Lines are never longer than they may be, and hold nothing that a terminal obeys.
  @Test func linesKeepToTheirWidth() throws {
    var count = 0
    for seed in 1...24 as ClosedRange<UInt64> {
      let (logs, indexers) = randomLogs(seed: seed)
      let history = try OrderHistory(logs, epochs: [IndexerEpoch(indexers: indexers)], keptBytes: 64)
      for width in [20, 40, 57, 80, 200] {
        for isASCII in [width == 57, width != 80] {
          let style = GraphStyle(width: width, isASCII: isASCII, showsValues: true)
          let selection =
            seed % 2 == 0
            ? GraphSelection(folding: 0..<history.count, of: history, lines: 30) : GraphSelection(0..<history.count)
          let drawn = draw(history, style, selection) { NodeNames($0) { $0.description } }
          for line in drawn {
            #expect(DisplayText.width(line) <= width, "seed \(seed), width \(width): \(line)")
            let isSafe = !line.unicodeScalars.contains {
              $0.value < 32 || (127..<160).contains($0.value) || $0 == "\u{202e}"
            }
            #expect(isSafe, "seed \(seed): \(DisplayText.escape(line))")
            if isASCII { #expect(line.utf8.allSatisfy { $0 < 127 }, "seed \(seed): \(line)") }
            count += 1
          }
        }
      }
    }
    #expect(count > 0)
  }

  /// Every reference is drawn once, and nothing else is.
  @Test func everyEdgeIsDrawnOnce() throws {
    var edges = 0
    for seed in 1...20 as ClosedRange<UInt64> {
      let (logs, indexers) = randomLogs(seed: seed)
      let history = try OrderHistory(logs, epochs: [IndexerEpoch(indexers: indexers)])
      for room in [3, 40] {
        let graph = OrderGraph(history, GraphSelection(0..<history.count))
        let layout = LaneLayout(graph, graph.lines, room: room)
        for (i, row) in graph.rows.enumerated() {
          let cells = layout.cells(row, line: i).map(\.glyph)
          // Columns that are meant have a joint, all others are passed or empty.
          let joints = cells.filter {
            [.fromLeft, .fromRight, .both, .endFromLeft, .endFromRight, .endBoth].contains($0)
          }
          #expect(joints.count == layout.targets(row).count, "seed \(seed) row \(i): \(cells)")
          let columns = Set(row.edges.compactMap(\.lane).map(layout.column)).subtracting([layout.column(row.lane)])
          #expect(columns == layout.targets(row))
          #expect(Set(row.edges.map(\.node)) == Set(history.references(i)))
          edges += joints.count
        }
      }
    }
    #expect(edges > 0)
  }

  /// A part of the graph shows the same nodes as the whole; a fold counts what is left out.
  @Test func partsAgreeWithTheWhole() throws {
    for seed in 1...20 as ClosedRange<UInt64> {
      let (logs, indexers) = randomLogs(seed: seed)
      let history = try OrderHistory(logs, epochs: [IndexerEpoch(indexers: indexers)])
      let whole = OrderGraph(history, GraphSelection(0..<history.count))
      var selections = [GraphSelection((3..<20).clamped(to: 0..<history.count))]
      for count in [2, 5, 17, 60] {
        let folded = GraphSelection(folding: 0..<history.count, of: history, lines: count)
        let graph = OrderGraph(history, folded)
        #expect(graph.lines.count <= max(count, 4), "seed \(seed), \(count)")
        #expect(graph.rows.count + graph.folds.reduce(0) { $0 + $1.nodes } == history.count)
        #expect(graph.folds.allSatisfy { $0.nodes > 1 })
        selections.append(folded)
      }
      for selection in selections {
        for row in OrderGraph(history, selection).rows {
          let other = whole.rows[row.index]
          #expect(row.node == other.node && row.votesFor == other.votesFor && row.yields == other.yields)
          #expect(row.edges.map(\.node) == other.edges.map(\.node), "seed \(seed)")
        }
      }
    }
  }

  /// All recorded graphs can be drawn; their rows are in the recorded order.
  @Test func recordedGraphsAreDrawn() throws {
    var count = 0
    for item in try Vectors.load("03-dags").list("cases") {
      let recorded = try RecordedGraph(item)
      let history = try OrderHistory(recorded.logs, epochs: [IndexerEpoch(indexers: recorded.indexers)])
      let graph = OrderGraph(history, GraphSelection(0..<history.count))
      #expect(graph.rows.filter(\.isIndexed).map(\.node) == recorded.indexed, "\(recorded.name)")
      #expect(graph.rows.filter { !$0.isIndexed }.map(\.node) == recorded.tip, "\(recorded.name)")
      let names = NodeNames(graph.lanes.map(\.key)) { $0.description }
      for width in [40, 100, 200] {
        let drawn = lines { GraphText(graph, names, GraphStyle(width: width)).write($0) }
        #expect(drawn.count >= graph.rows.count && drawn.allSatisfy { $0.count <= width })
      }
      try checkXML(lines { GraphVector(graph, names, title: recorded.name).write($0) }.joined(separator: "\n"))
      count += 1
    }
    #expect(count > 0)
  }
}
