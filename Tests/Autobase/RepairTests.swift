import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

@Suite struct RepairTests {
  private func blocks(_ base: Autobase) throws -> [[UInt8]] {
    let view = try base.view("view")
    return try (0..<view.length).map { try view.block(at: $0) }
  }

  /// Two indexers, one of which has an unsigned tip.
  private func cluster() throws -> StoreCluster {
    var cluster = StoreCluster()
    for seed in 1...2 { try cluster.add(seed: UInt8(seed)) }
    try cluster.bases[0].appendAck()
    try cluster.bases[0].append(cluster.addition(of: 1))
    try cluster.settle([0, 1])
    for i in 0..<3 { try cluster.bases[0].append(cluster.value("\(i)")) }
    try cluster.settle([0, 1])
    for i in 0..<3 { try cluster.bases[0].append(cluster.value("tip \(i)")) }
    return cluster
  }

  /// What is stored beside the signed views is gone or wrong: the base goes back to what is whole, and comes to the same
  /// state again.
  @Test(arguments: ["view", "_system", "both", "record", "boot", "old"])
  func lostTip(what: String) throws {
    var cluster = try cluster()
    let base = cluster.bases[0]
    let (length, expected) = (base.length, try blocks(base))
    #expect(base.signedLength < length && base.indexedLength < length)
    let store = cluster.stores[0]
    for view in base.allViews where what == view.name || what == "both" && view.name != ViewSet.encryptionName {
      try store.get(key: view.key).deleteDraft(named: StoredView.draftName)
    }
    let local = try #require(base.local)
    switch what {
    case "record": for record in try local.records().dropLast() { try local.setRecord(record.key, nil) }
    case "boot":
      var boot = try BootRecord(decoding: try #require(try local.userData(UserDataKey.boot)))
      boot.systemLength -= 1
      try local.setUserData(UserDataKey.boot, boot.encoded())
    case "old":
      // A record of version 0, which points too far.
      let boot = try BootRecord(decoding: try #require(try local.userData(UserDataKey.boot)))
      let old = Writer.bytes(count: 1 + 32 + 1 + 1) { writer in
        writer.uint(0)
        writer.fixed32(boot.key)
        writer.uint(boot.systemLength + 2)
        writer.uint(0)
      }
      try local.setUserData(UserDataKey.boot, old)
    default: break
    }
    let again = try Autobase(store, RecordedApplication())
    try again.advance()
    #expect(again.length == length)
    #expect(try blocks(again) == expected)
    try again.append(cluster.value("on"))
    cluster.bases[0] = again
    try cluster.settle([0, 1])
    #expect(try blocks(cluster.bases[1]) == blocks(again))
    #expect(again.signedLength == cluster.bases[1].signedLength)
    #expect(try again.view("view").signedLength == again.view("view").length)
  }

  @Test func dropsTheTip() throws {
    let cluster = try cluster()
    let base = cluster.bases[0]
    let again = try Autobase(cluster.stores[0], RecordedApplication(), options: Autobase.Options(dropsTip: true))
    #expect(again.length == base.indexedLength)
    try again.advance()
    #expect(again.length == base.length)
    #expect((again.application as? RecordedApplication)?.applied == 3)
    #expect(try blocks(again) == blocks(base))
    try again.rebuildTip()
    try again.advance()
    #expect(again.length == base.length)
  }

  /// A node that knows nothing but the base's key finds the newest signed state by itself.
  @Test func freshNodeFindsTheState() throws {
    var cluster = try cluster()
    try cluster.settle([0, 1])
    for i in 0..<100 { try cluster.bases[i % 2].append(cluster.value("more \(i)")) }
    try cluster.settle([0, 1])
    try cluster.add(seed: 3)
    let fresh = cluster.bases[2]
    // Of the log, the head comes first.
    let (source, copy) = (try cluster.stores[0].get(key: fresh.key), try cluster.stores[2].get(key: fresh.key))
    try copy.apply(
      source.proof(for: ProofRequest(upgrade: .init(start: 0, length: source.length), manifest: true)))
    try fresh.fastForward(now: cluster.now)
    #expect(fresh.isFastForwarding)
    try cluster.settle([0, 1, 2])
    #expect(fresh.fastForwardCount == 1)
    #expect(fresh.length == cluster.bases[0].length)
    #expect(try blocks(fresh) == blocks(cluster.bases[0]))
    #expect(try #require((fresh.application as? RecordedApplication)?.applied) < 10)
    // Of the writers' logs it has only what came after that state.
    #expect(copy.contiguousLength < 10)
  }

  /// Blocks of the signed state that are read at the start are gone: the node starts all the same, and comes to it again.
  @Test(arguments: [1, 20, 60]) func startsWithoutBlocksOfTheSystem(first: UInt64) throws {
    var cluster = try cluster()
    try cluster.settle([0, 1])
    for i in 0..<30 { try cluster.bases[i % 2].append(cluster.value("more \(i)")) }
    try cluster.settle([0, 1])
    let base = cluster.bases[1]
    let (length, expected) = (base.length, try blocks(base))
    let core = try cluster.stores[1].get(key: base.system.view.key)
    try core.clear(first..<core.length - 1)
    let again = try Autobase(cluster.stores[1], RecordedApplication(), options: cluster.options)
    cluster.bases[1] = again
    try cluster.settle([0, 1])
    #expect(again.length >= length)
    #expect(try blocks(again) == expected)
    try cluster.bases[1].append(cluster.value("on"))
    try cluster.settle([0, 1])
    #expect(try blocks(cluster.bases[0]) == blocks(again))
    #expect(try again.view("view").signedLength == again.view("view").length)
  }
}
