import Corestore
import Hypercore
import HypercoreCrypto
import TestSupport
import Testing

@testable import Replication

/// A head is known whose blocks nobody has any more; somebody has an older head with its blocks.
@Suite struct EarlierHeadTests {
  /// A writer that is gone, a reader with its newest head and perhaps some blocks, and one with an older head and all
  /// blocks of that.
  private struct World {
    let network: TestNetwork
    let writer: TestNode
    let ahead: TestNode
    let behind: TestNode
    let earlier: UInt64

    init(seed: UInt64) throws {
      network = TestNetwork(seed: seed)
      let size = [8, 40, 300].randomElement(using: &network.random) ?? 8
      writer = network.add(try TestNode(testKeyPair(7)))
      ahead = network.add(try TestNode(nil, key: writer.log.key))
      behind = network.add(try TestNode(nil, key: writer.log.key))
      writer.replicator.downloadPolicy = .none
      behind.replicator.downloadPolicy = .everything
      ahead.replicator.downloadPolicy = .everything
      // The first blocks may be known to both.
      try writer.log.append(testBlocks(0..<Int.random(in: 1...size, using: &network.random)))
      let (first, _) = try network.connect(writer, ahead)
      if Bool.random(using: &network.random) { try network.run() }
      first.hangUp()
      try writer.log.append(testBlocks(0..<Int.random(in: 1...size, using: &network.random), "more"))
      let (second, _) = try network.connect(writer, behind)
      try network.run()
      second.hangUp()
      earlier = writer.log.length
      try writer.log.append(testBlocks(0..<Int.random(in: 1...size, using: &network.random), "newest"))
      let end = Int(writer.log.length)
      let start = Int.random(in: 0...end, using: &network.random)
      let some = UInt64(start)..<UInt64(Int.random(in: start...end, using: &network.random))
      ahead.replicator.downloadPolicy = Bool.random(using: &network.random) ? .head : .ranges([some])
      let (third, _) = try network.connect(writer, ahead)
      try network.run()
      third.hangUp()
    }
  }

  @Test(arguments: liveSeeds) func blocksUnderAnOlderHead(seed: UInt64) throws {
    let world = try World(seed: seed)
    let (network, ahead, behind) = (world.network, world.ahead, world.behind)
    #expect(ahead.log.length == world.writer.log.length)
    ahead.replicator.downloadPolicy = .everything
    let (line, _) = try network.connect(ahead, behind)
    try network.run(milliseconds: 10_000)
    #expect(try ahead.log.has(0..<world.earlier))
    #expect(try ahead.log.audit().faults.isEmpty)
    #expect(ahead.replicator.nextDeadline == nil)
    #expect(ahead.replicator.status.peers.allSatisfy { $0.pause == nil })
    #expect(behind.replicator.status.peers.allSatisfy { $0.pause == nil })
    let complete = try ahead.log.has(0..<ahead.log.length)
    #expect(complete == ahead.replicator.status.waits.isEmpty, "\(ahead.replicator.status.waits)")

    // A third one gets everything from the first.
    line.hangUp()
    let third = network.add(try TestNode(nil, key: world.writer.log.key))
    third.replicator.downloadPolicy = .everything
    try network.connect(ahead, third)
    try network.run(milliseconds: 10_000)
    #expect(try third.log.has(0..<world.earlier))
    #expect(try third.log.audit().faults.isEmpty)

    // And all of them everything when the writer is back.
    try network.connect(ahead, behind)
    try network.connect(world.writer, third)
    try network.run(milliseconds: 10_000)
    for node in [ahead, behind, third] {
      #expect(try node.equals(world.writer))
      #expect(try node.log.audit().isSound)
      #expect(node.replicator.status.waits.isEmpty, "\(node.replicator.status.waits)")
    }
  }

