import CompactEncoding
import Corestore
import Glibc
import Hypercore
import HypercoreCrypto
import TestSupport
import Testing

@testable import Replication

/// Few seeds in every run, many when the environment asks for it.
let liveSeeds: Range<UInt64> = 0..<(getenv("HYPERTOOLS_LONG") == nil ? 6 : 300)

/// Two or more replicators against each other, with delays and orders from a seed.
@Suite struct LiveTests {

  private func pair(
    _ network: TestNetwork, _ policy: DownloadPolicy, blocks: Int = 0, settings: ReplicationSettings = .init()
  ) throws -> (TestNode, TestNode) {
    let writer = network.add(try TestNode(testKeyPair(7), settings: settings))
    let reader = network.add(try TestNode(nil, key: writer.log.key, settings: settings))
    reader.replicator.downloadPolicy = policy
    writer.replicator.downloadPolicy = .none
    if blocks > 0 { try writer.log.append(testBlocks(0..<blocks)) }
    return (writer, reader)
  }

  @Test(arguments: liveSeeds) func everything(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let (writer, reader) = try pair(network, .everything, blocks: Int.random(in: 0...500, using: &network.random))
    try network.connect(writer, reader)
    try network.run()
    #expect(try reader.equals(writer))
    for _ in 0..<10 {
      let count = Int.random(in: 1...20, using: &network.random)
      try writer.append(testBlocks(0..<count, "more"))
      if Bool.random(using: &network.random) { try network.run() }
    }
    try network.run()
    #expect(try reader.equals(writer))
    #expect(reader.replicator.status.waits.isEmpty, "\(reader.replicator.status.waits)")
  }

