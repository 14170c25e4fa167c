import Autobase
import CompactEncoding
import Corestore
import Hypercore
import Registry
import RegistryNode
import Replication
import TestSupport
import Testing

@Suite struct NodeDriverTests {
  private final class FullDisk: MemoryStorageDisk {
    var isFull = false
    var isDurable: Bool { true }
    func makeDurable() {}
    func willCommit(_ commit: MemoryStorage.Commit) throws { if isFull { throw StoreError.diskFull(path: "disk") } }
  }

  /// A store that fails is tried again after a while, not all the time, and then all goes on.
  @Test func failingStoreIsTriedAgain() throws {
    let (storage, disk) = (MemoryStorage(), FullDisk())
    storage.disk = disk
    let store = try Corestore(storage: storage, secrets: MemorySecrets(), primaryKey: Fixed32())
    let node = try RegistryNode(store)
    var settings = NodeDriver.Settings()
    settings.acknowledging.intervalMilliseconds = 10
    let driver = NodeDriver(
      node, replicator: StoreReplicator(store: store), settings: settings, generator: SeededGenerator(seed: 1))
    driver.start(at: 0)
    disk.isFull = true
    let length = node.base.local?.length ?? 0
    var now: UInt64 = 100
    try node.base.enqueue([1])
    driver.follow(at: now)
    #expect(driver.problem != nil)
    for _ in 0..<10 {
      #expect(driver.problem != nil)
      let deadline = try #require(driver.nextDeadline)
      #expect(deadline > now)
      // Whoever asks in between is told what is stored.
      #expect(try node.base.status().writers.first?.length == length)
      now = deadline
      driver.expire(at: now)
      try node.base.enqueue([1])
      driver.follow(at: now)
    }
    #expect(now >= 10_000)
    disk.isFull = false
    for _ in 0..<4 {
      now = max(now, try #require(driver.nextDeadline))
      driver.expire(at: now)
    }
    #expect(driver.problem == nil)
  }

  /// As long as the records of other writers are not here, after a node went on from a state of others, it tells how it
  /// stands without them, and names what is missing.
  @Test func statusWithoutMembers() throws {
    let store = try Corestore.inMemory(primaryKey: Fixed32())
    let node = try RegistryNode(store)
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<40 {
      let key = try #require(Fixed32(generator.bytes(32)))
      try node.base.append(RegistryOperation.addWriter(WriterKey(key)).encoded())
    }
    #expect(try node.status().writers?.count == 41)
    let system = try #require(try node.base.status().views.last?.key)
    var failure: RegistryNodeError?
    var index: UInt64 = 10
    while failure == nil, index < 60 {
      try store.get(key: system).clear(index..<index + 1)
      try node.base.reload()
      // Where a record that it begins with is gone, the node begins anew.
      try node.base.advance()
      do { _ = try node.members() } catch { failure = error as? RegistryNodeError }
      index += 1
    }
    guard case .membersUnknown(let block, _) = failure else {
      Issue.record("\(failure.map { "\($0)" } ?? "nothing") instead of missing members")
      return
    }
    #expect(block < index)
    let status = try node.status()
    #expect(status.writers == nil)
    #expect(try status.viewKey == node.base.view(RegistryView.name).key)
  }
}
