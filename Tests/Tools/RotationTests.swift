import Autobase
import CompactEncoding
import Hypercore
import HypercoreCrypto
import JSON
import Registry
import RegistryNode
import TestSupport
import Testing

/// Writers that come, go, come back, and take each other's place.
@Suite struct RotationTests {
  private func indexers(_ node: RegistryStore) throws -> Set<Fixed32> {
    Set(try node.node.base.status().indexers)
  }

  @Test func writersAreRemovedAndAddedAgain() throws {
    let cluster = try RegistryCluster(3)
    #expect(try indexers(cluster[1]).count == 3)
    #expect(try cluster[0].admin("remove-writer", cluster[2].name).status == 0)
    try cluster.settle()
    for node in cluster.nodes { #expect(try indexers(node) == [cluster[0].key, cluster[1].key]) }
    #expect(!cluster[2].node.base.isWritable)
    #expect(try cluster[2].admin("add-writer", cluster[2].name).status == 5)
    // Another node brings it back: it has written before, so that it counts at once.
    #expect(try cluster[1].admin("add-writer", cluster[2].name).status == 0)
    try cluster.settle()
    for node in cluster.nodes { #expect(try indexers(node).count == 3) }
    #expect(cluster[2].node.base.isWritable)
    let views = try cluster.nodes.map { try $0.node.status().viewKey }
    #expect(Set(views).count == 1)
  }

  @Test func theLastIndexerStays() throws {
    let cluster = try RegistryCluster(2)
    #expect(try cluster[0].admin("remove-writer", cluster[1].name).status == 0)
    try cluster.settle()
    let result = try cluster[0].admin("remove-writer", cluster[0].name)
    #expect(result.status == 5)
    #expect(result.messages.contains("last indexer"))
    let rotated = try cluster[0].admin("rotate", cluster[0].name, strangerKey, "--force")
    #expect(rotated.status == 5)
    #expect(rotated.messages.contains("last indexer"))
  }

  @Test func whoNeverWroteIsWithdrawn() throws {
    let cluster = try RegistryCluster(1)
    let late = try cluster.join()
    #expect(try cluster[0].admin("add-writer", late.name).status == 0)
    let result = try cluster[0].admin("remove-writer", late.name)
    #expect(result.status == 0)
    #expect(result.messages.contains("withdrawn before its first node"))
    #expect(try cluster[0].admin("status").text.contains("withdrawn"))
    #expect(try cluster[0].admin("remove-writer", late.name).status == 5)
    // Its node writes all the same, as the rules have it, and is removed again.
    try cluster.settle()
    if try indexers(cluster[0]).contains(late.key) {
      #expect(try cluster[0].admin("remove-writer", late.name).status == 0)
      try cluster.settle()
    }
    #expect(try indexers(cluster[0]) == [cluster[0].key])
    #expect(try cluster[0].admin("add-writer", late.name).status == 0)
    try cluster.settle()
    #expect(try indexers(cluster[0]) == [cluster[0].key, late.key])
  }

  @Test func aLostWriterIsReplaced() throws {
    let cluster = try RegistryCluster(3)
    try cluster[2].append(.putEntry(cluster.entry("before")))
    try cluster.settle()
    // The third is lost, with something that nobody has seen.
    try cluster[2].append(.putEntry(cluster.entry("unseen")))
    let new = try cluster.join()
    let (lost, key) = (cluster[2], try cluster[0].node.status().viewKey)

    let dry = try cluster[0].admin("rotate", lost.name, new.name, "--dry-run", "--json")
    #expect(dry.status == 0, "\(dry.messages)")
    let plan = try JSON(parsing: dry.output)
    #expect(plan["appended"] == false && plan["safe"] == true)
    let quorum = try #require(plan["quorum"]?.array)
    #expect(quorum.map { $0["phase"]?.string } == ["before", "during", "after"])
    #expect(quorum.map { $0["indexers"]?.array?.count } == [3, 2, 3])
    #expect(quorum.map { $0["needed"] } == [2, 2, 2])
    #expect(quorum[1]["up"]?.array?.count == 2)

    let before = cluster[0].node.base.local?.length ?? 0
    let result = try cluster[0].admin("rotate", lost.name, new.name)
    #expect(result.status == 0, "\(result.messages)")
    #expect(result.text.contains("QUORUM") && result.text.contains("Successfully replaced"))
    #expect(cluster[0].node.base.local?.length == before + 2, "one batch of two operations")
    #expect(try JSON(parsing: cluster[0].admin("rotate", lost.name, new.name, "--json").output)["appended"] == false)
    try cluster.settle([0, 1, 3])
    for node in [cluster[0], cluster[1], new] {
      #expect(try indexers(node) == [cluster[0].key, cluster[1].key, new.key])
      #expect(try node.node.view.get("before") != nil)
    }
    #expect(try cluster[0].node.status().viewKey != key)
    // What the old one wrote later changes nothing.
    let length = try cluster[0].node.status().viewLength
    try cluster.settle()
    #expect(try cluster[0].node.view.get("unseen") == nil)
    #expect(try cluster[0].node.status().viewLength == length)
    #expect(!lost.node.base.isWritable)
  }

  @Test func whatWouldStrandTheRegistryIsRefused() throws {
    let cluster = try RegistryCluster(3)
    // Nothing of the others was heard of for a day.
    for node in cluster.nodes[1...] {
      try cluster[0].store.sql(
        "UPDATE areas SET timestamp = timestamp - 86400000 WHERE core = (SELECT id FROM cores WHERE key = x'\(node.key)')"
      )
    }
    for arguments in [["--dry-run"], [], ["--json"]] {
      let result = try cluster[0].store.run(
        "registry-admin", ["rotate", cluster[2].name, strangerKey] + arguments)
      #expect(result.status == 5, "\(arguments)")
      #expect(result.messages.contains("2 of 3 indexers, 1 seem to be up"), "\(result.messages)")
      #expect(result.messages.contains("hint: start these first: \(cluster[1].name) (seen 24 h ago)"))
    }
    #expect(try cluster[0].node.base.members().count == 3)
    #expect(
      try cluster[0].admin("rotate", cluster[2].name, strangerKey, "--seen-within", "2d", "--dry-run").status == 0)
    #expect(try cluster[0].admin("rotate", cluster[2].name, strangerKey, "--force").status == 0)
    // Half done is not done: nobody votes, so that the members are what they were wherever it counts.
    #expect(try indexers(cluster[0]).contains(cluster[2].key))
    let again = try cluster[0].admin("rotate", cluster[1].name, "b" + strangerKey.dropFirst(), "--dry-run")
    #expect(again.status == 5)
    #expect(again.messages.contains("under way"), "\(again.messages)")
  }

  /// Entries wait for votes, and nobody has said anything for a while.
  @Test func whoIsSilentIsNotUp() throws {
    let cluster = try RegistryCluster(3)
    try cluster[0].append(.putEntry(cluster.entry("waiting")))
    #expect(try cluster[0].admin("rotate", cluster[2].name, strangerKey, "--dry-run").status == 0, "just now")
    try cluster[0].store.sql("UPDATE areas SET timestamp = timestamp - 20000")
    for node in cluster.nodes[1...] {
      try cluster[0].store.sql(
        "UPDATE areas SET timestamp = timestamp - 9000 WHERE core = (SELECT id FROM cores WHERE key = x'\(node.key)')")
    }
    let result = try cluster[0].admin("rotate", cluster[2].name, strangerKey, "--dry-run")
    #expect(result.status == 5 && result.messages.contains("1 seem to be up"), "\(result.messages)")
  }

  @Test func twoIndexersNeedBoth() throws {
    let cluster = try RegistryCluster(2)
    try cluster[0].store.sql(
      "UPDATE areas SET timestamp = 1 WHERE core = (SELECT id FROM cores WHERE key = x'\(cluster[1].key)')")
    let result = try cluster[0].admin("rotate", cluster[1].name, strangerKey)
    #expect(result.status == 5)
    #expect(result.messages.contains("2 of 2 indexers"))
  }

  @Test func rotationsThatMakeNoSense() throws {
    let cluster = try RegistryCluster(2)
    let stranger = try cluster.join()
    for (lost, new, status) in [
      (cluster[1].name, cluster[1].name, 2 as Int32), (stranger.name, strangerKey, 5),
      (cluster[1].name, cluster[0].name, 5), ("abc", strangerKey, 2),
    ] {
      let result = try cluster[0].admin("rotate", lost, new)
      #expect(result.status == status, "\(lost) \(new): \(result.messages)")
      #expect(!result.messages.isEmpty)
    }
    #expect(try stranger.admin("rotate", cluster[1].name, stranger.name).status == 5)
    #expect(try cluster[0].node.base.members().count == 2)
  }
}

extension RegistryCluster {
  func entry(_ name: String) -> Entry { Entry(name: name, driveKey: nodes[0].key, type: "text") }
}
