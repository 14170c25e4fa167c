import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

/// Nodes over stores, some of which are away for long and go on from signed states when they come back.
@Suite struct ClusterSimulationTests {
  @Test(arguments: 1...(isLong ? 80 : 3) as ClosedRange<UInt64>)
  func awayAndBack(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var cluster = StoreCluster()
    if seed % 2 == 0 { cluster.encryptionKey = Fixed32(generator.bytes(32)) }
    for i in 1...5 { try cluster.add(seed: UInt8(i)) }
    try cluster.bases[0].appendAck()
    for i in 1...2 {
      try cluster.bases[0].append(cluster.addition(of: i))
      try cluster.settle([0, 1, 2])
    }
    // Node 3 writes without a vote, node 4 reads.
    try cluster.bases[1].append(cluster.addition(of: 3, isIndexer: false))
    try cluster.settle([0, 1, 2, 3])
    var written = 0
    for round in 0..<8 {
      // At least a majority of the indexers is there.
      var there = [0, 1, 2].shuffled(using: &generator)
      if Bool.random(using: &generator) { there.removeLast() }
      for i in [3, 4] where Bool.random(using: &generator) { there.append(i) }
      for _ in 0..<Int.random(in: 5...15, using: &generator) {
        let i = there.randomElement(using: &generator) ?? 0
        written += 1
        // Who has just gone on from a signed state reads its views before it writes.
        if cluster.bases[i].isWritable { _ = try? cluster.bases[i].append(cluster.value("\(round) \(written)")) }
        if Int.random(in: 0..<3, using: &generator) == 0 { try cluster.turn(i, from: there) }
      }
      if Bool.random(using: &generator), let i = there.randomElement(using: &generator) {
        cluster.bases[i] = try Autobase(cluster.stores[i], RecordedApplication(), options: cluster.options)
      }
      try cluster.settle(there)
    }
    try cluster.settle([0, 1, 2, 3, 4])
    let first = cluster.bases[0]
    let blocks = try first.view("view").blocks()
    #expect(blocks.count > 20)
    for (i, base) in cluster.bases.enumerated() {
      #expect(base.system.view.key == first.system.view.key, "seed \(seed), node \(i)")
      #expect(base.length == first.length && base.signedLength == first.signedLength, "seed \(seed), node \(i)")
      #expect(try base.view("view").blocks() == blocks, "seed \(seed), node \(i)")
      #expect(try base.system.view.blocks() == first.system.view.blocks(), "seed \(seed), node \(i)")
      #expect(try base.view("view").signedLength == UInt64(blocks.count), "seed \(seed), node \(i)")
    }
  }

  /// The indexers are replaced by force, in a plain base and in an encrypted one; old and new blocks can be read, after
  /// a restart too, and nodes that were away come along.
  @Test(arguments: [false, true])
  func forkedByForce(isEncrypted: Bool) throws {
    var cluster = StoreCluster()
    if isEncrypted { cluster.encryptionKey = Fixed32([UInt8](repeating: 7, count: 32)) }
    for i in 1...3 { try cluster.add(seed: UInt8(i)) }
    let (a, b) = (cluster.bases[0], cluster.bases[1])
    try a.append([cluster.value("one"), cluster.value("two")])
    try a.append(cluster.addition(of: 1, isIndexer: false))
    try cluster.settle([0, 1, 2])
    try b.appendAck()
    // a is lost. What is not so is refused.
    func fork(_ indexers: [Fixed32], _ system: Checkout) throws -> Bool? {
      let operation: JSON = [
        "fork": [
          "indexers": .array(indexers.map { text($0) }),
          "system": ["key": text(system.key), "length": number(system.length)],
        ]
      ]
      let application = b.application as? RecordedApplication
      let count = application?.forked.count ?? 0
      try b.append(Array(operation.text().utf8))
      return application?.forked.dropFirst(count).first
    }
    let key = try #require(b.local).key
    let now = Checkout(key: b.system.view.key, length: b.indexedLength)
    #expect(try fork([key], Checkout(key: key, length: now.length)) == false)
    #expect(try fork([key], Checkout(key: now.key, length: now.length + 2)) == false)
    #expect(try fork([key], Checkout(key: now.key, length: now.length - 1)) == false)
    #expect(try fork([], now) == false)
    #expect(try fork([try #require(cluster.bases[2].local).key], now) == false)
    #expect(b.info.version == 1)
    #expect(try fork([key], now) == true)
    #expect(b.info.version == 2 && b.isIndexer && b.activeIndexerCount == 1)
    try b.append(cluster.value("three"))
    let values = try b.view("view").blocks()
    #expect(values.first == cluster.value("one") && values.last == cluster.value("three"))
    #expect(b.signedLength == b.length)
    // The reader follows, and the old indexer, when it is back.
    try cluster.settle([1, 2])
    try cluster.settle([1, 0])
    try a.append(cluster.value("four"))
    try cluster.settle([1, 0, 2])
    // Blocks of version 2, and of version 1 before them.
    for (i, base) in cluster.bases.enumerated() {
      #expect(try base.view("view").blocks().last == cluster.value("four"), "node \(i)")
      #expect(try base.system.view.storedBlocks() == b.system.view.storedBlocks(), "node \(i)")
      let again = try Autobase(cluster.stores[i], RecordedApplication(), options: cluster.options)
      try again.advance()
      #expect(try again.view("view").blocks() == base.view("view").blocks(), "node \(i)")
      #expect(again.signedLength == base.signedLength && again.info == base.info, "node \(i)")
    }
    // The set changes once more, by quorum, and a node that was never there goes on from the signed state.
    try b.append(cluster.addition(of: 0))
    try cluster.settle([1, 0, 2])
    #expect(a.isIndexer && a.activeIndexerCount == 2)
    for i in 0..<20 { try b.append(cluster.value("more \(i)")) }
    try cluster.settle([1, 0])
    try cluster.add(seed: 9)
    let late = cluster.bases[3]
    late.setFastForwardTarget(b.system.view.key)
    try late.fastForward(now: cluster.now)
    try cluster.settle([0, 1, 3])
    #expect(late.fastForwardCount == 1)
    #expect(try late.view("view").blocks() == b.view("view").blocks())
    #expect(late.encryption.key == b.encryption.key && late.signedLength == b.signedLength)
  }
}

extension View {
  /// All blocks, decrypted.
  func blocks() throws -> [[UInt8]] { try (0..<length).map { try block(at: $0) } }
}
