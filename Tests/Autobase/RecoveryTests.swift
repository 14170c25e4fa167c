import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

@Suite struct RecoveryTests {
  /// A writer whose store went back in time must not write before it knows what it has written.
  @Test func lostTail() throws {
    var cluster = StoreCluster()
    for seed in 1...2 { try cluster.add(seed: UInt8(seed)) }
    let (a, b) = (cluster.bases[0], cluster.bases[1])
    try a.appendAck()
    try a.append(cluster.addition(of: 1, isIndexer: false))
    try cluster.settle([0, 1])
    for i in 0..<5 { try b.append(cluster.value("\(i)")) }
    try cluster.settle([0, 1])
    // The same writer over an empty store: it knows nothing of its five nodes.
    let store = try Corestore.inMemory(primaryKey: Fixed32([UInt8](repeating: 2, count: 32)))
    let base = try Autobase(store, RecordedApplication(), key: a.key)
    #expect(try #require(base.local).key == b.local?.key && base.local?.length == 0)
    try base.beginRecovery()
    cluster.stores[1] = store
    cluster.bases[1] = base
    #expect(throws: AutobaseError.notWritable) { try base.append(cluster.value("no")) }
    #expect(try !base.confirmLocalLength([], now: 0))
    #expect(try !base.confirmLocalLength([.init(length: 5, isSynced: true)], now: 10_000))
    #expect(try base.status().obstacle == .recovering(length: 0))
    try cluster.settle([0, 1])
    #expect(base.local?.length == 5 && !base.isWritable)
    // A restart does not end it.
    let again = try Autobase(store, RecordedApplication())
    #expect(again.isRecovering)
    // A peer that has said nothing yet, then one that has as much, for long enough.
    #expect(try !base.confirmLocalLength([.init(length: 0, isSynced: false)], now: 20_000))
    #expect(base.recoveryDeadline == nil)
    #expect(try !base.confirmLocalLength([.init(length: 5, isSynced: true)], now: 30_000))
    #expect(base.recoveryDeadline == 38_000)
    #expect(try !base.confirmLocalLength([.init(length: 5, isSynced: true)], now: 37_999))
    #expect(try base.confirmLocalLength([.init(length: 5, isSynced: true)], now: 38_000))
    try base.append(cluster.value("on"))
    #expect(base.local?.length == 6)
    try cluster.settle([0, 1])
    #expect(try a.view("view").length == 6)
  }

  /// Nobody has said that anything was lost: the node finds out when it reads what others have seen of it.
  @Test func unnoticedLoss() throws {
    var cluster = StoreCluster()
    for seed in 1...2 { try cluster.add(seed: UInt8(seed)) }
    let (a, b) = (cluster.bases[0], cluster.bases[1])
    try a.appendAck()
    try a.append(cluster.addition(of: 1, isIndexer: false))
    try cluster.settle([0, 1])
    for i in 0..<5 { try b.append(cluster.value("\(i)")) }
    try cluster.settle([0, 1])
    // An old copy of the store, with the first two blocks of its log.
    let store = try Corestore.inMemory(primaryKey: Fixed32([UInt8](repeating: 2, count: 32)))
    let old = try store.get(name: CorestoreStorage.localName)
    try old.append(try (0..<2).map { try #require(b.local).block(at: $0) })
    let base = try Autobase(store, RecordedApplication(), key: a.key)
    #expect(!base.isRecovering)
    // It has the others' logs, and nobody who has its own.
    let (log, copy) = (try cluster.stores[0].get(key: a.key), try store.get(key: a.key))
    try copy.apply(log.proof(for: ProofRequest(upgrade: .init(start: 0, length: log.length), manifest: true)))
    for index in 0..<log.length {
      try copy.apply(
        log.proof(for: ProofRequest(block: .init(index: index, nodes: try copy.missingNodes(block: index)))))
    }
    try base.advance()
    #expect(base.isRecovering && !base.isWritable)
    #expect(throws: AutobaseError.notWritable) { try base.append(cluster.value("second history")) }
    #expect(base.local?.length == 2)
    // A peer with no more than this cannot confirm it, since others have seen more.
    #expect(try !base.confirmLocalLength([.init(length: 2, isSynced: true)], now: 0))
    #expect(try !base.confirmLocalLength([.init(length: 2, isSynced: true)], now: 100_000))
    cluster.stores[1] = store
    cluster.bases[1] = base
    try cluster.settle([0, 1])
    #expect(base.local?.length == 5)
    #expect(try !base.confirmLocalLength([.init(length: 5, isSynced: true)], now: 200_000))
    #expect(try base.confirmLocalLength([.init(length: 5, isSynced: true)], now: 208_000))
    try base.append(cluster.value("on"))
    try cluster.settle([0, 1])
    #expect(try a.view("view").length == 6)
  }

  /// A store without secrets opens as a reader, keeps its state, and follows.
  @Test func withoutSecrets() throws {
    let storage = MemoryStorage()
    let store = try Corestore(storage: storage, secrets: MemorySecrets())
    let base = try Autobase(store, RecordedApplication())
    try base.append(Array("\"a\"".utf8))
    let length = base.length
    let backup = try Corestore(storage: storage, secrets: MemorySecrets())
    let reader = try Autobase(backup, RecordedApplication())
    #expect(reader.key == base.key && reader.length == length && !reader.isWritable)
    #expect(throws: AutobaseError.notWritable) { try reader.append(Array("\"b\"".utf8)) }
    #expect(try !reader.needsAck() && !reader.acknowledge())
    try reader.advance()
    // A store in which nothing is named follows a base whose key it is given, and remembers where it stands.
    let bare = MemoryStorage()
    _ = try Corestore(storage: bare, secrets: MemorySecrets())
    let follower = try Corestore(storage: bare, secrets: MemorySecrets())
    #expect(throws: AutobaseError.self) { try Autobase(follower, RecordedApplication()) }
    var cluster = StoreCluster()
    cluster.stores = [store, follower]
    cluster.bases = [base, try Autobase(follower, RecordedApplication(), key: base.key)]
    cluster.downloaded = [0, 0]
    try cluster.settle([0, 1])
    #expect(cluster.bases[1].length == base.length && !cluster.bases[1].isWritable)
    let again = try Autobase(follower, RecordedApplication(), key: base.key)
    try again.advance()
    #expect(again.length == base.length && (again.application as? RecordedApplication)?.applied == 0)
  }
}
