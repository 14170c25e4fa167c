import CompactEncoding
import HypercoreCrypto
import JSON
import TestSupport
import Testing

/// What classic bases of the reference wrote, piped through the command.
@Suite struct ClassicVectorTests {
  /// The logs of a case as a stream of block records.
  private func stream(_ keys: [JSON], _ logs: [JSON]) throws -> [UInt8] {
    var lines: [String] = []
    for (key, log) in zip(keys, logs) {
      for (seq, block) in (log.array ?? []).enumerated() {
        let record: JSON = ["type": "block", "core": key, "seq": .integer(Int64(seq)), "fork": 0, "value": block]
        lines.append(record.text())
      }
    }
    lines.append("{\"type\":\"end\",\"records\":\(lines.count)}")
    return Array(lines.joined(separator: "\n").utf8)
  }

  private func records(_ verb: String, _ input: [UInt8], _ arguments: [String] = []) throws -> [JSON] {
    let result = try Store().run("ab-linearize", [verb, "--stdin"] + arguments, input: input)
    #expect(result.status == 0, "\(result.messages)")
    return try result.lines.map { try JSON(parsing: $0) }
  }

  /// A clock of a record as pairs of writer and sequence number.
  private func clock(_ record: JSON, _ member: String, _ keys: [Fixed32]) throws -> [[UInt64]] {
    try record.list(member).map { entry in
      let key = try KeyIdentifier.decode(entry.text("core"))
      let writer = try #require(keys.firstIndex(of: key))
      return [UInt64(writer), try entry.number("length") - 1]
    }.sorted { $0[0] < $1[0] }
  }

  @Test(arguments: ["blocksAlpha9", "blocksAlpha8"])
  func causalStreamsAreThoseOfTheReference(layout: String) throws {
    var count = 0
    for scenario in try Vectors.load("03-classic").list("cases") {
      guard let logs = scenario[layout]?.array else { continue }
      let name = try scenario.text("name")
      let keys = try scenario.list("keys").map { try #require(Fixed32($0.hex())) }
      let found = try records("causal", stream(scenario.list("keys"), logs))
      let expected = try scenario.list("causal")
      #expect(found.count == expected.count + 1, "\(name)")
      for (record, row) in zip(found, expected) {
        let row = try #require(row.array)
        let value = try #require(row[0].string)
        #expect(try record.hex("value") == Array(value.utf8), "\(name)")
        #expect(try record.number("operations") == row[2].number())
        let prefix = try #require(row[3].array).map { try #require($0.array).map { try $0.number() } }
        #expect(try clock(record, "prefix", keys) == prefix.sorted { $0[0] < $1[0] }, "\(name)")
        let batch = try #require(row[4].array).map { try $0.number() }
        #expect(try record.number("batch") == batch[1] + 1)
        // Recorded is the end of the batch.
        #expect(try record.number("seq") + batch[1] == row[1].number())
        let writer = try #require(UInt64(value.prefix { $0 != ":" }))
        let block = try #require(logs[Int(writer)].array)[Int(record.number("seq"))].hex()
        #expect(try record.hex("block") == block)
      }
      count += 1
    }
    #expect(count > 0)
  }

  @Test func viewsAndReadStreamsFollow() throws {
    var count = 0
    for scenario in try Vectors.load("03-classic").list("cases") {
      guard let logs = scenario["blocksAlpha9"]?.array else { continue }
      let input = try stream(scenario.list("keys"), logs)
      let causal = try scenario.list("causal").map { try #require($0.array?.first?.string) }
      // The view is the causal stream from its other end.
      let view = try Store().run("ab-linearize", ["view", "--stdin", "--text"], input: input)
      #expect(view.lines == causal.reversed())
      let read = try records("read", input).dropLast()
      var seen: [String: UInt64] = [:]
      for node in read {
        for entry in try node.list("clock") {
          let (core, length) = (try entry.text("core"), try entry.number("length"))
          #expect(seen[core, default: 0] >= length)
        }
        seen[try node.text("core")] = try node.number("seq") + 1
      }
      let values = try read.map { String(decoding: try $0.hex("value"), as: UTF8.self) }
      #expect(values.sorted() == causal.sorted())
      // The same nodes, read by the engine that orders by votes: none comes before what it has seen.
      let order = try records("order", input).filter { $0["type"]?.string == "node" }
      #expect(try order.map { String(decoding: try $0.hex("value"), as: UTF8.self) }.sorted() == causal.sorted())
      count += 1
    }
    #expect(count > 0)
  }

  @Test func storedViewsAreContinuedAndChangeNothing() throws {
    var count = 0
    for script in try Vectors.load("03-classic").list("views") {
      let keys = try script.list("keys")
      let inputs = try script.list("inputBlocks")
      let named = keys.flatMap { ["--input", $0.string ?? ""] }
      func view(_ log: JSON?, _ arguments: [String]) throws -> [String] {
        let output = try script.at("outputKey")
        let input = try stream(keys + [output], inputs + [log ?? []])
        let result = try Store().run("ab-linearize", ["view", "--stdin", "--text"] + arguments, input: input)
        #expect(result.status == 0, "\(result.messages)")
        return result.lines
      }
      let plain = try view(nil, named)
      var recorded: Set<[String]> = []
      for step in try script.list("steps") {
        let from = try ["--output", script.text("outputKey")]
        #expect(try view(step.at("outputBlocks"), named + from) == plain)
        recorded.insert(try step.list("values").compactMap(\.string))
        count += 1
      }
      // The script ends with an input that was taken out: some choice of inputs gives each view of its last steps.
      #expect(recorded.contains(plain))
      let choices = try keys.indices.map { left in
        try view(nil, keys.indices.filter { $0 != left }.flatMap { ["--input", keys[$0].string ?? ""] })
      }
      let last = try #require(try script.list("steps").last).list("values").compactMap(\.string)
      #expect(choices.contains(last))
    }
    #expect(count > 0)
  }
}
