import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

/// Several nodes that write, and exchange their logs whenever the generator says so.
private struct Simulation {
  var generator: SeededGenerator
  var bases: [Autobase] = []
  var storages: [MemoryBaseStorage] = []
  var count = 0

  init(seed: UInt64, writers: Int) throws {
    generator = SeededGenerator(seed: seed)
    for i in 0..<writers {
      let storage = MemoryBaseStorage(local: KeyPair(seed: try #require(Fixed32(generator.bytes(32)))))
      storages.append(storage)
      bases.append(try Autobase(storage, RecordedApplication(), key: i == 0 ? nil : bases[0].key))
    }
  }

  func log(_ owner: Int, at place: Int) throws -> MemoryWriterLog {
    storages[place].writerLog(try #require(bases[owner].local).key)
  }

  /// Hands `target` what `owner` has written, or a part of it.
  mutating func send(_ owner: Int, to target: Int, all: Bool = false) throws {
    guard owner != target else { return }
    let source = try log(owner, at: owner)
    let copy = try log(owner, at: target)
    copy.manifest = source.manifest
    let missing = source.length - copy.length
    let count = all ? missing : UInt64.random(in: 0...missing, using: &generator)
    copy.append(replicated: Array(source.blocks[Int(copy.length)..<Int(copy.length + count)]))
  }

  mutating func write(_ i: Int) throws {
    let batch = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
      count += 1
      return Array("\"\(count)\"".utf8)
    }
    if bases[i].isWritable { try bases[i].append(batch) }
  }

  mutating func add(_ j: Int, isIndexer: Bool, by i: Int) throws {
    let value: JSON = ["add": text(try #require(bases[j].local).key), "indexer": .bool(isIndexer)]
    if bases[i].isWritable { try bases[i].append(Array(value.text().utf8)) }
  }

  mutating func step() throws {
    let (i, j) = (
      Int.random(in: 0..<bases.count, using: &generator), Int.random(in: 0..<bases.count, using: &generator)
    )
    switch Int.random(in: 0..<10, using: &generator) {
    case 0...2: try write(i)
    case 3...7:
      for owner in bases.indices { try send(owner, to: j) }
      try bases[j].advance()
    default: try bases[i].acknowledge()
    }
  }

  /// Exchanges everything, one node at a time answering, until nobody has more to say; returns whether that came.
  mutating func settle() throws -> Bool {
    for _ in 0..<60 {
      var isQuiet = true
      for i in bases.indices.shuffled(using: &generator) {
        for owner in bases.indices { try send(owner, to: i, all: true) }
        if try bases[i].acknowledge() { isQuiet = false }
      }
      if isQuiet { return true }
    }
    return false
  }
}

@Suite struct SimulationTests {
  /// Whatever the order in which logs arrive, all nodes come to the same system view and views; what was indexed stays.
  @Test(arguments: 1...24 as ClosedRange<UInt64>)
  func nodesConverge(seed: UInt64) throws {
    let writers = 2 + Int(seed % 3)
    var simulation = try Simulation(seed: seed, writers: writers)
    try simulation.bases[0].appendAck()
    for j in 1..<writers {
      try simulation.add(j, isIndexer: (seed >> UInt64(j)) & 1 == 0, by: 0)
      #expect(try simulation.settle(), "seed \(seed)")
    }
    for _ in 0..<60 { try simulation.step() }
    #expect(try simulation.settle(), "seed \(seed)")
    let first = simulation.bases[0]
    let blocks = try first.system.view.storedBlocks()
    #expect(first.isWritable && first.length > 3)
    for base in simulation.bases {
      #expect(base.system.view.key == first.system.view.key, "seed \(seed)")
      #expect(try base.system.view.storedBlocks() == blocks, "seed \(seed)")
      #expect(try base.view("view").storedBlocks() == first.view("view").storedBlocks(), "seed \(seed)")
      #expect(base.indexedLength == first.indexedLength, "seed \(seed)")
      // Every value is indexed, and a quorum has signed it.
      #expect(base.linearizer.tipNodes.allSatisfy { $0.value == nil }, "seed \(seed)")
      #expect(try base.view("view").signedLength == base.view("view").length, "seed \(seed)")
      // Followed from the beginning, through all changes of indexers, the order is the same.
      let history = try base.orderHistory()
      let tip = history.entries[history.indexedCount...].map(\.node)
      #expect(tip == base.linearizer.tipNodes.map { Checkout($0) }, "seed \(seed)")
      #expect(try base.openOrder().entries.map(\.node) == tip, "seed \(seed)")
      for reader in base.readers.all {
        let indexed = history.entries[..<history.indexedCount].count { $0.node.key == reader.key }
        #expect(indexed == reader.window.offset, "seed \(seed)")
      }
    }
    // A node that comes later, or is restarted, sees the same.
    for (i, storage) in simulation.storages.enumerated() {
      storage.isReadOnly = true
      var told = try Autobase(storage, RecordedApplication(), key: first.key).status()
      storage.isReadOnly = false
      let again = try Autobase(storage, RecordedApplication(), key: first.key)
      let application = again.application as? RecordedApplication
      try again.advance()
      #expect(application?.applied == 0, "seed \(seed): node \(i) applied its tip again")
      #expect(try again.system.view.storedBlocks() == blocks, "seed \(seed)")
      // Whoever only reads tells the same.
      told.isWritable = again.isWritable
      #expect(try told == again.status(), "seed \(seed): node \(i)")
    }
  }
}
