import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

/// Nodes over stores in memory, whose logs travel by proofs as replication would carry them.
struct StoreCluster {
  var stores: [Corestore] = []
  var bases: [Autobase] = []
  /// Blocks of view cores that travelled, by node.
  var downloaded: [Int] = []
  var now: UInt64 = 0

  var options = Autobase.Options()
  var encryptionKey: Fixed32?

  mutating func add(seed: UInt8) throws {
    let store = try Corestore.inMemory(primaryKey: Fixed32([UInt8](repeating: seed, count: 32)))
    stores.append(store)
    bases.append(
      try Autobase(
        store, RecordedApplication(), key: bases.first?.key, encryptionKey: encryptionKey, options: options))
    downloaded.append(0)
  }

  func value(_ value: String) -> [UInt8] { Array("\"\(value)\"".utf8) }

  /// The operation that adds a node's writer.
  func addition(of i: Int, isIndexer: Bool = true) throws -> [UInt8] {
    let value: JSON = ["add": text(try #require(bases[i].local).key), "indexer": .bool(isIndexer)]
    return Array(value.text().utf8)
  }

  func removal(of i: Int) throws -> [UInt8] {
    let value: JSON = ["remove": text(try #require(bases[i].local).key)]
    return Array(value.text().utf8)
  }

  /// Lets node `i` download what it wants from the nodes `others`; returns whether something came.
  @discardableResult
  mutating func download(_ i: Int, from others: [Int]) throws -> Bool {
    var isNew = false
    for wanted in bases[i].wantedCores {
      for j in others where j != i {
        guard try stores[j].has(key: wanted.key) else { continue }
        let source = try stores[j].get(key: wanted.key)
        if case .view = wanted.role { bases[i].noteRemoteLength(of: wanted.key, source.length) }
        guard wanted.download != .nothing else { continue }
        let copy = try stores[i].get(key: wanted.key)
        if source.length > copy.length {
          let upgrade = ProofRequest(
            upgrade: .init(start: copy.length, length: source.length - copy.length), manifest: copy.manifest == nil)
          try copy.apply(source.proof(for: upgrade))
          isNew = true
        }
        let blocks: [UInt64]
        switch wanted.download {
        case .nothing: blocks = []
        case .head(let ranges): blocks = ranges.flatMap { Array($0.clamped(to: 0..<source.length)) }
        case .everything: blocks = Array(copy.contiguousLength..<copy.length)
        }
        for index in blocks where index < copy.length {
          guard try !copy.has(index), try source.has(index) else { continue }
          let request = ProofRequest(
            block: .init(index: index, nodes: try copy.missingNodes(block: index)))
          try copy.apply(source.proof(for: request))
          if wanted.role != .writer { downloaded[i] += 1 }
          isNew = true
        }
      }
    }
    return isNew
  }

  /// One round of node `i`: downloads, fast-forwards, advances, acknowledges.
  @discardableResult
  mutating func turn(_ i: Int, from others: [Int], acknowledges: Bool = true) throws -> Bool {
    now += 10
    var isNew = try download(i, from: others)
    if try bases[i].fastForward(now: now) { isNew = true }
    try bases[i].advance()
    if acknowledges, bases[i].needsAck(), try bases[i].acknowledge() { isNew = true }
    return isNew
  }

  /// Lets the given nodes exchange everything until nobody has more to say.
  mutating func settle(_ nodes: [Int]) throws {
    for _ in 0..<200 {
      var isQuiet = true
      for i in nodes { if try turn(i, from: nodes) { isQuiet = false } }
      if isQuiet { return }
    }
    Issue.record("the nodes never came to rest")
  }
}

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

@Suite struct RepairTests {
  private func blocks(_ base: Autobase) throws -> [[UInt8]] {
    let view = try base.view("view")
    return try (0..<view.length).map { try view.block(at: $0) }
  }

  /// Two indexers, one of which has an unsigned tip.
  private func cluster() throws -> StoreCluster {
    var cluster = StoreCluster()
    for seed in 1...2 { try cluster.add(seed: UInt8(seed)) }
    try cluster.bases[0].appendAck()
    try cluster.bases[0].append(cluster.addition(of: 1))
    try cluster.settle([0, 1])
    for i in 0..<3 { try cluster.bases[0].append(cluster.value("\(i)")) }
    try cluster.settle([0, 1])
    for i in 0..<3 { try cluster.bases[0].append(cluster.value("tip \(i)")) }
    return cluster
  }

  /// What is stored beside the signed views is gone or wrong: the base goes back to what is whole, and comes to the same
  /// state again.
  @Test(arguments: ["view", "_system", "both", "record", "boot", "old"])
  func lostTip(what: String) throws {
    var cluster = try cluster()
    let base = cluster.bases[0]
    let (length, expected) = (base.length, try blocks(base))
    #expect(base.signedLength < length && base.indexedLength < length)
    let store = cluster.stores[0]
    for view in base.allViews where what == view.name || what == "both" && view.name != ViewSet.encryptionName {
      try store.get(key: view.key).deleteDraft(named: StoredView.draftName)
    }
    let local = try #require(base.local)
    switch what {
    case "record": for record in try local.records().dropLast() { try local.setRecord(record.key, nil) }
    case "boot":
      var boot = try BootRecord(decoding: try #require(try local.userData(UserDataKey.boot)))
      boot.systemLength -= 1
      try local.setUserData(UserDataKey.boot, boot.encoded())
    case "old":
      // A record of version 0, which points too far.
      let boot = try BootRecord(decoding: try #require(try local.userData(UserDataKey.boot)))
      let old = Writer.bytes(count: 1 + 32 + 1 + 1) { writer in
        writer.uint(0)
        writer.fixed32(boot.key)
        writer.uint(boot.systemLength + 2)
        writer.uint(0)
      }
      try local.setUserData(UserDataKey.boot, old)
    default: break
    }
    let again = try Autobase(store, RecordedApplication())
    try again.advance()
    #expect(again.length == length)
    #expect(try blocks(again) == expected)
    try again.append(cluster.value("on"))
    cluster.bases[0] = again
    try cluster.settle([0, 1])
    #expect(try blocks(cluster.bases[1]) == blocks(again))
    #expect(again.signedLength == cluster.bases[1].signedLength)
    #expect(try again.view("view").signedLength == again.view("view").length)
  }

  @Test func dropsTheTip() throws {
    let cluster = try cluster()
    let base = cluster.bases[0]
    let again = try Autobase(cluster.stores[0], RecordedApplication(), options: Autobase.Options(dropsTip: true))
    #expect(again.length == base.indexedLength)
    try again.advance()
    #expect(again.length == base.length)
    #expect((again.application as? RecordedApplication)?.applied == 3)
    #expect(try blocks(again) == blocks(base))
    try again.rebuildTip()
    try again.advance()
    #expect(again.length == base.length)
  }

  /// A node that knows nothing but the base's key finds the newest signed state by itself.
  @Test func freshNodeFindsTheState() throws {
    var cluster = try cluster()
    try cluster.settle([0, 1])
    for i in 0..<100 { try cluster.bases[i % 2].append(cluster.value("more \(i)")) }
    try cluster.settle([0, 1])
    try cluster.add(seed: 3)
    let fresh = cluster.bases[2]
    // Of the log, the head comes first.
    let (source, copy) = (try cluster.stores[0].get(key: fresh.key), try cluster.stores[2].get(key: fresh.key))
    try copy.apply(
      source.proof(for: ProofRequest(upgrade: .init(start: 0, length: source.length), manifest: true)))
    try fresh.fastForward(now: cluster.now)
    #expect(fresh.isFastForwarding)
    try cluster.settle([0, 1, 2])
    #expect(fresh.fastForwardCount == 1)
    #expect(fresh.length == cluster.bases[0].length)
    #expect(try blocks(fresh) == blocks(cluster.bases[0]))
    #expect(try #require((fresh.application as? RecordedApplication)?.applied) < 10)
    // Of the writers' logs it has only what came after that state.
    #expect(copy.contiguousLength < 10)
  }
}

@Suite struct MissingBlockTests {
  /// An application that reads the first block of its view for every value: after a fast-forward that block must be
  /// fetched before anything is applied.
  private final class Reader: Application {
    let viewNames = ["view"]
    private(set) var applied = 0

    func apply(_ nodes: [AppliedNode], _ host: ApplyHost) throws {
      for node in nodes {
        let view = try host.view("view")
        if view.length > 0 { _ = try view.block(at: 0) }
        if let key = try JSON(parsing: node.value)["add"]?.key() {
          try host.addWriter(key)
        } else {
          try view.append([node.value])
        }
        applied += 1
      }
    }
  }

  @Test func applyWaitsForABlock() throws {
    let options = Autobase.Options(downloadsViews: false)
    var cluster = StoreCluster()
    for seed in 1...2 {
      let store = try Corestore.inMemory(primaryKey: Fixed32([UInt8](repeating: UInt8(seed), count: 32)))
      cluster.stores.append(store)
      cluster.downloaded.append(0)
      cluster.bases.append(try Autobase(store, Reader(), key: cluster.bases.first?.key, options: options))
    }
    let (writer, reader) = (cluster.bases[0], cluster.bases[1])
    try writer.append(cluster.value("first"))
    for i in 0..<40 { try writer.append(cluster.value("\(i)")) }
    reader.setFastForwardTarget(writer.system.view.key)
    while reader.fastForwardCount == 0 {
      try reader.fastForward(now: 0)
      try cluster.download(1, from: [0])
    }
    let length = reader.length
    #expect(length == writer.length && (reader.application as? Reader)?.applied == 0)
    // Somebody asks for a block that is not here: that keeps nobody waiting, and the block is fetched.
    #expect(throws: LogError.self) { try reader.view("view").block(at: 7) }
    #expect(reader.obstacle == nil)
    func wanted() -> [Range<UInt64>]? {
      for core in reader.wantedCores where core.role == .view("view") {
        if case .head(let blocks) = core.download { return blocks }
      }
      return nil
    }
    #expect(wanted() == [7..<8])
    // A new value: `apply` needs block 0.
    try writer.append(cluster.value("next"))
    let (source, copy) = (try cluster.stores[0].get(key: writer.key), try cluster.stores[1].get(key: writer.key))
    try copy.apply(
      source.proof(for: ProofRequest(upgrade: .init(start: copy.length, length: source.length - copy.length))))
    let index = source.length - 1
    try copy.apply(
      source.proof(for: ProofRequest(block: .init(index: index, nodes: try copy.missingNodes(block: index)))))
    try reader.advance()
    #expect(reader.length == length)
    #expect(reader.missingBlocks.map { $0.view } == ["view"] && reader.missingBlocks.first?.blocks == [0])
    #expect(try reader.status().obstacle == .missingBlocks(view: "view", indexes: [0]))
    #expect(wanted() == [0..<1, 7..<8])
    #expect(try !reader.isBehind())
    try cluster.settle([0, 1])
    #expect(reader.length == writer.length && reader.obstacle == nil)
    #expect(try reader.view("view").length == writer.view("view").length)
    #expect(cluster.downloaded[1] < 40)
  }

  /// An application that would rather not apply what is missing.
  @Test func preferredFastForward() throws {
    var cluster = StoreCluster()
    for seed in 1...2 { try cluster.add(seed: UInt8(seed)) }
    let (writer, reader) = (cluster.bases[0], cluster.bases[1])
    try writer.append(cluster.value("a"))
    try cluster.settle([0, 1])
    for i in 0..<3 { try writer.append(cluster.value("\(i)")) }
    reader.noteRemoteLength(of: reader.system.view.key, writer.length)
    try reader.fastForward(now: 0)
    #expect(!reader.isFastForwarding)
    reader.preferFastForward()
    try reader.fastForward(now: 0)
    #expect(reader.isFastForwarding)
    while reader.fastForwardCount == 0 {
      try cluster.download(1, from: [0])
      try reader.fastForward(now: 0)
    }
    #expect(reader.length == writer.length)
  }
}
