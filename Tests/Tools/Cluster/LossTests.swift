import CompactEncoding
import HypercoreCrypto
import JSON
import Registry
import RegistryNode
import TestSupport
import Testing

/// A node that is lost for ever, and what takes its place while the others run.
@Suite struct LossTests {
  private func text(_ key: Fixed32) -> String { KeyIdentifier.encode(key) }

  /// Waits until a node that went on from a signed state has the blocks of that, too.
  private func synced(_ node: ClusterNode) throws {
    let result = try node.store.admin("status", "--wait-synced", "--timeout", "20s")
    #expect(result.status == 0, "\(result.messages)")
  }

  @Test func aLostNodeIsRotatedOut() async throws {
    let cluster = try await Cluster.make()
    let (a, b, c) = (cluster.a, cluster.b, cluster.c)
    for (index, node) in cluster.nodes.enumerated() { try await node.put("before \(index)") }
    try await Cluster.expectEqualViews(cluster.nodes)
    let lost = try await c.localKey()
    try c.crash()

    let d = try ClusterNode(bootstrap: try await a.status().baseKey, peers: [a, b])
    let new = try await d.localKey()
    let dry = try a.store.run("registry-admin", ["rotate", text(lost), text(new), "--dry-run", "--json"])
    #expect(dry.status == 0, "\(dry.messages)")
    #expect(try JSON(parsing: dry.output)["safe"] == true)
    #expect(try await a.status().writers?.contains { $0.key == new } == false)
    let result = try a.store.run("registry-admin", ["rotate", text(lost), text(new)])
    #expect(result.status == 0, "\(result.messages)")
    try await d.waitForMessage("I have become an indexer to the autobase")
    for node in [a, b, d] {
      try await node.wait("the new three indexers") { status in
        let indexers = Set((status.writers ?? []).filter(\.isIndexer).map(\.key))
        return indexers.count == 3 && indexers.contains(new) && !indexers.contains(lost)
      }
    }
    try synced(d)
    try await d.put("at the new one")
    try await Cluster.expectEqualViews([a, b, d])
    for index in 0..<3 { #expect(try await d.get("before \(index)") != nil) }
    let settled = try a.store.admin("status", "--wait-synced", "--wait-indexed", "--timeout", "20s")
    #expect(settled.status == 0, "\(settled.messages)")

    // The old one comes back: it hears that it is out, can write no entry, and changes nothing.
    try c.start(peers: [a, b])
    try await c.waitForMessage("I am no indexer of the autobase any more")
    let before = try await a.status()
    await #expect(throws: (any Error).self) { try await c.put("too late") }
    try await Cluster.expectEqualViews([a, b, c, d])
    let after = try await a.status()
    #expect(after.viewLength == before.viewLength && after.viewKey == before.viewKey)
  }

  @Test func aBackupBecomesTheNewNode() async throws {
    let cluster = try await Cluster.make()
    let (a, b, c) = (cluster.a, cluster.b, cluster.c)
    for i in 0..<5 { try await b.put("before \(i)") }
    let file = b.store.folder.file("node.backup")
    let made = try b.store.admin("backup", "--json", file)
    #expect(made.status == 0, "\(made.messages)")
    #expect(try JSON(parsing: made.output)["verified"] == true)
    // Written after the backup, and seen by the others: restored as it was, the node would split its log.
    for i in 0..<5 { try await b.put("after \(i)") }
    try await Cluster.expectEqualViews(cluster.nodes)
    let lost = try await b.localKey()
    try b.crash()

    let d = try ClusterNode(restoring: file, peers: [a, c])
    let new = try await d.localKey()
    #expect(new != lost)
    let result = try a.store.run("registry-admin", ["rotate", text(lost), text(new)])
    #expect(result.status == 0, "\(result.messages)")
    try await d.waitForMessage("I have become an indexer to the autobase")
    for node in [a, c, d] { try await node.wait("three indexers") { $0.indexerCount == 3 } }
    try synced(d)
    try await d.put("at the restored one")
    try await Cluster.expectEqualViews([a, c, d])
    for i in 0..<5 {
      #expect(try await d.get("before \(i)") != nil)
      #expect(try await d.get("after \(i)") != nil)
    }
    #expect(try d.store.log("verify").status == 0)
  }
}
