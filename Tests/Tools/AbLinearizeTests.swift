import JSON
import TestSupport
import Testing

@Suite struct AbLinearizeTests {
  /// What the reference's writers wrote, as a stream of block records; nil for runs that are encrypted.
  private func stream(_ scenario: JSON) throws -> [String]? {
    guard try scenario.at("encryptionKey").isNull else { return nil }
    var lines: [String] = []
    for peer in try scenario.list("final") {
      let key = try peer.text("localKey")
      for (seq, block) in try peer.at("oplog").list("blocks").enumerated() {
        let record: JSON = [
          "type": "block", "core": .string(key), "seq": .integer(Int64(seq)), "fork": 0, "value": block, "mark": "kept",
        ]
        lines.append(record.text())
      }
    }
    return lines.isEmpty ? nil : lines
  }

  private func bytes(_ lines: [String]) -> [UInt8] {
    let end: JSON = ["type": "end", "records": .integer(Int64(lines.count))]
    return Array((lines + [end.text()]).joined(separator: "\n").utf8)
  }

  private func order(_ input: [UInt8], _ arguments: [String] = []) throws -> Command.Result {
    try Store().run("ab-linearize", ["order", "--stdin", "--indexer"] + arguments, input: input)
  }

  @Test func everyRecordedNodeFindsAPlaceBehindWhatItHasSeen() throws {
    var runs = 0
    for scenario in try Vectors.load("03-runs-7.28.1").list("scenarios") {
      guard let lines = try stream(scenario) else { continue }
      let bootstrap = try scenario.text("baseKey")
      let result = try order(bytes(lines), [bootstrap])
      // Anchors are logs of nobody here: nodes behind one are named and left out.
      if result.status != 0 { #expect(result.status == 1 && result.messages.contains("waits for node")) }
      let records = try result.lines.map { try JSON(parsing: $0) }
      #expect(records.last?["type"]?.string == "end")
      var seen: [String: UInt64] = [:]
      var index: UInt64 = 0
      for node in records where node["type"]?.string == "node" {
        #expect(try node.number("index") == index)
        #expect(node["mark"]?.string == "kept")
        let writer = try node.text("core")
        let length = try node.number("seq") + 1
        #expect(seen[writer, default: 0] + 1 == length)
        for head in try node.list("heads") {
          let core = try head.text("core")
          let known = try head.number("length")
          #expect(seen[core, default: 0] >= known)
        }
        seen[writer] = length
        index += 1
      }
      if result.status == 0 { #expect(index == UInt64(lines.count)) }
      // The other way round the logs come, the order is the same.
      let again = try order(bytes(lines.reversed().stableByWriter()), [bootstrap])
      let name = try scenario.text("name")
      #expect(again.lines == result.lines, "\(name)")
      runs += 1
    }
    #expect(runs > 0)
  }

  @Test func aForkedLogIsRefused() throws {
    for scenario in try Vectors.load("03-runs-7.28.1").list("scenarios") {
      guard let lines = try stream(scenario), lines.count > 1 else { continue }
      let bootstrap = try scenario.text("baseKey")
      // The same block twice is harmless; another one in its place is a second history.
      #expect(try order(bytes(lines + [lines[0]]), [bootstrap]).status <= 1)
      let other = lines[1].replacing("\"seq\":1,", with: "\"seq\":0,")
      let result = try order(bytes(lines + [other]), [bootstrap])
      #expect(result.status == 4)
      #expect(result.messages.contains("forked"))
      return
    }
    Issue.record("no run to take blocks from")
  }

  @Test func badStreamsAreNamed() throws {
    let store = Store()
    func status(_ text: String) throws -> Command.Result {
      try store.run("ab-linearize", ["order", "--stdin"], input: Array(text.utf8))
    }
    let key = String(repeating: "ab", count: 32)
    #expect(try status("nonsense\n").status == 2)
    #expect(try status("{\"type\":\"block\"}\n").status == 2)
    let gap = try status(#"{"type":"block","core":"\#(key)","seq":3,"fork":0,"value":"0200010000"}"# + "\n")
    #expect(gap.status == 2)
    #expect(gap.messages.contains("block 0"))
    let other = try status(#"{"type":"block","core":"\#(key)","seq":0,"fork":0,"value":"ff"}"# + "\n")
    #expect(other.status == 6)
    #expect(try status("").status == 4)
    #expect(try store.run("ab-linearize", ["status"]).status == 7)
  }
}

extension Sequence<String> {
  /// The records grouped by writer, in sequence within each, writers in the order in which they come up here.
  fileprivate func stableByWriter() throws -> [String] {
    var writers: [String] = []
    var lines: [String: [(UInt64, String)]] = [:]
    for line in self {
      let record = try JSON(parsing: line)
      let writer = try record.text("core")
      if lines[writer] == nil { writers.append(writer) }
      lines[writer, default: []].append((try record.number("seq"), line))
    }
    return writers.flatMap { writer in lines[writer, default: []].sorted { $0.0 < $1.0 }.map(\.1) }
  }
}
