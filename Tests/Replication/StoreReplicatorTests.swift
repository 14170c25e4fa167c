import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import Protomux
import TestSupport
import Testing

@testable import Replication

/// What a store does with logs as such: which ones it offers, opens, refuses and forgets.
@Suite struct StoreReplicatorTests {
  /// Two stores that are connected.
  struct Pair {
    let stores: [Corestore]
    let replicators: [StoreReplicator]
    let wire: TestWire

    init(_ change: (inout StoreReplicationSettings) -> Void = { _ in }) throws {
      let stores = [try Corestore.inMemory(), try Corestore.inMemory()]
      var settings = StoreReplicationSettings()
      change(&settings)
      self.stores = stores
      replicators = stores.map { StoreReplicator(store: $0, settings: settings) }
      wire = TestWire(replicators[0], replicators[1])
    }

    func run() throws {
      try wire.run {
        for replicator in replicators { replicator.flush() }
      }
    }
  }

  @Test func aLogThatIsNotStoredIsRejectedAndNotCreated() throws {
    let pair = try Pair()
    let log = try pair.stores[0].get(name: "a")
    var changes: [CorePeerChange] = []
    pair.replicators[0].onPeer = { _, _, change in changes.append(change) }
    pair.replicators[0].activate(log)
    try pair.run()
    #expect(changes == [.rejected])
    #expect(pair.wire.responder.rejected == [PairKey(Replication.protocolName, log.discoveryKey.bytes)])
    #expect(try pair.stores[1].list().isEmpty)
    #expect(pair.wire.initiator.stream?.coreCount == 0)
    // Once the other side has a use for it, the channel is opened from there.
    pair.replicators[1].activate(try pair.stores[1].get(key: log.key))
    try pair.run()
    #expect(changes == [.rejected, .opened])
    #expect(pair.wire.initiator.stream?.coreCount == 1)
  }

