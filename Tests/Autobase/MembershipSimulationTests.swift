import CompactEncoding
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

/// Several nodes whose membership changes at random, under partitions and restarts.
private struct Membership {
  var generator: SeededGenerator
  var storages: [MemoryBaseStorage] = []
  var bases: [Autobase] = []
  /// Nodes of one group hear of each other.
  var groups: [Int]
  var values = 0
  let options = Autobase.Options(isOptimistic: true, activeWriters: 3)
  let encryptionKey: Fixed32?

  init(seed: UInt64, nodes: Int) throws {
    generator = SeededGenerator(seed: seed)
    groups = [Int](repeating: 0, count: nodes)
    encryptionKey = seed % 3 == 0 ? Fixed32(generator.bytes(32)) : nil
    for _ in 0..<nodes {
      storages.append(MemoryBaseStorage(local: KeyPair(seed: try #require(Fixed32(generator.bytes(32))))))
    }
    for i in 0..<nodes { bases.append(try open(i)) }
  }

  func open(_ i: Int) throws -> Autobase {
    let application = RecordedApplication()
    application.ignoresRefusals = true
    return try Autobase(
      storages[i], application, key: bases.first?.key, encryptionKey: encryptionKey, options: options)
  }

  func key(_ i: Int) throws -> Fixed32 { try #require(bases[i].local).key }

  /// Hands `target` the writers' logs of its group, as far as it asks for them.
  mutating func receive(_ target: Int, all: Bool) throws {
    for source in bases.indices where source != target && groups[source] == groups[target] {
      try bases[target].hint(bases[source].announcement.map { Autobase.Hint(key: $0.key, length: $0.length) })
    }
    for wanted in bases[target].wantedCores where wanted.role == .writer && wanted.download == .everything {
      for source in bases.indices where source != target && groups[source] == groups[target] {
        let (log, copy) = (storages[source].writerLog(wanted.key), storages[target].writerLog(wanted.key))
        guard log.length > copy.length else { continue }
        let missing = log.length - copy.length
        let count = all ? missing : UInt64.random(in: 0...missing, using: &generator)
        copy.manifest = log.manifest
        copy.append(replicated: Array(log.blocks[Int(copy.length)..<Int(copy.length + count)]))
      }
    }
  }

  mutating func value() -> [UInt8] {
    values += 1
    return Array("\"\(values)\"".utf8)
  }

  mutating func step() throws {
    let i = Int.random(in: bases.indices, using: &generator)
    let j = Int.random(in: bases.indices, using: &generator)
    let base = bases[i]
    switch Int.random(in: 0..<24, using: &generator) {
    case 0..<5:
      let batch = (0..<Int.random(in: 1...3, using: &generator)).map { _ in value() }
      if base.isWritable { try base.append(batch) }
    case 5..<7:
      let isIndexer = Bool.random(using: &generator)
      let operation: JSON = ["add": text(try key(j)), "indexer": .bool(isIndexer)]
      if base.isWritable { try base.append(Array(operation.text().utf8)) }
    case 7:
      let operation: JSON = ["remove": text(try key(j))]
      // A writer that has never written is not removed: that leaves its key among those to come.
      if base.isWritable, base.info.members > 1, try base.system.get(key(j))?.length ?? 0 > 0 {
        try base.append(Array(operation.text().utf8))
      }
    case 8:
      values += 1
      let offer: JSON = ["optimistic": true, "n": .integer(Int64(values))]
      guard !base.isWritable, base.info.members > 0, try key(i) != base.key else { return }
      try base.enqueue(Array(offer.text().utf8), isOptimistic: true)
      try base.advance()
    case 9: groups = groups.map { _ in Int.random(in: 0...1, using: &generator) }
    case 10: groups = groups.map { _ in 0 }
    case 11: bases[i] = try open(i)
    case 12..<19:
      try receive(i, all: false)
      try base.advance()
    default:
      try receive(i, all: true)
      try base.acknowledge()
    }
  }

  /// Exchanges everything, one node at a time answering, until nobody has more to say; returns whether that came.
  mutating func settle() throws -> Bool {
    groups = groups.map { _ in 0 }
    var quiet = 0
    for _ in 0..<120 {
      var isQuiet = true
      for i in bases.indices.shuffled(using: &generator) {
        try receive(i, all: true)
        let before = bases[i].changeCount
        if try bases[i].acknowledge() || bases[i].changeCount != before { isQuiet = false }
      }
      quiet = isQuiet ? quiet + 1 : 0
      if quiet == 2 { return true }
    }
    return false
  }
}

@Suite struct MembershipSimulationTests {
  /// Whatever becomes of the members, all nodes come to one state, and whatever is signed is what all have.
  @Test(arguments: 1...(isLong ? 1000 : 30) as ClosedRange<UInt64>)
  func nodesConverge(seed: UInt64) throws {
    var simulation = try Membership(seed: seed, nodes: 3 + Int(seed % 3))
    try simulation.bases[0].appendAck()
    for _ in 0..<120 { try simulation.step() }
    let isSettled = try simulation.settle()
    #expect(isSettled, "seed \(seed)")
    let first = simulation.bases[0]
    let blocks = try first.system.view.storedBlocks()
    for (i, base) in simulation.bases.enumerated() {
      #expect(base.system.view.key == first.system.view.key, "seed \(seed), node \(i)")
      #expect(try base.system.view.storedBlocks() == blocks, "seed \(seed), node \(i)")
      #expect(try base.view("view").storedBlocks() == first.view("view").storedBlocks(), "seed \(seed), node \(i)")
      #expect(base.indexedLength == first.indexedLength, "seed \(seed), node \(i)")
      #expect(base.signedLength == first.signedLength, "seed \(seed), node \(i)")
      // Values of members are final and signed.
      #expect(try base.view("view").signedLength == base.view("view").length, "seed \(seed), node \(i)")
    }
  }

  /// A writer that was removed and added again goes on; what it wrote in between does not count.
  @Test func removedAndAddedAgain() throws {
    var cluster = StoreCluster()
    for seed in 1...3 { try cluster.add(seed: UInt8(seed)) }
    let (a, b, c) = (cluster.bases[0], cluster.bases[1], cluster.bases[2])
    try a.appendAck()
    try a.append(cluster.addition(of: 1))
    try cluster.settle([0, 1, 2])
    try a.append(cluster.addition(of: 2, isIndexer: false))
    try cluster.settle([0, 1, 2])
    try c.append(cluster.value("one"))
    try cluster.settle([0, 1, 2])
    try a.append(cluster.removal(of: 2))
    try cluster.settle([0, 1, 2])
    #expect(!c.isWritable)
    #expect(throws: AutobaseError.notWritable) { try c.append(cluster.value("no")) }
    try a.append(cluster.addition(of: 2))
    try cluster.settle([0, 1, 2])
    // It had written before, so it is an indexer at once.
    #expect(c.isIndexer && c.activeIndexerCount == 3)
    try c.append(cluster.value("two"))
    try cluster.settle([0, 1, 2])
    // An indexer that is removed and added again, too.
    try c.append(cluster.removal(of: 1))
    try cluster.settle([0, 1, 2])
    #expect(!b.isIndexer && a.activeIndexerCount == 2)
    try a.append(cluster.addition(of: 1))
    try cluster.settle([0, 1, 2])
    #expect(b.isIndexer && a.activeIndexerCount == 3)
    try b.append(cluster.value("three"))
    try cluster.settle([0, 1, 2])
    let view = try a.view("view")
    #expect(view.length == 3 && view.signedLength == 3)
    for base in cluster.bases { #expect(try base.system.view.storedBlocks() == a.system.view.storedBlocks()) }
  }

  /// A pending indexer that is withdrawn before it has written: its record says removed, its key stays among those to
  /// come. A node of it would make it an indexer all the same, so it writes none until it is added again.
  @Test func withdrawnBeforeTheFirstNode() throws {
    var cluster = StoreCluster()
    for seed in 1...2 { try cluster.add(seed: UInt8(seed)) }
    let (a, b) = (cluster.bases[0], cluster.bases[1])
    let key = try #require(b.local).key
    try a.appendAck()
    try a.append(cluster.addition(of: 1))
    try a.append(cluster.removal(of: 1))
    #expect(a.info.pendingIndexers == [key] && a.info.members == 1)
    #expect(try a.system.get(key) == Member(isIndexer: false, isRemoved: true, length: 0))
    // Nothing of it is linked: it stays outside.
    try a.append(cluster.value("alone"))
    #expect(a.signedLength == a.length && a.activeIndexerCount == 1)
    try cluster.settle([0, 1])
    #expect(b.local?.length == 0 && b.isPendingIndexer && !b.isWritable)
    #expect(a.info.pendingIndexers == [key] && !a.info.indexers.contains { $0.key == key })
    for base in cluster.bases { #expect(try base.system.view.storedBlocks() == a.system.view.storedBlocks()) }
    try a.append(cluster.addition(of: 1))
    try cluster.settle([0, 1])
    #expect(b.isWritable && b.isIndexer && a.info.pendingIndexers.isEmpty)
    try b.append(cluster.value("both"))
    try cluster.settle([0, 1])
    #expect(try a.view("view").signedLength == 2)
  }
}
