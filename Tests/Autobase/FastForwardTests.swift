import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

@Suite struct FastForwardTests {
  /// What is stored must be read again, for instance after a disk was full, while blocks that takes are not fetched yet:
  /// the base waits for them, tells so, and does not go back behind its state.
  @Test func readAgainBeforeAllIsHere() throws {
    var cluster = StoreCluster()
    try cluster.add(seed: 1)
    try cluster.add(seed: 2)
    try cluster.bases[0].appendAck()
    try cluster.bases[0].append(cluster.addition(of: 1))
    try cluster.settle([0, 1])
    for i in 0..<40 { try cluster.bases[0].append(cluster.value("\(i)")) }
    try cluster.settle([0, 1])
    try cluster.add(seed: 3)
    let late = cluster.bases[2]
    late.setFastForwardTarget(cluster.bases[0].system.view.key)
    try late.fastForward(now: cluster.now)
    try cluster.settle([0, 1, 2])
    #expect(late.fastForwardCount == 1)
    let length = late.indexedLength
    try cluster.stores[2].get(key: late.system.view.key).clear(1..<length - 1)
    for _ in 0..<100 {
      late.needsReload = true
      let status = try late.status()
      #expect(status.views.last?.indexedLength ?? 0 >= length)
      try late.advance()
      #expect(late.indexedLength >= length)
      guard late.needsReload else { break }
      #expect(late.obstacle != nil)
      try cluster.download(2, from: [0, 1])
    }
    #expect(!late.needsReload)
    try cluster.bases[0].append(cluster.value("more"))
    try cluster.settle([0, 1, 2])
    try expectEqual(cluster)
  }

  /// A late node goes on from the signed state instead of applying thousands of nodes, and takes part from there.
  @Test(arguments: [false, true])
  func lateJoiner(isEncrypted: Bool) throws {
    var cluster = StoreCluster()
    if isEncrypted { cluster.encryptionKey = Fixed32([UInt8](repeating: 7, count: 32)) }
    try cluster.add(seed: 1)
    try cluster.add(seed: 2)
    try cluster.bases[0].appendAck()
    try cluster.bases[0].append(cluster.addition(of: 1))
    try cluster.settle([0, 1])
    for i in 0..<40 { try cluster.bases[0].append(cluster.value("\(i)")) }
    try cluster.settle([0, 1])
    try cluster.add(seed: 3)
    let late = cluster.bases[2]
    late.setFastForwardTarget(cluster.bases[0].system.view.key)
    try late.fastForward(now: cluster.now)
    try cluster.settle([0, 1, 2])
    #expect(late.fastForwardCount == 1)
    #expect((late.application as? RecordedApplication)?.applied == 0)
    try expectEqual(cluster)
    // It becomes an indexer, and the quorum of three signs.
    try cluster.bases[0].append(cluster.addition(of: 2))
    try cluster.settle([0, 1, 2])
    #expect(late.isIndexer)
    try late.append(cluster.value("from the late one"))
    try cluster.settle([0, 1, 2])
    try expectEqual(cluster)
    // One of the old ones goes.
    try cluster.bases[1].append(cluster.value("while 0 is away"))
    try cluster.settle([1, 2])
    #expect(try late.view("view").signedLength == late.view("view").length)
    // After a restart nothing is applied again.
    let again = try Autobase(cluster.stores[2], RecordedApplication(), options: cluster.options)
    try again.advance()
    #expect((again.application as? RecordedApplication)?.applied == 0)
    #expect(again.length == late.length && again.signedLength == late.signedLength)
  }

  /// A node that was away while the indexers changed follows to the new system core.
  @Test func awayDuringRotation() throws {
    var cluster = StoreCluster()
    for seed in 1...4 { try cluster.add(seed: UInt8(seed)) }
    try cluster.bases[0].appendAck()
    for i in 1...2 { try cluster.bases[0].append(cluster.addition(of: i)) }
    try cluster.settle([0, 1, 2])
    for i in 0..<5 { try cluster.bases[i % 3].append(cluster.value("\(i)")) }
    try cluster.settle([0, 1, 2, 3])
    let old = cluster.bases[3].system.view.key
    // Node 2 is lost; 3 comes in its place, but is away for a while.
    try cluster.bases[0].append([cluster.removal(of: 2), cluster.addition(of: 3)])
    try cluster.settle([0, 1])
    for i in 0..<60 { try cluster.bases[i % 2].append(cluster.value("later \(i)")) }
    try cluster.settle([0, 1])
    try cluster.settle([0, 1, 3])
    #expect(cluster.bases[3].isIndexer && cluster.bases[3].system.view.key != old)
    try cluster.bases[3].append(cluster.value("back"))
    try cluster.settle([0, 1, 3])
    try expectEqual(cluster, [0, 1, 3])
    // What the lost one writes later changes nothing.
    try cluster.bases[2].append(cluster.value("ghost"))
    let before = cluster.bases[0].length
    try cluster.settle([0, 1, 3, 2])
    #expect(try !blocks(cluster.bases[0]).contains(cluster.value("ghost")))
    #expect(cluster.bases[0].length >= before)
    try expectEqual(cluster, [0, 1, 3])
  }

