import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import Protomux
import TestSupport
import Testing

@testable import Replication

/// A whole session is recorded, and played again with one byte changed.
@Suite struct MangledSessionTests {
  static let blocks = (0..<12).map { [UInt8](repeating: UInt8($0), count: 20 + $0) }
  static let primaryKey = Fixed32()

  /// The frames that a writer of twelve blocks sends to a reader who wants all, in the order of the reader's reads.
  private func record() throws -> [[[UInt8]]] {
    let stores = [try Corestore.inMemory(primaryKey: Self.primaryKey), try Corestore.inMemory()]
    let replicators = stores.map { StoreReplicator(store: $0) }
    let log = try stores[0].get(name: "a")
    try log.append(Self.blocks)
    let copy = try stores[1].get(key: log.key)
    replicators[0].activate(log)
    replicators[1].activate(copy)
    let wire = TestWire(replicators[0], replicators[1])
    var reads: [[[UInt8]]] = []
    while true {
      let sent = wire.initiator.mux.takeFrames()
      for frame in sent { try wire.responder.receive(frame) }
      replicators[1].flush()
      let answers = wire.responder.mux.takeFrames()
      for frame in answers { try wire.initiator.receive(frame) }
      replicators[0].flush()
      if sent.isEmpty && answers.isEmpty { break }
      reads.append(sent)
    }
    #expect(copy.contiguousLength == UInt64(Self.blocks.count))
    return reads
  }

  @Test(arguments: [UInt64(1), 2])
  func nothingButTheTruthIsStored(seed: UInt64) throws {
    let reads = try record()
    let key = try Corestore.inMemory(primaryKey: Self.primaryKey).get(name: "a").key
    var generator = SeededGenerator(seed: seed)
    var stored = 0
    for (number, frames) in reads.enumerated() {
      for (position, frame) in frames.enumerated() {
        for index in frame.indices where frame.count < 200 || Int.random(in: 0..<4, using: &generator) == 0 {
          var mangled = reads
          mangled[number][position][index] ^= UInt8.random(in: 1...255, using: &generator)
          stored += try play(mangled, key: key, "read \(number), frame \(position), byte \(index), seed \(seed)")
        }
      }
    }
    #expect(stored > 0)
  }

  /// Plays a session to a new reader.
  ///
  /// - Returns: the number of blocks that it stored.
  private func play(_ reads: [[[UInt8]]], key: Fixed32, _ name: String) throws -> Int {
    let store = try Corestore.inMemory()
    let replicator = StoreReplicator(store: store)
    let copy = try store.get(key: key)
    replicator.activate(copy)
    let carrier = TestCarrier()
    carrier.stream = replicator.attach(
      carrier, role: .responder, handshakeHash: [UInt8](repeating: 9, count: 64), now: 0)
    do {
      for frames in reads {
        for frame in frames { try carrier.receive(frame) }
        replicator.flush()
        _ = carrier.mux.takeFrames()
      }
    } catch is ProtomuxError {}
    carrier.stream?.closed()
    replicator.flush()
    var count = 0
    for index in 0..<copy.length where try copy.has(index) {
      #expect(index < UInt64(Self.blocks.count), "\(name)")
      #expect(try copy.block(at: index) == Self.blocks[Int(index)], "\(name)")
      count += 1
    }
    return count
  }
}
