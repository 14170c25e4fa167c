import Autobase
import CompactEncoding
import TestSupport
import Testing

@testable import GraphDrawing

@Suite struct GraphVectorTests {
  private func picture(_ source: some GraphSource, _ selection: GraphSelection? = nil) throws -> String {
    let graph = OrderGraph(source, selection ?? GraphSelection(0..<source.count))
    let names = readableNames(graph.lanes.map(\.key))
    let text = lines { GraphVector(graph, names, title: "A & B", showsValues: true).write($0) }.joined(separator: "\n")
    try checkXML(text)
    return text
  }

  @Test func partsOfAPicture() throws {
    let history = try WrittenGraph("ann first\nbob ann:1 <second>\nann bob:1 ann:1\nbob ann:2\nann bob:2 &x\n")
      .history("ann", "bob")
    let text = try picture(history)
    #expect(
      text.contains("<title id=\"title\">A &amp; B</title>") && text.contains("<desc id=\"desc\">5 nodes of 2 writers"))
    #expect(text.contains("&lt;second&gt;") && text.contains("&amp;x"))
    let count = { (part: String) in text.components(of: part) }
    #expect(count("class=\"node ") == 5 && count("class=\"run\"") == 2)
    #expect(count("class=\"final\"") == (history.indexedCount > 0 ? 1 : 0))
    #expect(text.contains("ann:2; place 2, final; ack; refers to bob:1 ann:1"))
  }

  /// Whatever is drawn is well-formed, and has a shape for each node and each vote that is shown.
  @Test func randomGraphsAreWellFormed() throws {
    var nodes = 0
    for seed in 1...12 as ClosedRange<UInt64> {
      let (logs, indexers) = randomLogs(seed: seed)
      let history = try OrderHistory(logs, epochs: [IndexerEpoch(indexers: indexers)], keptBytes: 40)
      let folded = GraphSelection(folding: 0..<history.count, of: history, lines: 25)
      for selection in [GraphSelection(0..<history.count), folded] {
        let graph = OrderGraph(history, selection)
        let names = NodeNames(graph.lanes.map(\.key)) { $0.description }
        let text = lines { GraphVector(graph, names, title: "seed", showsValues: true).write($0) }.joined(
          separator: "\n")
        try checkXML(text)
        #expect(text.components(of: "class=\"node ") == graph.rows.count, "seed \(seed)")
        #expect(text.components(of: "class=\"fold\"") == graph.folds.count, "seed \(seed)")
        nodes += graph.rows.count
        let dot = lines { GraphDot(graph, names, showsValues: true).write($0) }
        #expect(dot.first == "digraph base {" && dot.last == "}")
        #expect(dot.allSatisfy(hasClosedQuotes), "seed \(seed)")
      }
    }
    #expect(nodes > 0)
  }

  private func hasClosedQuotes(_ line: String) -> Bool {
    var isOpen = false
    var isEscaped = false
    for character in line.unicodeScalars {
      if character.value < 32 { return false }
      if isEscaped {
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        isOpen.toggle()
      }
    }
    return !isOpen && !isEscaped
  }

  @Test func valuesAreSafe() {
    func preview(_ bytes: [UInt8], _ length: Int? = nil, ascii: Bool = false) -> String {
      DisplayText.preview(bytes, length: length ?? bytes.count, limit: 12, isASCII: ascii)
    }
    #expect(preview(Array("hello".utf8)) == "\"hello\"")
    #expect(preview([]) == "0 bytes" && preview([0]) == "1 byte" && preview([0xff, 0xfe]) == "2 bytes")
    #expect(preview(Array("a\nb\"\\".utf8)) == "\"a\\nb\\\"\\\\\"")
    #expect(preview(Array("\u{1b}[2J".utf8)) == "\"\\u{1b}[2J\"")
    #expect(preview(Array("a\u{202e}b".utf8)) == "\"a\\u{202e}b\"")
    #expect(preview(Array("日本".utf8)) == "\"日本\"" && preview(Array("ü".utf8), ascii: true) == "\"\\u{fc}\"")
    #expect(preview(Array("0123456789abcdef".utf8)) == "\"0123456789ab\"…")
    // The last character of what is kept is cut off.
    #expect(preview(Array("aü".utf8).dropLast(), 100) == "\"a\"…" && preview(Array("aü".utf8.dropLast())) == "2 bytes")
    #expect(DisplayText.width("日本") == 4 && DisplayText.width("e\u{301}") == 1 && DisplayText.width("👩") == 2)
    for room in 0...8 {
      let text = DisplayText.cut("日本語x", to: room)
      #expect(DisplayText.width(text) <= room)
    }
  }
}

extension String {
  /// How often a text is part of this one.
  fileprivate func components(of part: String) -> Int {
    split(separator: part, omittingEmptySubsequences: false).count - 1
  }
}