  /// Single blocks are fetched the same way.
  @Test(arguments: liveSeeds) func singleBlocks(seed: UInt64) throws {
    let world = try World(seed: seed)
    let ahead = world.ahead
    ahead.replicator.downloadPolicy = .head
    try world.network.connect(ahead, world.behind)
    var arrived = 0
    let wanted = (0..<5).map { _ in UInt64.random(in: 0..<world.earlier, using: &world.network.random) }
    for index in wanted { ahead.replicator.get(index) { if case .success = $0 { arrived += 1 } } }
    try world.network.run(milliseconds: 10_000)
    #expect(arrived == wanted.count)
    for index in wanted { #expect(try ahead.log.get(index) == world.writer.log.get(index)) }
    #expect(try ahead.log.audit().faults.isEmpty)
  }

  /// Heads are known one behind the other, each with the blocks of the one before only.
  @Test(arguments: liveSeeds) func chains(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let writer = network.add(try TestNode(testKeyPair(7)))
    writer.replicator.downloadPolicy = .none
    let readers = try (0..<5).map { _ in network.add(try TestNode(nil, key: writer.log.key)) }
    var (before, length): (TestNode?, UInt64) = (nil, 0)
    for reader in readers {
      try writer.log.append(testBlocks(0..<Int.random(in: 1...40, using: &network.random), "\(writer.log.length)"))
      reader.replicator.downloadPolicy = before == nil ? .everything : .head
      // The last one is shorter than the one that it meets.
      if reader === readers[4] {
        if Bool.random(using: &network.random) { continue }
        let shorter = network.add(try TestNode(testKeyPair(7)))
        for index in 0..<UInt64.random(in: 1...length, using: &network.random) {
          try shorter.log.append([writer.log.get(index) ?? []])
        }
        try network.connect(shorter, reader)
        try network.run()
        for line in network.lines { line.hangUp() }
      } else {
        let (line, _) = try network.connect(writer, reader)
        try network.run()
        line.hangUp()
      }
      reader.replicator.downloadPolicy = .everything
      if let before {
        let (line, _) = try network.connect(before, reader)
        try network.run(milliseconds: 10_000)
        #expect(try reader.log.has(0..<length))
        #expect(try reader.log.audit().isSound)
        #expect(reader.replicator.nextDeadline == nil)
        line.hangUp()
      } else {
        length = reader.log.length
      }
      before = reader
    }
  }

  /// Whatever arrives instead, only what the writer signed is stored.
  @Test(arguments: liveSeeds) func mangledAnswers(seed: UInt64) throws {
    let world = try World(seed: seed)
    let ahead = world.ahead
    ahead.replicator.downloadPolicy = .everything
    let (_, bad) = try world.network.connect(ahead, world.behind)
    world.network.mangle = { line, frame in
      guard line !== bad, frame.count > 60, Bool.random(using: &world.network.random) else { return }
      let position = Int.random(in: 0..<frame.count, using: &world.network.random)
      frame[position] ^= 1 << UInt8.random(in: 0..<8, using: &world.network.random)
    }
    try world.network.run(milliseconds: 10_000)
    #expect(!ahead.log.isFrozen)
    for index in 0..<ahead.log.length {
      if let block = try ahead.log.get(index) { #expect(try block == world.writer.log.get(index)) }
    }
    #expect(try ahead.log.audit().faults.isEmpty)
    world.network.mangle = nil
    for line in world.network.lines { line.hangUp() }
    try world.network.connect(ahead, world.behind)
    try world.network.run(milliseconds: 60_000)
    #expect(try ahead.log.has(0..<world.earlier))
  }

  /// The older head and the newest one are of two histories: as soon as both can be compared, the log is frozen.
  @Test(arguments: liveSeeds) func twoHistories(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let size = [8, 40, 300].randomElement(using: &network.random) ?? 8
    let writer = network.add(try TestNode(testKeyPair(7)))
    let twin = network.add(try TestNode(testKeyPair(7)))
    let common = Int.random(in: 0...size, using: &network.random)
    let older = Int.random(in: 1...size, using: &network.random)
    for node in [writer, twin] where common > 0 { try node.log.append(testBlocks(0..<common)) }
    try twin.log.append(testBlocks(0..<older, "other"))
    try writer.log.append(testBlocks(0..<older + Int.random(in: 1...size, using: &network.random)))
    let readers = try (0..<3).map { _ in network.add(try TestNode(nil, key: writer.log.key)) }
    let (ahead, behind, complete) = (readers[0], readers[1], readers[2])
    for (source, reader) in [(writer, ahead), (twin, behind), (writer, complete)] {
      source.replicator.downloadPolicy = .none
      if reader !== ahead { reader.replicator.downloadPolicy = .everything }
      let (line, _) = try network.connect(source, reader)
      if reader === ahead, Bool.random(using: &network.random) {
        let index = UInt64.random(in: 0..<writer.log.length, using: &network.random)
        reader.replicator.get(index) { _ in }
      }
      try network.run()
      line.hangUp()
    }
    ahead.replicator.downloadPolicy = .everything
    try network.connect(ahead, behind)
    try network.run(milliseconds: 10_000)
    #expect(try ahead.log.isFrozen || ahead.log.has(0..<behind.log.length))
    let wasFrozen = ahead.log.isFrozen
    try network.connect(ahead, complete)
    try network.run(milliseconds: 10_000)
    #expect(ahead.log.isFrozen)
    // Whoever finds out tells those that it meets.
    #expect(wasFrozen ? behind.log.isFrozen : complete.log.isFrozen)
    if !behind.log.isFrozen && !complete.log.isFrozen {
      try network.connect(behind, complete)
      try network.run(milliseconds: 10_000)
      #expect(behind.log.isFrozen && complete.log.isFrozen)
    }
  }
}