  /// A writer signed two histories, and one node has seen the other one: nothing more of that log comes here, so nodes that
  /// refer to it can never be ordered. What the others sign is followed, until the writer is removed.
  @Test func pastAFrozenLog() throws {
    var cluster = StoreCluster()
    for seed in 1...3 { try cluster.add(seed: UInt8(seed)) }
    try cluster.bases[0].appendAck()
    for i in 1...2 { try cluster.bases[0].append(cluster.addition(of: i)) }
    try cluster.settle([0, 1, 2])
    for i in 0..<3 { try cluster.bases[i].append(cluster.value("\(i)")) }
    try cluster.settle([0, 1, 2])
    let key = try #require(cluster.bases[1].local).key
    try cluster.stores[0].get(key: key).freeze()

    for i in 0..<6 {
      try cluster.bases[1 + i % 2].append(cluster.value("later \(i)"))
      // What is signed is known, and then fetched.
      for _ in 0..<2 { try cluster.settle([0, 1, 2]) }
      #expect(cluster.bases[0].signedLength == cluster.bases[2].signedLength, "value \(i)")
    }
    #expect(cluster.bases[0].fastForwardCount > 0)
    // It cannot vote about what it cannot order, so it is replaced, and the writer with two histories after it.
    for (old, new, nodes) in [(0, 3, [1, 2, 3]), (1, 4, [1, 2, 3, 4])] {
      try cluster.add(seed: UInt8(new + 1))
      try cluster.bases[2].append([cluster.removal(of: old), cluster.addition(of: new)])
      for _ in 0..<2 { try cluster.settle(nodes) }
      #expect(cluster.bases[new].isIndexer)
    }
    for i in 2...4 { try cluster.bases[i].append(cluster.value("without them \(i)")) }
    try cluster.settle([2, 3, 4])
    try expectEqual(cluster, [2, 3, 4])
  }