  /// The other side may learn of a log later, without saying so. Then it stays open, even if nobody downloads.
  @Test func whatWasRejectedIsOfferedAgain() throws {
    let pair = try Pair()
    let log = try pair.stores[0].get(name: "a")
    pair.replicators[0].activate(log, policy: .none)
    try pair.run()
    var times: [UInt64] = []
    while times.count < 12, let time = pair.replicators[0].nextDeadline {
      pair.replicators[0].expire(at: time)
      try pair.wire.run(now: time) { for replicator in pair.replicators { replicator.flush() } }
      if pair.wire.responder.rejected.count == times.count + 2 { times.append(time) }
    }
    #expect(times.count == 12 && times[0] == 250)
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 <= 64_000 })
    try pair.stores[1].get(key: log.key).setUserData("known", [1])
    let time = try #require(pair.wire.initiator.stream?.nextDeadline)
    pair.replicators[0].expire(at: time)
    try pair.wire.run(now: time) { for replicator in pair.replicators { replicator.flush() } }
    #expect(pair.wire.initiator.stream?.coreCount == 1)
    #expect(pair.replicators[1].core(log.discoveryKey)?.peers.count == 1)
    #expect(pair.wire.initiator.stream?.nextDeadline == nil)
    // What is of no use any more is not.
    let other = try pair.stores[0].get(name: "b")
    pair.replicators[0].activate(other)
    try pair.run()
    #expect(pair.wire.initiator.stream?.nextDeadline != nil)
    pair.replicators[0].deactivate(other.discoveryKey)
    pair.wire.initiator.stream?.expire(at: time + 1_000_000)
    #expect(pair.wire.initiator.stream?.nextDeadline == nil)
  }

  @Test func aStoredLogIsOpenedWhenAskedForAndForgottenLater() throws {
    let pair = try Pair()
    let log = try pair.stores[0].get(name: "a")
    try log.append(block: [1])
    let reader = try pair.stores[1].get(key: log.key)
    pair.replicators[1].activate(reader, policy: .everything)
    try pair.run()
    let served = try #require(pair.replicators[0].core(log.discoveryKey))
    #expect(!pair.replicators[0].isActive(log.discoveryKey))
    #expect(served.peers.count == 1)
    // The reader loses interest: the channel goes, and some looks later the log is closed.
    try pair.wire.cut()
    var time: UInt64 = 0
    var looks = 0
    while let deadline = pair.replicators[0].nextDeadline, looks < 100 {
      time = deadline
      pair.replicators[0].expire(at: time)
      looks += 1
    }
    #expect(pair.replicators[0].core(log.discoveryKey) == nil)
    #expect(looks == StoreReplicationSettings().idleCheckCount)
    #expect(throws: SessionError.self) { try served.log.block(at: 0) }
    #expect(try log.block(at: 0) == [1])
    // Those in use stay.
    #expect(pair.replicators[1].core(log.discoveryKey) != nil)
  }

  @Test func logsInUseAreOfferedInOneBatch() throws {
    let stores = [try Corestore.inMemory(), try Corestore.inMemory()]
    let replicators = stores.map { StoreReplicator(store: $0) }
    for index in 0..<20 { replicators[0].activate(try stores[0].get(name: "\(index)")) }
    let carrier = TestCarrier()
    carrier.mux.cork()
    carrier.stream = replicators[0].attach(
      carrier, role: .initiator, handshakeHash: [UInt8](repeating: 9, count: 64), now: 0)
    carrier.mux.uncork()
    #expect(carrier.mux.takeFrames().count == 1)
    #expect(carrier.stream?.coreCount == 20)
    // One that comes into use later is offered then, once.
    replicators[0].activate(try stores[0].get(name: "new"))
    replicators[0].activate(try stores[0].get(name: "new"))
    #expect(carrier.mux.takeFrames().count == 1)
  }

  @Test func whoMayNotSeeALogIsRejected() throws {
    let pair = try Pair()
    let log = try pair.stores[0].get(name: "a")
    pair.replicators[0].admits = { _, key in key != log.discoveryKey }
    let other = try pair.stores[0].get(name: "b")
    for key in [log.key, other.key] { pair.replicators[1].activate(try pair.stores[1].get(key: key)) }
    try pair.run()
    #expect(pair.replicators[0].core(log.discoveryKey) == nil)
    #expect(pair.replicators[0].core(other.discoveryKey) != nil)
    let closed = try Pair { $0.opensStoredLogs = false }
    let hidden = try closed.stores[0].get(name: "a")
    closed.replicators[1].activate(try closed.stores[1].get(key: hidden.key))
    try closed.run()
    #expect(closed.replicators[0].core(hidden.discoveryKey) == nil)
  }

  @Test func aStrangeIdentifierEndsTheConnection() throws {
    let pair = try Pair()
    _ = try pair.wire.initiator.mux.open(PairKey(Replication.protocolName, [1, 2, 3]))
    #expect(throws: ProtomuxError.self) { try pair.run() }
  }

  @Test func whatIsNotReplicationIsLeftToOthers() throws {
    let pair = try Pair()
    for key in [PairKey("protomux-rpc", [UInt8](repeating: 1, count: 32)), PairKey("wakeup", [1])] {
      _ = try pair.wire.initiator.mux.open(key)
      try pair.run()
      #expect(pair.wire.responder.rejected.last == key)
    }
  }

  @Test func whatSomebodyElseCommittedIsDownloaded() throws {
    let directory = TemporaryDirectory()
    let writer = try Corestore(directory: directory.path)
    let server = try Corestore(directory: directory.path)
    let reader = try Corestore.inMemory()
    let replicators = [StoreReplicator(store: server), StoreReplicator(store: reader)]
    let log = try writer.get(name: "a")
    try log.append([[1], [2], [3]])
    let wire = TestWire(replicators[0], replicators[1])
    let copy = try reader.get(key: log.key)
    replicators[0].activate(try server.get(name: "a"), policy: .none)
    replicators[1].activate(copy)
    let flush = { for replicator in replicators { replicator.flush() } }
    try wire.run(flush: flush)
    #expect(copy.length == 3)
    #expect(copy.contiguousLength == 3)
    try log.append([[4], [5]])
    try replicators[0].logsChanged()
    #expect(server.isDurable)
    try wire.run(flush: flush)
    #expect(copy.contiguousLength == 5)
    #expect(try copy.block(at: 4) == [5])
    try wire.cut()
  }

  /// What came counts from the moment it is stored, whoever closes the channel, before anybody hears of that.
  @Test func trafficIsCountedUntilTheEnd() throws {
    let pair = try Pair()
    let log = try pair.stores[0].get(name: "a")
    try log.append([[1], [2, 2], [3, 3, 3]])
    let key = log.discoveryKey
    pair.replicators[0].activate(log, policy: .none)
    pair.replicators[1].activate(try pair.stores[1].get(key: log.key))
    try pair.run()
    func check(_ comment: Comment) {
      let (up, down) = (pair.replicators[0].traffic[key], pair.replicators[1].traffic[key])
      #expect(up?.blocksUploaded == 3 && up?.bytesUploaded == 6 && up?.blocksDownloaded == 0, comment)
      #expect(down?.blocksDownloaded == 3 && down?.bytesDownloaded == 6 && down?.blocksUploaded == 0, comment)
    }
    check("while it is open")
    for replicator in pair.replicators { replicator.core(key)?.peers.first?.close() }
    check("closed from here")
    try pair.run()
    check("closed from there")
    try pair.wire.cut()
    check("the connection is gone")
  }

  /// A peer that asks for much and reads nothing gets nothing made for it, and everything once it reads.
  @Test func whatIsNotTakenIsNotMade() throws {
    let pair = try Pair()
    let log = try pair.stores[0].get(name: "a")
    let count = 400
    for start in stride(from: 0, to: count, by: 100) {
      try log.append((start..<start + 100).map { [UInt8](repeating: UInt8($0 & 255), count: 10_000) })
    }
    let copy = try pair.stores[1].get(key: log.key)
    pair.replicators[0].activate(log, policy: .none)
    pair.replicators[1].activate(copy)
    let server = pair.wire.initiator
    server.isWritable = false
    try pair.run()
    #expect(copy.length == UInt64(count) || copy.length == 0)
    #expect(copy.contiguousLength == 0)
    #expect(server.mux.queuedByteCount == 0)
    var rounds = 0
    while copy.contiguousLength < UInt64(count), rounds < 10_000 {
      // Takes a little, then stops reading again.
      server.isWritable = true
      server.stream?.outputTaken()
      server.isWritable = false
      #expect(server.mux.queuedByteCount <= StoreReplicationSettings().core.maximumQueuedByteCount + 20_000)
      try pair.run()
      rounds += 1
    }
    #expect(copy.contiguousLength == UInt64(count))
    #expect(try copy.block(at: 399) == log.block(at: 399))
    try pair.wire.cut()
  }
}
