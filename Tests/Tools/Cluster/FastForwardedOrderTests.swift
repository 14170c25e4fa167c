import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import Registry
import TestSupport
import Testing

/// `ab-linearize order`, `graph` and `explain` on stores that do not hold a base from its beginning.
@Suite(.timeLimit(.minutes(3))) struct FastForwardedOrderTests {
  /// What a verb writes of a node's store, and what it says.
  private func run(_ node: ClusterNode, _ arguments: String...) throws -> Command.Result {
    try node.store.run("ab-linearize", arguments)
  }

  private func graph(_ node: ClusterNode) throws -> [JSON] {
    let result = try run(node, "graph", "--json", "--hex")
    #expect(result.status == 0, "\(result.messages)")
    return try result.lines.map { try JSON(parsing: $0) }
  }

  private func name(_ node: JSON) throws -> String {
    "\(try node.at("node").text("core")):\(try node.at("node").number("length"))"
  }

  /// Expects that a graph tells the same as the end of another one, apart from votes for nodes before its first one.
  private func expectEnd(_ part: [JSON], of whole: [JSON]) throws {
    let names = Set(try part.map(name))
    for (row, expected) in zip(part, whole.suffix(part.count)) {
      let name = try name(expected)
      for member in ["node", "indexed", "batch", "valueLength", "vote", "merge", "decided", "yields", "heads"] {
        #expect(row[member] == expected[member], "\(member) of \(name)")
      }
      let votes = try expected.list("votesFor").filter { names.contains(try self.name(["node": $0])) }
      #expect(try row.list("votesFor") == votes)
    }
  }

  @Test func aLateNodeBeginsWithTheSignedState() async throws {
    let a = try ClusterNode()
    let base = try await a.status().baseKey
    let b = try ClusterNode(bootstrap: base, peers: [a])
    try await Cluster.add(b, at: a)
    for index in 0..<20 { try await (index % 2 == 0 ? a : b).put("early \(index)") }
    try await Cluster.expectEqualViews([a, b])
    let c = try ClusterNode(bootstrap: base, peers: [a])
    try await c.waitForMessage("fast-forward from system length")
    for index in 0..<6 { try await (index % 2 == 0 ? a : b).put("late \(index)") }
    try await Cluster.expectEqualViews([a, b, c])
    // Without the other indexer nothing more becomes final.
    try b.crash()
    try await a.put("open")
    let length = try await a.status().viewLength
    try await c.wait("the open entry") { $0.viewLength == length }
    try a.stop()
    try c.stop()

    let (whole, part) = (try graph(a), try graph(c))
    #expect(part.count > 6 && part.count < whole.count - 20)
    try expectEnd(part, of: whole)
    #expect(part.contains { $0["indexed"] == true } && part.last?["indexed"] == false)
    #expect(part.enumerated().allSatisfy { $1["index"] == .integer(Int64($0)) })
    let warning = "the base is not stored here from its beginning: places count from what was final at system length "
    let drawn = try run(c, "graph")
    #expect(drawn.status == 0 && drawn.messages.contains(warning), "\(drawn.messages)")
    #expect(drawn.messages.split(separator: "\n").count == 1)
    #expect(try !run(a, "graph").messages.contains(warning))

    let ordered = try run(c, "order")
    #expect(ordered.status == 0 && ordered.messages.contains(warning), "\(ordered.messages)")
    let nodes = try ordered.lines.map { try JSON(parsing: $0) }.filter { $0["type"] == "node" }
    #expect(nodes.count == part.count)
    for (record, row) in zip(nodes, part) {
      #expect(record["index"] == row["index"] && record["indexed"] == row["indexed"])
      #expect(try record.number("seq") + 1 == row.at("node").number("length"))
    }
    let complete = try run(a, "order").lines.map { try JSON(parsing: $0) }.filter { $0["type"] == "node" }
    #expect(nodes.map { $0["block"] } == complete.suffix(nodes.count).map { $0["block"] })

    for row in [part[0], part[part.count / 2], part[part.count - 1]] {
      let explained = try run(c, "explain", "--json", try name(row))
      #expect(explained.status == 0, "\(explained.messages)")
      let explanation = try JSON(parsing: explained.text)
      #expect(explanation["index"] == row["index"] && explanation["indexed"] == row["indexed"])
      let other = try JSON(parsing: run(a, "explain", "--json", try name(row)).text)
      for member in ["decided", "through", "seenBy", "poll", "wait"] { #expect(explanation[member] == other[member]) }
    }
    #expect(try run(c, "explain", try name(part[0])).text.contains("final before the first place"))
    for arguments in [["explain"], ["graph", "--around"]] {
      let refused = try c.store.run("ab-linearize", arguments + [try name(whole[3])])
      #expect(refused.status == 1 && refused.messages.contains("is final in a place before the first one here"))
    }
  }

  @Test func aLogLacksBlocks() async throws {
    let a = try ClusterNode()
    let b = try ClusterNode(bootstrap: try await a.status().baseKey, peers: [a])
    try await Cluster.add(b, at: a)
    for index in 0..<16 {
      try await (index % 2 == 0 ? a : b).put("entry \(index)")
      // Now and then all is final, and signed.
      if index % 3 == 0 { try await Cluster.expectEqualViews([a, b]) }
    }
    try await Cluster.expectEqualViews([a, b])
    let other = try await b.localKey()
    try a.stop()
    try b.stop()
    let whole = try graph(a)
    let opened = try Corestore(directory: a.store.path, options: StoreOptions())
    let log = try opened.get(key: other)
    let missing = log.length / 2
    try log.clear(missing..<missing + 1)
    let part = try graph(a)
    let gap = try #require(
      whole.firstIndex { (try? name($0)) == "\(other):\(missing + 1)" })
    let lost = whole.count - gap - part.count
    #expect((1..<16).contains(lost) && part.count > 5, "\(lost) of \(whole.count) from \(gap) on")
    try expectEnd(part, of: whole)
    let named = try run(a, "order", KeyIdentifier.encode(other))
    #expect(named.status == 3 && named.messages.contains("block \(missing) of"), "\(named.messages)")
    let drawn = try run(a, "graph", "--input", "registry/local", "--input", KeyIdentifier.encode(other))
    #expect(drawn.status == 1, "\(drawn.messages)")
    #expect(drawn.messages.contains("cannot be placed: block \(missing) is not here"), "\(drawn.messages)")
    let explained = try run(
      a, "explain", "--input", "registry/local", "--input", KeyIdentifier.encode(other), "\(other):\(missing + 2)")
    #expect(explained.status == 3, "\(explained.messages)")
  }
}
