import CompactEncoding
import Glibc
import HypercoreCrypto
import Registry
import TestSupport
import Testing
import Transport

/// What three nodes of a registry promise, each a process of its own.
@Suite(.timeLimit(.minutes(3))) struct ClusterTests {
  @Test func threeWritersAndAReaderWithTheViewKey() async throws {
    let cluster = try await Cluster.make()
    let before = try await cluster.a.status()
    for (index, node) in cluster.nodes.enumerated() { try await node.put("from \(index)") }
    try await Cluster.expectEqualViews(cluster.nodes)
    for node in cluster.nodes {
      for index in 0..<3 { #expect(try await node.get("from \(index)") != nil) }
      let status = try await node.status()
      #expect(status.viewKey == before.viewKey)
      #expect(status.baseKey == before.baseKey)
      #expect(status.peers >= 2)
    }
    let key = KeyIdentifier.encode(before.viewKey)
    let reader = Store()
    func read(_ arguments: String...) throws -> Command.Result {
      try reader.run("hdb-view", arguments + ["--view", key, "--peer", cluster.b.name])
    }
    let found = try read("get", "-v", "from 1")
    #expect(found.status == 0, "\(found.messages)")
    #expect(found.text.contains("from 1"))
    #expect(found.messages.contains("fetched "))
    #expect(try read("get", "nobody").status == 1)
    #expect(try read("count").text == "3\n")
    #expect(try read("scan", "--json").lines.count == 3)
    #expect(try read("find", "--json", "--type", "text").lines.count == 3)
    // A store that is named keeps what was fetched.
    let kept = try read("get", "-v", "from 2", "--store", reader.path)
    let again = try read("get", "-v", "from 2", "--store", reader.path)
    #expect(kept.status == 0 && again.status == 0)
    #expect(again.messages.contains("fetched 0 of"), "\(again.messages)")
  }

  @Test func aReaderWithoutAPeer() async throws {
    let port = try Listener.closedPort()
    let key = KeyIdentifier.encode(Fixed32())
    let result = try Store().run(
      "hdb-view", ["get", "x", "--view", key, "--peer", "\(key)@127.0.0.1:\(port)", "--timeout", "2s"])
    #expect(result.status == 3, "\(result.messages)")
    // Somebody else who is there is another failure than nobody, as for the other tools.
    let (server, peer) = try ReplicateTests.listen(try ReplicateTests.store("log", lines: 1).store, ["--live"])
    let address = try #require(peer.split(separator: "@").last)
    let strange = try Store().run("hdb-view", ["get", "x", "--view", key, "--peer", "\(key)@\(address)"])
    #expect(strange.status == 4 && strange.messages.contains("hint: "), "\(strange.messages)")
    server.signal(SIGTERM)
    #expect(try server.finish().status == 0)
    let unnamed = try Store().run("hdb-view", ["get", "x", "--peer", "\(key)@127.0.0.1:\(port)"])
    #expect(unnamed.status == 2, "\(unnamed.messages)")
  }

  @Test func aNodeThatIsNoWriterYet() async throws {
    let a = try ClusterNode()
    try await a.put("one")
    let b = try ClusterNode(bootstrap: try await a.status().baseKey, peers: [a])
    try await b.wait("the entry") { $0.viewLength > 1 }
    #expect(try await b.get("one") != nil)
    let refused = try rpcCall([
      "--server", b.name, "put-entry",
      "{\"name\":\"x\",\"driveKey\":\"\(String(repeating: "ab", count: 32))\",\"type\":\"t\"}",
    ])
    #expect(refused.status == 5 && refused.messages.contains("Not writable"), "\(refused.status) \(refused.messages)")
    try await Cluster.add(b, at: a)
    // They follow the message that it is an indexer now, line by line.
    for name in ["Local key: ", "Autobase key: ", "Database view key: ", "RPC server public key: "] {
      try await b.waitForMessage(name)
    }
    try await b.put("two")
    try await Cluster.expectEqualViews([a, b])
    try a.stop()
    try b.stop()
  }

  @Test func oneOfThreeDown() async throws {
    let cluster = try await Cluster.make()
    try cluster.c.crash()
    let before = try await cluster.a.status().signedLength
    try await cluster.a.put("one")
    try await cluster.b.put("two")
    for node in [cluster.a, cluster.b] {
      try await node.wait("two more signed entries") {
        $0.signedLength > before + 1 && $0.signedLength == $0.viewLength
      }
    }
    try cluster.restart(2)
    try await Cluster.expectEqualViews(cluster.nodes)
    #expect(try await cluster.c.get("two") != nil)
  }

  @Test func twoOfThreeDown() async throws {
    let cluster = try await Cluster.make()
    try await Cluster.expectEqualViews(cluster.nodes)
    try cluster.b.crash()
    try cluster.c.crash()
    let before = try await cluster.a.status()
    try await cluster.a.put("one")
    #expect(try await cluster.a.get("one") != nil)
    try await Task.sleep(for: .milliseconds(500))
    let alone = try await cluster.a.status()
    #expect(alone.signedLength == before.signedLength)
    #expect(alone.viewLength > before.viewLength)
    try cluster.restart(1)
    for node in [cluster.a, cluster.b] {
      try await node.wait("the signed entry") { $0.signedLength >= alone.viewLength }
    }
    try cluster.restart(2)
    try await Cluster.expectEqualViews(cluster.nodes)
  }

  @Test func aPartitionThatHeals() async throws {
    let cluster = try await Cluster.make()
    try cluster.c.crash()
    let links = try [cluster.a, cluster.b].map { node in
      guard case .tcp(_, let port) = node.address else { throw CommandError("no port") }
      return try CuttableLink(to: port)
    }
    let peers = zip([cluster.a, cluster.b], links).map { node, link in
      "\(KeyIdentifier.encode(node.serverKey))@127.0.0.1:\(link.port)"
    }
    try cluster.c.start(options: peers.flatMap { ["--peer", $0] })
    try await cluster.a.put("before")
    try await cluster.c.waitForMessage(": connected")
    try await Cluster.expectEqualViews(cluster.nodes)
    for link in links { link.cut() }
    let before = try await cluster.c.status()
    try await cluster.c.waitForMessage("connecting again")
    for i in 0..<5 {
      try await [cluster.a, cluster.b][i % 2].put("here \(i)")
      try await cluster.c.put("there \(i)")
    }
    try await cluster.a.wait("the majority") { $0.signedLength > before.signedLength }
    #expect(try await cluster.c.status().signedLength == before.signedLength)
    #expect(try await cluster.c.get("here 0") == nil)
    for link in links { link.heal() }
    try await Cluster.expectEqualViews(cluster.nodes)
    for node in cluster.nodes {
      for i in 0..<5 {
        #expect(try await node.get("here \(i)") != nil)
        #expect(try await node.get("there \(i)") != nil)
      }
    }
  }

  /// Kills one node after the other in the middle of a load.
  @Test(arguments: [getenv("HYPERTOOLS_LONG") == nil ? 3 : 60])
  func killsInTheMiddleOfALoad(_ kills: Int) async throws {
    let cluster = try await Cluster.make()
    let count = kills * 60
    let servers = cluster.nodes.flatMap { ["--server", $0.name] }
    let caller = try rpcCommand(servers + ["--retries", "30", "--timeout", "30s", "--batch", "put-entry"]).start()
    let key = String(repeating: "ab", count: 32)
    for kill in 0..<kills {
      let lines = (kill * 60..<kill * 60 + 60).map { "{\"name\":\"e\($0)\",\"driveKey\":\"\(key)\",\"type\":\"t\"}\n" }
      try caller.send(Array(lines.joined().utf8))
      let victim = kill % 3
      try caller.wait { output, _ in output.split(separator: "\n").count >= kill * 60 + kill % 50 }
      try cluster.nodes[victim].crash()
      try cluster.restart(victim)
    }
    let result = try caller.finish()
    #expect(result.status == 0, "\(result.messages)")
    #expect(result.lines.count { $0.contains("\"ok\":true") } == count)
    try await Cluster.expectEqualViews(cluster.nodes)
    for node in cluster.nodes {
      for index in 0..<count { #expect(try await node.get("e\(index)") != nil) }
    }
  }
}