  @Test(arguments: liveSeeds) func sparse(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let (writer, reader) = try pair(network, .none, blocks: 300)
    try network.connect(writer, reader)
    var wanted: Set<UInt64> = []
    var arrived: Set<UInt64> = []
    for _ in 0..<50 {
      let index = UInt64.random(in: 0..<300, using: &network.random)
      wanted.insert(index)
      reader.replicator.get(index) { result in if case .success = result { arrived.insert(index) } }
      if Int.random(in: 0..<4, using: &network.random) == 0 { try network.run() }
    }
    try network.run()
    #expect(arrived == wanted)
    for index in UInt64(0)..<300 { #expect(try reader.log.has(index) == wanted.contains(index)) }
    for index in wanted { #expect(try reader.log.get(index) == writer.log.get(index)) }
  }

  /// A request that is overdue, with nobody else to ask, is no reason to wake up again and again.
  @Test func overdueRequestsAreQuiet() throws {
    let network = TestNetwork(seed: 1)
    let (writer, reader) = try pair(network, .none, blocks: 10)
    let other = network.add(try TestNode(nil, key: writer.log.key))
    try network.connect(writer, reader)
    try network.connect(other, reader)
    try network.run()
    reader.replicator.get(3) { _ in }
    let deadline = try #require(reader.replicator.nextDeadline)
    reader.replicator.expire(at: deadline)
    #expect(reader.replicator.nextDeadline == nil)
    try network.run()
    #expect(try reader.log.has(3))
  }
}

/// Logs that are cut, cleared, damaged and contradicted.
@Suite struct LiveChangeTests {

  private func pair(
    _ network: TestNetwork, blocks: Int = 0, policy: DownloadPolicy = .everything
  ) throws -> (TestNode, TestNode) {
    let writer = network.add(try TestNode(testKeyPair(7)))
    let reader = network.add(try TestNode(nil, key: writer.log.key))
    reader.replicator.downloadPolicy = policy
    writer.replicator.downloadPolicy = .none
    if blocks > 0 { try writer.log.append(testBlocks(0..<blocks)) }
    return (writer, reader)
  }

  @Test(arguments: liveSeeds) func truncations(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let (writer, reader) = try pair(network, blocks: 60)
    try network.connect(writer, reader)
    for round in 0..<8 {
      if Bool.random(using: &network.random) { try network.run() }
      try writer.truncate(to: UInt64.random(in: 0...writer.log.length, using: &network.random))
      if Bool.random(using: &network.random) { try network.run() }
      try writer.append(testBlocks(0..<Int.random(in: 0...40, using: &network.random), "fork \(round)"))
    }
    // An empty log cannot prove its fork; it is followed when it has a block.
    try writer.append(testBlocks(0..<1, "end"))
    try network.run()
    #expect(try reader.equals(writer))
    #expect(reader.replicator.status.peers.allSatisfy { $0.pause == nil })
  }

  /// The reader is away while the log is cut anywhere and grows again.
  @Test(arguments: liveSeeds) func reorgsAtAnyDepth(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let (writer, reader) = try pair(network, blocks: Int.random(in: 1...300, using: &network.random))
    let (line, _) = try network.connect(writer, reader)
    try network.run()
    line.hangUp()
    let kept = UInt64.random(in: 0...writer.log.length, using: &network.random)
    try writer.truncate(to: kept)
    try writer.append(testBlocks(0..<Int.random(in: 1...300, using: &network.random), "other"))
    reader.replicator.downloadPolicy = .head
    try network.connect(writer, reader)
    try network.run()
    #expect(reader.log.fork == 1)
    // Whatever is shared was not lost.
    #expect(try reader.log.has(0..<kept))
    reader.replicator.downloadPolicy = .everything
    try network.run()
    #expect(try reader.equals(writer))
  }

  @Test(arguments: liveSeeds) func clears(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let (writer, reader) = try pair(network, blocks: 200, policy: .head)
    try network.connect(writer, reader)
    try network.run()
    var cleared: Set<UInt64> = []
    for _ in 0..<5 {
      let start = UInt64.random(in: 0..<190, using: &network.random)
      let range = start..<start + UInt64.random(in: 1...10, using: &network.random)
      cleared.formUnion(range)
      try writer.clear(range)
    }
    reader.replicator.downloadPolicy = .everything
    try network.run()
    for index in UInt64(0)..<200 { #expect(try reader.log.has(index) == !cleared.contains(index)) }
    #expect(reader.replicator.status.waits.contains { if case .holder = $0 { true } else { false } })
    #expect(reader.replicator.status.peers.allSatisfy { $0.pause == nil })
  }

  /// Blocks in a row count on each other; when one is missing, the others come all the same.
  @Test(arguments: liveSeeds) func gapsInRuns(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let (writer, reader) = try pair(network, blocks: 130, policy: .head)
    try network.connect(writer, reader)
    try network.run()
    let gaps = Set((0..<3).map { _ in UInt64.random(in: 0..<130, using: &network.random) } + [0, 64])
    for gap in gaps { try writer.log.clear(gap..<gap + 1) }
    reader.replicator.downloadPolicy = .everything
    try network.run()
    for index in UInt64(0)..<130 { #expect(try reader.log.has(index) == !gaps.contains(index)) }
    #expect(reader.replicator.waiting.isEmpty)
    #expect(reader.replicator.status.peers.allSatisfy { $0.pause == nil })
  }

  /// Many blocks asked for one by one are answered the newest first, and lead up to each other.
  @Test func manyAsks() throws {
    let network = TestNetwork(seed: 8)
    let (writer, reader) = try pair(network, blocks: 500, policy: .head)
    try network.connect(writer, reader)
    try network.run()
    var arrived = 0
    for index in UInt64(0)..<500 { reader.replicator.get(index) { if case .success = $0 { arrived += 1 } } }
    try network.run()
    #expect(arrived == 500)
    #expect(writer.replicator.status.peers[0].blocksUploaded <= 520)
  }

  /// What a peer has is asked again when a drop made it unknown.
  @Test func forgottenBlocks() throws {
    let network = TestNetwork(seed: 7)
    let (writer, middle) = try pair(network, blocks: 200, policy: .ranges([10..<150]))
    let reader = network.add(try TestNode(nil, key: writer.log.key))
    let (line, _) = try network.connect(writer, middle)
    try network.connect(middle, reader)
    try network.run()
    var arrived: [UInt64] = []
    func get(_ index: UInt64) throws {
      reader.replicator.get(index) { if case .success = $0 { arrived.append(index) } }
      try network.run()
    }
    try get(12)
    try get(5)
    #expect(arrived == [12])
    middle.replicator.downloadPolicy = .everything
    try network.run()
    #expect(arrived == [12, 5])
    line.hangUp()
    try middle.clear(20..<30)
    try network.run()
    try get(25)
    try get(40)
    #expect(arrived == [12, 5, 40])
  }

  /// Four nodes, each connected to each; only one has the blocks at first.
  @Test(arguments: liveSeeds) func mesh(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let (writer, first) = try pair(network, blocks: 400)
    var readers = [first]
    for _ in 0..<2 {
      let reader = network.add(try TestNode(nil, key: writer.log.key))
      reader.replicator.downloadPolicy = .everything
      readers.append(reader)
    }
    let all = [writer] + readers
    for a in all.indices { for b in all.indices where b > a { try network.connect(all[a], all[b]) } }
    for _ in 0..<3 {
      try network.run()
      try writer.append(testBlocks(0..<7, "more"))
    }
    try network.run()
    for reader in readers { #expect(try reader.equals(writer)) }
    let uploads = readers.flatMap { $0.replicator.status.peers.map(\.blocksDownloaded) }.reduce(0, +)
    #expect(uploads < 3 * writer.log.length * 2, "few blocks come twice")
  }

  /// The writer is only reached through others.
  @Test func chain() throws {
    let network = TestNetwork(seed: 1)
    let (writer, middle) = try pair(network, blocks: 100)
    let end = network.add(try TestNode(nil, key: writer.log.key))
    end.replicator.downloadPolicy = .everything
    try network.connect(writer, middle)
    try network.connect(middle, end)
    try network.run()
    try writer.append(testBlocks(0..<3, "more"))
    try network.run()
    #expect(try end.equals(writer))
  }

  /// Blocks are asked of another peer when one does not send them.
  @Test func stalledPeer() throws {
    let network = TestNetwork(seed: 2)
    let (writer, reader) = try pair(network, blocks: 50, policy: .head)
    let other = network.add(try TestNode(nil, key: writer.log.key))
    other.replicator.downloadPolicy = .everything
    try network.connect(writer, other)
    try network.run()
    let (_, stalled) = try network.connect(other, reader)
    try network.run()
    network.stalled = [ObjectIdentifier(stalled)]
    reader.replicator.downloadPolicy = .everything
    try network.run()
    #expect(reader.replicator.status.waits.contains { if case .blocks = $0 { true } else { false } })
    try network.connect(writer, reader)
    try network.run(milliseconds: 60_000)
    #expect(try reader.equals(writer))
  }

  /// One peer sends damaged blocks: it is not asked again, and the rest comes from the other.
  @Test(arguments: liveSeeds) func damagedBlocks(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let (writer, reader) = try pair(network, blocks: 200)
    let other = network.add(try TestNode(nil, key: writer.log.key))
    other.replicator.downloadPolicy = .everything
    try network.connect(writer, other)
    try network.run()
    let (_, bad) = try network.connect(other, reader)
    try network.connect(writer, reader)
    let blockMarker = Array("block-1".utf8)
    network.mangle = { line, frame in
      guard line === bad, frame.count > 40 else { return }
      for position in 0..<frame.count - blockMarker.count
      where Array(frame[position..<position + blockMarker.count]) == blockMarker { frame[position] ^= 1 }
    }
    try network.run(milliseconds: 5_000)
    #expect(try reader.equals(writer))
    let pauses = reader.replicator.status.peers.compactMap(\.pause)
    for pause in pauses { if case .refusals = pause { Issue.record("\(pause)") } }
  }

  /// A key pair that signs two histories of one length is found out, and both sides stop.
  @Test(arguments: liveSeeds) func equivocation(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let one = network.add(try TestNode(testKeyPair(7)))
    let two = network.add(try TestNode(testKeyPair(7)))
    let count = Int.random(in: 1...10, using: &network.random)
    let more = Int.random(in: 1...10, using: &network.random)
    try one.log.append(testBlocks(0..<count))
    try two.log.append(testBlocks(0..<count + more, "other"))
    var failure: ReplicationError?
    one.replicator.get(UInt64(count + more - 1)) { if case .failure(let error) = $0 { failure = error } }
    try network.connect(one, two)
    try network.run(milliseconds: 10_000)
    #expect(one.log.isFrozen)
    #expect(two.log.isFrozen)
    #expect(failure == .frozen)
    for node in [one, two] {
      #expect(node.replicator.status.waits == [.frozen])
      #expect(node.replicator.peers.isEmpty)
    }
  }

  /// Two histories of one length look alike in everything that peers tell by themselves.
  @Test(arguments: liveSeeds) func equivocationAtOneLength(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let writer = network.add(try TestNode(testKeyPair(7)))
    let twin = network.add(try TestNode(testKeyPair(7)))
    let count = Int.random(in: 1...10, using: &network.random)
    try writer.log.append(testBlocks(0..<count))
    try twin.log.append(testBlocks(0..<count, "other"))
    try network.connect(writer, twin)
    try network.run(milliseconds: 10_000)
    #expect(writer.log.isFrozen && twin.log.isFrozen)
  }

  @Test(arguments: liveSeeds) func seeks(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let (writer, reader) = try pair(network, policy: .none)
    try writer.log.append((0..<100).map { [UInt8](repeating: 1, count: $0 % 17) })
    try network.connect(writer, reader)
    for _ in 0..<20 {
      let bytes = UInt64.random(in: 0...writer.log.byteLength, using: &network.random)
      var found: [UInt64] = []
      reader.replicator.seek(bytes: bytes) { result in
        if case .success(let place) = result { found = [place.index, place.offset] }
      }
      try network.run()
      let expected = try #require(try writer.log.seek(bytes: bytes))
      #expect(found == [expected.index, expected.offset], "byte \(bytes)")
    }
    #expect(try reader.log.has(0) == false)
  }

  @Test func updates() throws {
    let network = TestNetwork(seed: 3)
    let (writer, reader) = try pair(network, blocks: 5, policy: .none)
    var results: [Bool] = []
    try network.connect(writer, reader)
    reader.replicator.update { results.append($0) }
    try network.run()
    #expect(results == [true])
    #expect(reader.log.length == 5)
    reader.replicator.update { results.append($0) }
    #expect(results == [true, false])
    try writer.append(testBlocks(0..<1))
    try network.run()
    #expect(reader.log.length == 5)
    reader.replicator.update { results.append($0) }
    try network.run()
    #expect(results == [true, false, true])
  }

  /// What is asked for inside a transaction takes effect after it.
  @Test func asksInsideTransactions() throws {
    let network = TestNetwork(seed: 6)
    let (writer, reader) = try pair(network, blocks: 5, policy: .none)
    try network.connect(writer, reader)
    try network.run()
    var arrived = 0
    try reader.store.write { reader.replicator.get(3) { if case .success = $0 { arrived += 1 } } }
    try reader.store.read { reader.replicator.get(4) { if case .success = $0 { arrived += 1 } } }
    #expect(reader.replicator.nextDeadline != nil)
    try network.run()
    #expect(arrived == 2)
    try writer.store.write {
      try writer.append(testBlocks(0..<1))
    }
    reader.replicator.downloadPolicy = .everything
    try network.run()
    #expect(try reader.equals(writer))
  }

  @Test func cancelledRequests() throws {
    let network = TestNetwork(seed: 4)
    let (writer, reader) = try pair(network, blocks: 5, policy: .none)
    var results: [ReplicationError?] = []
    let tokens = (0..<10).map { index in
      reader.replicator.get(index) {
        if case .failure(let error) = $0 { results.append(error) } else { results.append(nil) }
      }
    }
    try network.connect(writer, reader)
    for token in tokens[5...] { reader.replicator.cancel(token) }
    try network.run()
    #expect(results.filter { $0 == .cancelled }.count == 5)
    #expect(results.filter { $0 == nil }.count == 5)
    #expect(reader.replicator.status.waits.isEmpty)
    reader.replicator.get(20) { if case .failure(let error) = $0 { results.append(error) } }
    reader.replicator.close()
    #expect(results.last == .some(.closed))
  }
}
