import Autobase
import CompactEncoding
import Glibc
import HypercoreCrypto
import JSON
import Registry
import RegistryNode
import TestSupport
import Testing

/// What `registry-admin status` tells of a node among others, and how it waits.
@Suite struct StatusTests {
  @Test func everyLogAndWriterIsTold() throws {
    let cluster = try RegistryCluster(3)
    try cluster[0].append(.putEntry(cluster.entry("one")))
    try cluster.settle()
    let status = try cluster[0].store.status()
    #expect(status["indexed"] == true && status["waits"] == [])
    #expect(status["peers"] == .null, "no node is running")
    let logs = try #require(status["logs"]?.array)
    #expect(logs.filter { $0["role"] == "local" }.count == 1)
    #expect(logs.filter { $0["role"] == "writer" }.count == 2)
    let roles = Set(logs.compactMap { $0["role"]?.string })
    #expect(roles.isSuperset(of: [RegistryView.name, "_system"]))
    for log in logs {
      #expect(log["percent"] == 100 && log["remoteLength"] == .null && log["frozen"] == false)
      #expect(log["length"] == log["contiguousLength"])
    }
    for writer in try #require(status["writers"]?.array) {
      let seen = writer["lastSeen"]?.unsigned ?? 0
      #expect(writer["up"] == true && seen > 0)
    }
    let text = try cluster[0].admin("status").text
    for word in ["SEEN", "VOTE", "none open", "LOG", "SIGNED", "just now", "writer"] {
      #expect(text.contains(word), "\(word)")
    }
  }

  @Test func whoseVoteIsMissingIsTold() throws {
    let cluster = try RegistryCluster(3)
    try cluster[0].append(.putEntry(cluster.entry("alone")))
    let status = try cluster[0].store.status()
    #expect(status["indexed"] == false)
    let wait = try #require(status["waits"]?.array?.first { $0["reason"] == "votes" })
    let awaited = Set(wait["from"]?.array?.compactMap(\.string) ?? [])
    #expect(awaited == [cluster[1].name, cluster[2].name])
    #expect(wait["needed"] == 1)
    let missing = status["votes"]?.array?.map { Set($0["missing"]?.array?.compactMap(\.string) ?? []) } ?? []
    #expect(!missing.isEmpty && missing.allSatisfy { $0.isSubset(of: awaited) })
    #expect(try cluster[0].admin("status").text.contains("missing"))

    let late = try cluster[0].admin("status", "--wait-indexed", "--timeout", "300ms")
    #expect(late.status == 3 && late.text.isEmpty)
    #expect(late.messages.contains("not indexed within 300ms"))
    #expect(late.messages.contains("hint: waits for votes of 1 of: "), "\(late.messages)")
    #expect(try cluster[0].admin("status", "--wait-synced", "--timeout", "300ms").status == 0, "all is here")

    // It ends as soon as they have voted.
    let waiting = try cluster[0].store.command(
      "registry-admin", ["status", "--wait-indexed", "--wait-synced", "--json", "--timeout", "30s"]
    ).start()
    usleep(100_000)
    try cluster.settle()
    let result = try waiting.finish()
    #expect(result.status == 0, "\(result.messages)")
    #expect(try JSON(parsing: result.output)["indexed"] == true)
  }

  @Test func aNodeWithoutItsRegistryIsNotSynced() throws {
    let cluster = try RegistryCluster(1)
    let late = try cluster.join()
    let result = try late.admin("status", "--wait-synced", "--timeout", "100ms")
    #expect(result.status == 3)
    #expect(result.messages.contains("not synced") && result.messages.contains("bootstrap writer"))
    // The time may be set, as for every tool.
    let time = ["HYPERTOOLS_TIMEOUT": "150ms"]
    let set = try late.store.run("registry-admin", ["status", "--wait-synced"], environment: time)
    #expect(set.status == 3 && set.messages.contains("not synced within 150ms"), "\(set.messages)")
    #expect(try late.store.run("ab-linearize", ["status", "--wait-indexed"], environment: time).status == 3)
    try cluster.settle()
    #expect(try late.admin("status", "--wait-synced", "--timeout", "100ms").status == 0)
  }

  /// A node that runs tells what its peers have.
  @Test func aRunningNodeTellsOfItsPeers() throws {
    let cluster = try RegistryCluster(2)
    let stores = cluster.nodes.map(\.store)
    func run(_ store: Store, _ arguments: [String]) throws -> (RunningCommand, String) {
      let node = try store.command("rpc-serve", ["--listen", "127.0.0.1:0", "--sync", "normal"] + arguments).start()
      try node.wait { _, errors in errors.contains("listening ") && errors.last == "\n" }
      let line = String(decoding: node.errors, as: UTF8.self).split(separator: "\n").first {
        $0.hasPrefix("listening ")
      }
      return (node, String(try #require(line).dropFirst("listening ".count)))
    }
    let (first, address) = try run(stores[0], [])
    let lonely = try stores[0].status()
    let reasons = lonely["waits"]?.array?.compactMap { $0["reason"]?.string } ?? []
    #expect(reasons.contains("peer"))
    #expect(lonely["synced"] == false && lonely["peers"] == [])
    #expect(try stores[0].admin("doctor", "--quick").text.contains("warn  registry  waits for a peer"))
    let (second, _) = try run(stores[1], ["--peer", address])
    for store in stores {
      let result = try store.admin("status", "--wait-synced", "--wait-indexed", "--json", "--timeout", "20s")
      #expect(result.status == 0, "\(result.messages)")
      let status = try JSON(parsing: result.output)
      #expect(status["running"] == true && status["synced"] == true)
      let log = try #require(status["logs"]?.array?.first { $0["role"] == "writer" })
      #expect(log["peers"] == 1 && log["remoteLength"] == log["length"])
    }
    #expect(try stores[1].status()["peers"]?[0]?["connected"] == true)
    // What one commits, the other one has soon.
    try cluster[0].append(.putEntry(cluster.entry("over the wire")))
    for store in stores {
      let deadline = ContinuousClock.now + .seconds(20)
      while try store.status()["entries"] != 1, ContinuousClock.now < deadline { usleep(20_000) }
      #expect(try store.status()["entries"] == 1)
    }
    #expect(try stores[1].admin("status", "--wait-indexed", "--timeout", "20s").status == 0)
    // And when it is gone, that is told.
    first.signal(SIGTERM)
    #expect(try first.finish().status == 0)
    #expect(access(stores[0].path + "/node.status", F_OK) != 0)
    let deadline = ContinuousClock.now + .seconds(20)
    func waits() throws -> [String] {
      try stores[1].status()["waits"]?.array?.compactMap { $0["reason"]?.string } ?? []
    }
    while try !waits().contains("peer"), ContinuousClock.now < deadline { usleep(20_000) }
    #expect(try waits().contains("peer"))
    second.signal(SIGTERM)
    #expect(try second.finish().status == 0)
  }
}
