import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

@Suite struct WakeupTests {
  /// A base with many members, of which few are open at a time; everything that comes is read all the same.
  @Test func manyWritersFewOpen() throws {
    var storages: [MemoryBaseStorage] = []
    var bases: [Autobase] = []
    var generator = SeededGenerator(seed: 5)
    let options = Autobase.Options(activeWriters: 4)
    for i in 0..<30 {
      let storage = MemoryBaseStorage(local: KeyPair(seed: try #require(Fixed32(generator.bytes(32)))))
      storages.append(storage)
      bases.append(
        try Autobase(storage, RecordedApplication(), key: i == 0 ? nil : bases[0].key, options: options))
    }
    func key(_ i: Int) throws -> Fixed32 { try #require(bases[i].local).key }
    func copy(_ writer: Fixed32, from i: Int, to j: Int) {
      let (log, copy) = (storages[i].writerLog(writer), storages[j].writerLog(writer))
      copy.manifest = log.manifest
      copy.append(replicated: Array(log.blocks[Int(copy.length)...]))
    }
    let main = bases[0]
    for i in 1..<30 {
      try main.append(Array("{\"add\":\"\(Hex.encode(try key(i).bytes))\",\"indexer\":false}".utf8))
    }
    #expect(main.readers.keys.count <= 4)
    var expected = 0
    for round in 0..<3 {
      for i in 1..<30 {
        copy(main.key, from: 0, to: i)
        try bases[i].advance()
        try bases[i].append(Array("\"\(round) \(i)\"".utf8))
        expected += 1
        // Nobody replicates that log before it is told of.
        #expect(bases[i].announcement == [Checkout(key: try key(i), length: UInt64(round + 1))])
        try main.hint([Autobase.Hint(key: key(i), length: UInt64(round + 1))])
        #expect(
          main.wantedCores.contains { $0.key == (try? key(i)) && $0.isActive && $0.download == .everything })
        // The hint survives a restart, which comes before the blocks do.
        let wakeups = try main.storedWakeups()
        #expect(try wakeups.contains(Checkout(key: key(i), length: UInt64(round + 1))))
        copy(try key(i), from: i, to: 0)
        try main.advance()
        try main.acknowledge()
        #expect(main.readers.keys.count <= 4 + 1)
        #expect(try main.view("view").length == UInt64(expected))
        #expect(try main.storedWakeups().isEmpty && main.announcement.isEmpty)
        // What is final already is no news.
        try main.hint([Autobase.Hint(key: key(i), length: UInt64(round + 1))])
        #expect(try main.storedWakeups().isEmpty)
      }
    }
    #expect(try main.view("view").signedLength == UInt64(expected))
    let again = try Autobase(storages[0], RecordedApplication(), options: options)
    try again.advance()
    #expect(again.readers.keys.count <= 4 && again.length == main.length)
  }

  /// A writer that was opened in a transaction that was undone is opened again.
  @Test func hintIsUndone() throws {
    struct Refused: Error {}
    var cluster = StoreCluster()
    for seed in 1...2 { try cluster.add(seed: UInt8(seed)) }
    let (a, b) = (cluster.bases[0], cluster.bases[1])
    try a.append(cluster.value("a"))
    try a.append(cluster.addition(of: 1, isIndexer: false))
    let key = try #require(b.local).key
    // Nothing of it is stored yet.
    let store = try Corestore.inMemory(primaryKey: Fixed32([UInt8](repeating: 9, count: 32)))
    let reader = try Autobase(store, RecordedApplication(), key: a.key)
    #expect(throws: Refused.self) {
      try store.write {
        try reader.hint([Autobase.Hint(key: key, length: 1)])
        throw Refused()
      }
    }
    cluster.stores.append(store)
    cluster.bases.append(reader)
    cluster.downloaded.append(0)
    try cluster.settle([0, 1])
    try b.append(cluster.value("b"))
    try cluster.settle([0, 1, 2])
    #expect(reader.length == a.length)
    #expect(try reader.view("view").length == 2)
  }

  /// A stranger's log that was told of is read after a restart.
  @Test func hintsAreRemembered() throws {
    let pair = KeyPair(seed: Fixed32())
    let storage = MemoryBaseStorage(local: pair)
    let base = try Autobase(storage, RecordedApplication())
    try base.append(Array("\"a\"".utf8))
    #expect(base.takeLookupRequest() && !base.takeLookupRequest())
    let stranger = try #require(Fixed32([UInt8](repeating: 3, count: 32)))
    try base.hint([Autobase.Hint(key: stranger, length: nil)])
    #expect(try base.storedWakeups().isEmpty)
    try base.hint([Autobase.Hint(key: stranger, length: 5)])
    #expect(try base.storedWakeups() == [Checkout(key: stranger, length: 5)])
    let again = try Autobase(storage, RecordedApplication())
    try again.advance()
    #expect(again.wantedCores.contains { $0.key == stranger && $0.download == .everything })
    #expect(again.readers[stranger]?.announcedLength == 5)
  }

  /// What is heard while a signed state is gathered is asked for again afterwards.
  @Test func hintsWaitForTheFastForward() throws {
    var cluster = StoreCluster()
    for seed in 1...2 { try cluster.add(seed: UInt8(seed)) }
    try cluster.bases[0].append(cluster.value("a"))
    try cluster.settle([0, 1])
    for i in 0..<20 { try cluster.bases[0].append(cluster.value("\(i)")) }
    let reader = cluster.bases[1]
    _ = reader.takeLookupRequest()
    reader.noteRemoteLength(of: reader.system.view.key, cluster.bases[0].length)
    try reader.fastForward(now: 0)
    #expect(reader.isFastForwarding)
    let stranger = try #require(Fixed32([UInt8](repeating: 3, count: 32)))
    try reader.hint([Autobase.Hint(key: stranger, length: 5)])
    #expect(reader.readers[stranger] == nil && !reader.takeLookupRequest())
    try cluster.settle([0, 1])
    #expect(reader.fastForwardCount == 1 && reader.takeLookupRequest())
  }
}
