import JSON
import Registry
import TestSupport
import Testing

/// `ab-linearize explain`, `graph`, and waiting with `status`.
@Suite struct LinearizeGraphTests {
  /// The largest run that the reference recorded without encryption, as a stream of block records.
  private func recordedRun() throws -> (input: [UInt8], bootstrap: String) {
    var best: (lines: [String], bootstrap: String) = ([], "")
    for scenario in try Vectors.load("03-runs-7.28.1").list("scenarios") {
      guard try scenario.at("encryptionKey").isNull else { continue }
      var lines: [String] = []
      for peer in try scenario.list("final") {
        for (seq, block) in try peer.at("oplog").list("blocks").enumerated() {
          let record: JSON = [
            "type": "block", "core": .string(try peer.text("localKey")), "seq": .integer(Int64(seq)), "fork": 0,
            "value": block,
          ]
          lines.append(record.text())
        }
      }
      if lines.count > best.lines.count { best = (lines, try scenario.text("baseKey")) }
    }
    let end: JSON = ["type": "end", "records": .integer(Int64(best.lines.count))]
    return (Array((best.lines + [end.text()]).joined(separator: "\n").utf8), best.bootstrap)
  }

  @Test func graphShowsTheOrder() throws {
    let (input, bootstrap) = try recordedRun()
    let store = Store()
    func run(_ arguments: [String]) throws -> Command.Result {
      try store.run("ab-linearize", arguments + ["--stdin", "--indexer", bootstrap], input: input)
    }
    let order = try run(["order"]).lines.map { try JSON(parsing: $0) }.filter { $0["type"]?.string == "node" }
    let graph = try run(["graph", "--json", "--hex"]).lines.map { try JSON(parsing: $0) }
    #expect(graph.count == order.count && !graph.isEmpty)
    for (node, place) in zip(graph, order) {
      #expect(try node.number("index") == place.number("index"))
      #expect(try node.at("node").number("length") == place.number("seq") + 1)
      #expect(node["indexed"] == place["indexed"])
      #expect(try node.list("heads").count == place.list("heads").count)
    }
    // Every node can be explained, by the names that the graph gives it.
    let names = try graph.prefix(40).map { "\(try $0.at("node").text("core")):\(try $0.at("node").number("length"))" }
    let explained = try run(["explain", "--json"] + names).lines.map { try JSON(parsing: $0) }
    #expect(explained.count == names.count)
    for (explanation, node) in zip(explained, graph) {
      #expect(explanation["index"] == node["index"])
      #expect((explanation["decided"] != nil) == (node["indexed"]?.bool == true))
    }
    #expect(try run(["explain"] + names.prefix(3)).lines.count { $0.hasPrefix("place") } == 3)
  }

  @Test func textKeepsToTheWidth() throws {
    let (input, bootstrap) = try recordedRun()
    let store = Store()
    for width in [40, 72] {
      let arguments = ["graph", "--stdin", "--indexer", bootstrap, "--width", "\(width)", "--limit", "50"]
      let lines = try store.run("ab-linearize", arguments, input: input).lines
      #expect(!lines.isEmpty && lines.allSatisfy { $0.count <= width })
    }
    let dot = try store.run(
      "ab-linearize", ["graph", "--stdin", "--indexer", bootstrap, "--format", "dot"], input: input
    ).lines
    #expect(dot.first == "digraph base {" && dot.last == "}")
  }

  @Test func partsOfTheGraph() throws {
    let (input, bootstrap) = try recordedRun()
    let store = Store()
    func graph(_ arguments: String...) throws -> [JSON] {
      let result = try store.run(
        "ab-linearize", ["graph", "--json", "--stdin", "--indexer", bootstrap] + arguments, input: input)
      return try result.lines.map { try JSON(parsing: $0) }
    }
    let all = try graph()
    #expect(try graph("--since", "2", "--limit", "3") == Array(all[2..<5]))
    #expect(try graph("--limit", "2") == Array(all.suffix(2)))
    let middle = all[all.count / 2]
    let name = "\(try middle.at("node").text("core")):\(try middle.at("node").number("length"))"
    let around = try graph("--around", name, "--limit", "3")
    #expect(around.count == 3 && around.contains(middle))
  }

  @Test func wrongNamesAreRefused() throws {
    let (input, bootstrap) = try recordedRun()
    func status(_ arguments: String...) throws -> Int32 {
      try Store().run("ab-linearize", arguments + ["--stdin", "--indexer", bootstrap], input: input).status
    }
    #expect(try status("explain", "nothing") == 2)
    #expect(try status("explain", "\(bootstrap):0") == 2)
    #expect(try status("explain", "\(bootstrap):99999") == 1)
    #expect(try status("explain", "000000:1") == 1)
    // The empty prefix fits everybody.
    #expect(try status("explain", ":1") == 2)
    #expect(try status("graph", "--around", "\(bootstrap):99999") == 1)
    #expect(try status("graph", "--limit", "0") == 2)
    #expect(try status("graph", "--around", "\(bootstrap):1", "--since", "1") == 2)
    #expect(try status("graph", "--json", "--format", "dot") == 2)
    #expect(try status("graph", "--width", "3") == 2)
  }

  @Test func statusWaitsUntilItIsSo() throws {
    let registry = try RegistryStore()
    try registry.fill(2)
    let before = try JSON(parsing: registry.store.run("ab-linearize", ["status", "--json"]).text)
    let length = try before.list("views")[0].number("indexedLength")
    let waiting = try registry.store.command(
      "ab-linearize", ["status", "--json", "--wait-indexed", "\(length + 1)", "--timeout", "30s"]
    ).start()
    try registry.append(.deleteEntry(EntryName("model-0001")))
    let result = try waiting.finish()
    #expect(result.status == 0, "\(result.messages)")
    let status = try JSON(parsing: result.text)
    #expect(try status.list("waits").isEmpty)
    let late = try registry.store.run(
      "ab-linearize", ["status", "--wait-indexed", "100000", "--timeout", "20ms"])
    #expect(late.status == 3 && late.messages.contains("block 99999 of the view"))
    #expect(try registry.store.run("ab-linearize", ["status", "--wait-synced", "--check"]).status == 0)
    #expect(try registry.store.run("ab-linearize", ["status", "7"]).status == 2)
  }
}
