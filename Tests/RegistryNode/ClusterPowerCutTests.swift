import Autobase
import CompactEncoding
import Corestore
import Glibc
import Hypercore
import Registry
import RegistryNode
import TestDisk
import TestSupport
import Testing

/// Three nodes that replicate, and the power of one fails again and again.
///
/// Nothing that anybody was told is taken back: no log splits, all views become equal, and what was acknowledged on disk
/// is in them.
@Suite struct ClusterPowerCutTests {
  static var seeds: Range<UInt64> { 0..<(getenv("HYPERTOOLS_LONG") == nil ? 2 : 40) }

  @Test(arguments: seeds) func noLogSplits(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let comment: Comment = "seed \(seed)"
    let directory = TemporaryDirectory()
    let disk = TestDisk("cluster-\(seed)")
    var options = StoreOptions(durability: seed % 2 == 0 ? .full : .normal)
    options.fileSystem = disk.name
    func open() throws -> Corestore { try Corestore(directory: directory.path, options: options) }

    let cluster = MemoryCluster(seed: seed)
    for number in 0..<3 { try cluster.add(number == 2 ? open() : nil) }
    cluster.connectAll()
    for number in 1..<3 {
      let key = try #require(cluster.members[number].node.localKey)
      try cluster.members[0].node.base.append(RegistryOperation.addWriter(WriterKey(key)).encoded())
      let isIndexer = try cluster.run {
        try cluster.members[...number].allSatisfy { try $0.node.base.status().indexers.count == number + 1 }
      }
      #expect(isIndexer, comment)
    }

    /// Entries that were acknowledged as durable.
    var kept: Set<String> = []
    var cuts = 0
    for round in 0..<(getenv("HYPERTOOLS_LONG") == nil ? 2 : 5) {
      disk.cutPower(after: Int.random(in: 1..<600, using: &random))
      /// Acknowledged by the third node, and perhaps not on disk.
      var acknowledged: Set<String> = []
      for step in 0..<25 where !disk.isOff {
        let number = Int.random(in: 0..<3, using: &random)
        let name = "entry \(round) \(step) of \(number)"
        do {
          try cluster.members[number].put(name)
          cluster.members[number].driver.committed(at: cluster.now)
          if number == 2 { acknowledged.insert(name) } else { kept.insert(name) }
        } catch {
          #expect(disk.isOff, comment)
        }
        if !disk.isOff, cluster.members[2].node.store.isDurable {
          kept.formUnion(acknowledged)
          acknowledged.removeAll()
        }
        try cluster.run(UInt64.random(in: 0..<40, using: &random))
      }
      if disk.isOff { cuts += 1 } else { disk.cutPower(after: 0) }
      try cluster.stop(2)
      try disk.restart(using: &random)
      try cluster.restart(2, open())
      // It may go on before it has heard of everything.
      try cluster.run(UInt64.random(in: 0..<500, using: &random))
    }
    #expect(cuts > 0 && kept.count > 3, comment)

    for member in cluster.members { try member.put("last of all \(member.node.localKey!)") }
    for member in cluster.members { member.driver.committed(at: cluster.now) }
    let isQuiet = try cluster.run {
      let status = try cluster.members.map { try $0.status() }
      return Set(status.map(\.viewLength)).count == 1 && status.allSatisfy { $0.viewLength == $0.signedLength }
        && Set(status.map(\.viewKey)).count == 1
    }
    #expect(isQuiet, comment)
    let views = try cluster.members.map { try $0.blocks() }
    #expect(views[0] == views[1] && views[0] == views[2], comment)
    for name in kept.sorted() {
      #expect(try cluster.members[1].node.view.get(name) != nil, "seed \(seed): \(name)")
    }
    try check(cluster, comment)
  }

  /// All nodes have the same of every writer, and none has seen two histories.
  private func check(_ cluster: MemoryCluster, _ comment: Comment) throws {
    for writer in cluster.members {
      let key = try #require(writer.node.localKey)
      let own = try writer.node.store.get(key: key)
      #expect(own.fork == 0, comment)
      for member in cluster.members {
        let copy = try member.node.store.get(key: key)
        #expect(!copy.isFrozen && copy.fork == 0, comment)
        let length = min(copy.length, own.length)
        #expect(try copy.treeHash(at: length) == own.treeHash(at: length), comment)
      }
      #expect(try own.audit().faults.isEmpty, comment)
    }
  }
}
