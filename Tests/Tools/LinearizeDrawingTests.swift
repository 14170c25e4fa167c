import JSON
import TestSupport
import Testing

/// `ab-linearize graph` and `explain` of classic inputs, and all that graphs can be drawn as.
@Suite struct LinearizeDrawingTests {
  /// A recorded history as a stream of block records; its keys in the order of its writers.
  private struct Recorded {
    let input: [UInt8]
    let keys: [String]
    let scene: JSON
  }

  private func recorded(_ member: String = "blocksAlpha9") throws -> [Recorded] {
    try Vectors.load("03-classic").list("cases").compactMap { scene in
      guard let blocks = scene[member]?.array else { return nil }
      let keys = try scene.list("keys").map { try #require($0.string) }
      var lines: [String] = []
      for (place, list) in blocks.enumerated() {
        let core: JSON = ["type": "core", "core": .string(keys[place]), "name": .string("w\(place)"), "length": 0]
        lines.append(core.text())
        for (seq, block) in try #require(list.array).enumerated() {
          let record: JSON = [
            "type": "block", "core": .string(keys[place]), "seq": .integer(Int64(seq)), "value": block,
          ]
          lines.append(record.text())
        }
      }
      let end: JSON = ["type": "end", "records": .integer(Int64(lines.count))]
      return Recorded(input: Array((lines + [end.text()]).joined(separator: "\n").utf8), keys: keys, scene: scene)
    }
  }

  @Test func classicInputsAreDrawnInTheirOrder() throws {
    let store = Store()
    var count = 0
    for recorded in try recorded().prefix(6) {
      let causal = try recorded.scene.list("causal")
      let result = try store.run("ab-linearize", ["graph", "--stdin", "--json", "--hex"], input: recorded.input)
      let graph = try result.lines.map { try JSON(parsing: $0) }
      #expect(graph.count == causal.count)
      var names: [String] = []
      for (node, fields) in zip(graph, causal.reversed()) {
        // Values are called writer:seq.
        let parts = try #require(fields[0]?.string).split(separator: ":")
        #expect(try node.at("node").text("core") == recorded.keys[try #require(Int(parts[0]))])
        #expect(try node.at("node").number("length") == #require(UInt64(parts[1])) + 1)
        names.append("w\(parts[0]):\(try node.at("node").number("length"))")
      }
      let explained = try store.run("ab-linearize", ["explain", "--stdin", "--json"] + names, input: recorded.input)
      let explanations = try explained.lines.map { try JSON(parsing: $0) }
      #expect(explanations.count == causal.count)
      for (explanation, fields) in zip(explanations, causal.reversed()) {
        #expect(try explanation.number("operations") == #require(fields[2]).number())
        #expect(try explanation.list("prefix").count == #require(fields[3]?.array).count)
        count += 1
      }
      let text = try store.run("ab-linearize", ["explain", "--stdin", names[0]], input: recorded.input)
      #expect(text.status == 0 && text.lines.contains { $0.hasPrefix("taken since") })
    }
    #expect(count > 0)
  }

  @Test func everyFormAndOption() throws {
    let recorded = try #require(try recorded("blocksAlpha8").max { $0.input.count < $1.input.count })
    let store = Store()
    func graph(_ arguments: String...) throws -> [String] {
      let result = try store.run("ab-linearize", ["graph", "--stdin"] + arguments, input: recorded.input)
      #expect(result.status == 0, "\(result.messages)")
      return result.lines
    }
    let text = try graph()
    #expect(text.contains { $0.contains("■") } && text.contains { $0.contains("w0:1") })
    #expect(try graph("--ascii").allSatisfy { $0.utf8.allSatisfy { $0 < 127 } })
    #expect(try graph("--values").contains { $0.contains("\"0:0\"") })
    #expect(try graph("--fold", "--limit", "6").count < text.count)
    let picture = try graph("--format", "svg", "--values")
    #expect(picture.first?.hasPrefix("<svg ") == true && picture.last == "</svg>")
    #expect(try graph("--format", "dot").first == "digraph base {")
    // The order ends at the clock.
    let part = try graph("--json", "--clock", "w0:1")
    #expect(part.count == 1)
    #expect(try graph("--json", "--freeze", "w0:0").count < graph("--json").count)
    // With an indexer, the order is that of votes.
    let voted = try graph("--json", "--indexer", recorded.keys[0])
    #expect(try voted.contains { try JSON(parsing: $0)["indexed"]?.bool == true })
  }

  @Test func localesWithoutUTF8() throws {
    let recorded = try #require(try recorded().first)
    let store = Store()
    func isASCII(_ environment: [String: String]) throws -> Bool {
      let result = try store.run(
        "ab-linearize", ["graph", "--stdin"], input: recorded.input, environment: environment)
      return result.lines.allSatisfy { $0.utf8.allSatisfy { $0 < 127 } }
    }
    #expect(try isASCII(["LC_ALL": "C"]) && isASCII(["LC_ALL": "", "LANG": "de_DE.ISO-8859-1"]))
    #expect(try !isASCII(["LC_ALL": "C.UTF-8"]) && !isASCII(["LC_ALL": "", "LC_CTYPE": "", "LANG": "de_DE.utf8"]))
  }

  @Test func wrongOptionsAreRefused() throws {
    let recorded = try #require(try recorded().first)
    func status(_ arguments: String...) throws -> Int32 {
      try Store().run("ab-linearize", arguments + ["--stdin"], input: recorded.input).status
    }
    #expect(try status("graph", "--format", "gif") == 2)
    #expect(try status("graph", "--around", "nobody:1") == 1)
    #expect(try status("graph", "--around", "w0:0") == 2)
    #expect(try status("graph", "--around", "w0:9999999") == 1)
    #expect(try status("graph", "--causal", "--indexer", recorded.keys[0]) == 2)
    #expect(try status("graph", "--clock", "w0:1", "--indexer", recorded.keys[0]) == 2)
    #expect(try status("explain", "w0:9999999") == 1)
    #expect(try status("explain", "w0:99999999999999999999") == 2)
    #expect(try status("explain") == 2)
    #expect(try status("graph", "--since", "99999999") == 0)
    #expect(try status("graph", "--fold", "--limit", "1") == 0)
  }

  /// What others wrote cannot steer the terminal: names of logs, values.
  @Test func nothingSteersTheTerminal() throws {
    let recorded = try #require(try recorded().first)
    let text = String(decoding: recorded.input, as: UTF8.self)
    let input = Array(text.replacing("\"w0\"", with: "\"a\\u001b[2J\\n\\\"b\\u202e\"").utf8)
    for form in ["text", "svg", "dot"] {
      let result = try Store().run("ab-linearize", ["graph", "--stdin", "--values", "--format", form], input: input)
      #expect(result.status == 0)
      #expect(
        result.lines.allSatisfy { line in
          !line.unicodeScalars.contains { $0.value < 32 || $0 == "\u{202e}" || (127..<160).contains($0.value) }
        }, "\(form)")
    }
  }
}