  /// Whose own log is frozen writes nothing more, and does not try to.
  @Test func withAFrozenLogOfItsOwn() throws {
    var cluster = StoreCluster()
    for seed in 1...2 { try cluster.add(seed: UInt8(seed)) }
    try cluster.bases[0].appendAck()
    try cluster.bases[0].append(cluster.addition(of: 1))
    try cluster.settle([0, 1])
    try cluster.bases[0].append(cluster.value("open"))
    try cluster.download(1, from: [0])
    let base = cluster.bases[1]
    try base.advance()
    #expect(base.isWritable && base.needsAck())
    try cluster.stores[1].get(key: #require(base.local).key).freeze()
    #expect(!base.isWritable && !base.needsAck() && !base.needsAck(isStalled: true))
    #expect(throws: AutobaseError.notWritable) { try base.append(cluster.value("no")) }
    #expect(throws: AutobaseError.notWritable) { try base.appendAck() }
    #expect(try !base.acknowledge())
  }

  /// The least gain that makes a node go to a signed state, as the reference has it.
  ///
  /// - Parameter file: the member of the behaviour vectors.
  static func threshold(_ file: JSON) throws {
    let results = try file.members("results")
    for (count, expected) in results {
      var cluster = StoreCluster()
      try cluster.add(seed: 1)
      try cluster.add(seed: 2)
      try cluster.bases[0].append([cluster.value("a")])
      try cluster.bases[0].append([cluster.value("b")])
      try cluster.settle([0, 1])
      let from = cluster.bases[1].length
      for i in 0..<(try #require(Int(count))) { try cluster.bases[0].append(cluster.value("\(i)")) }
      // The reader hears of the length before it gets the writer's blocks.
      cluster.bases[1].noteRemoteLength(of: cluster.bases[0].system.view.key, cluster.bases[0].length)
      try cluster.bases[1].fastForward(now: 0)
      let isWorthwhile = cluster.bases[1].isFastForwarding
      #expect(isWorthwhile == !expected.isNull, "\(count)")
      while cluster.bases[1].isFastForwarding {
        try cluster.download(1, from: [0])
        if try cluster.bases[1].fastForward(now: 0) { break }
      }
      let to = cluster.bases[1].length
      if isWorthwhile {
        #expect(expected == [number(to), number(from)], "\(count)")
        #expect(cluster.bases[1].fastForwardCount == 1)
      } else {
        #expect(to == from, "\(count)")
      }
    }
    #expect(!results.isEmpty)
  }

  /// Nobody answers: it gives up after a while, and tries again much later.
  @Test func timesOut() throws {
    var cluster = StoreCluster()
    try cluster.add(seed: 1)
    try cluster.add(seed: 2)
    try cluster.bases[0].append(cluster.value("a"))
    try cluster.settle([0, 1])
    let base = cluster.bases[1]
    base.noteRemoteLength(of: base.system.view.key, 1000)
    try base.fastForward(now: 1000)
    #expect(base.isFastForwarding && base.fastForwardDeadline == 6000)
    #expect(base.fastForwardWait?.contains("block") == true || base.fastForwardWait?.contains("head") == true)
    #expect(
      !base.wantedCores.contains { $0.role == .writer && $0.download == .everything && $0.key != base.local?.key })
    try base.fastForward(now: 5999)
    #expect(base.isFastForwarding)
    try base.fastForward(now: 6000)
    #expect(!base.isFastForwarding)
    try base.fastForward(now: 7000)
    #expect(!base.isFastForwarding)
    try base.fastForward(now: 306_001)
    #expect(base.isFastForwarding)
  }

  /// Somebody else has extended the view cores in the store beyond what is applied: nothing of that shows, and the
  /// node comes to the same state by itself.
  @Test func coresAheadOfWhatIsApplied() throws {
    var cluster = StoreCluster()
    cluster.options.fastForwards = false
    try cluster.add(seed: 1)
    try cluster.add(seed: 2)
    try cluster.bases[0].append(cluster.value("a"))
    try cluster.settle([0, 1])
    for i in 0..<10 { try cluster.bases[0].append(cluster.value("\(i)")) }
    let reader = cluster.bases[1]
    let (length, blocks) = (reader.length, try self.blocks(reader))
    for view in reader.allViews where view.name != ViewSet.encryptionName {
      let (source, copy) = (try cluster.stores[0].get(key: view.key), try cluster.stores[1].get(key: view.key))
      let upgrade = ProofRequest(
        upgrade: .init(start: copy.length, length: source.length - copy.length), manifest: copy.manifest == nil)
      try copy.apply(source.proof(for: upgrade))
      #expect(copy.length == source.length)
    }
    try reader.advance()
    #expect(reader.length == length && reader.signedLength == length)
    #expect(try self.blocks(reader) == blocks)
    let again = try Autobase(cluster.stores[1], RecordedApplication(), key: reader.key, options: cluster.options)
    #expect(again.length == length)
    #expect(try self.blocks(again) == blocks)
    // Half of it comes, then the rest.
    let log = try cluster.stores[0].get(key: reader.key)
    for i in 2..<log.length {
      try cluster.bases[1].advance()
      let copy = try cluster.stores[1].get(key: reader.key)
      if copy.length < i {
        try copy.apply(
          log.proof(for: ProofRequest(upgrade: .init(start: copy.length, length: log.length - copy.length))))
      }
      for index in 0..<i where try !copy.has(index) {
        try copy.apply(
          log.proof(
            for: ProofRequest(block: .init(index: index, nodes: try copy.missingNodes(block: index)))))
      }
      try reader.advance()
      if i % 3 == 0 { try again.advance() }
    }
    try cluster.settle([0, 1])
    try again.advance()
    try expectEqual(cluster)
    #expect(again.length == reader.length && again.signedLength == reader.signedLength)
    #expect(reader.signedLength == reader.length)
  }

  private func blocks(_ base: Autobase) throws -> [[UInt8]] {
    let view = try base.view("view")
    return try (0..<view.length).map { try view.block(at: $0) }
  }

  private func expectEqual(_ cluster: StoreCluster, _ nodes: [Int]? = nil) throws {
    let bases = (nodes ?? Array(cluster.bases.indices)).map { cluster.bases[$0] }
    for base in bases {
      #expect(base.system.view.key == bases[0].system.view.key)
      #expect(try base.system.view.storedBlocks() == bases[0].system.view.storedBlocks())
      #expect(try base.view("view").key == bases[0].view("view").key)
      #expect(try blocks(base) == blocks(bases[0]))
      #expect(base.indexedLength == bases[0].indexedLength)
      #expect(try base.view("view").signedLength == bases[0].view("view").length)
    }
  }
}
