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
}
