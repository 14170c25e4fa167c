import Autobase
import CompactEncoding
import Hypercore
import Registry
import RegistryNode
import Testing

@Suite struct NodeDriverTests {
  /// Three nodes that are indexers.
  private func three(seed: UInt64) throws -> MemoryCluster {
    let cluster = MemoryCluster(seed: seed)
    for number in 0..<3 {
      let member = try cluster.add()
      guard number > 0, let key = member.node.localKey else { continue }
      for other in 0..<number { cluster.connect(number, other) }
      try cluster.members[0].node.base.append(RegistryOperation.addWriter(WriterKey(key)).encoded())
      cluster.members[0].driver.committed(at: cluster.now)
      #expect(try cluster.run { member.events.contains(.becameIndexer) }, "seed \(seed)")
    }
    #expect(try cluster.run { cluster.members.allSatisfy { $0.node.base.activeIndexerCount == 3 } })
    return cluster
  }

  private func put(_ name: String, _ number: Int, _ cluster: MemoryCluster) throws {
    let member = cluster.members[number]
    try member.put(name)
    member.driver.committed(at: cluster.now)
  }

  private func expectEqualViews(_ cluster: MemoryCluster, _ seed: UInt64) throws {
    let isSettled = try cluster.run {
      let states = try cluster.members.map { try $0.status() }
      return Set(states.map { "\($0.viewKey) \($0.viewLength)" }).count == 1
        && states.allSatisfy { $0.viewLength == $0.signedLength }
    }
    let waits = try cluster.members.map { try $0.driver.status().waits }
    #expect(isSettled, "seed \(seed): \(waits)")
    let first = try cluster.members[0].blocks()
    for member in cluster.members { #expect(try member.blocks() == first, "seed \(seed)") }
  }

  @Test(arguments: 1...3 as ClosedRange<UInt64>)
  func nodesComeToOneView(seed: UInt64) throws {
    let cluster = try three(seed: seed)
    let key = try cluster.members[0].status().viewKey
    for i in 0..<30 {
      try put("e\(i)", i % 3, cluster)
      if i % 5 == 0 { try cluster.run(UInt64(i)) }
    }
    try expectEqualViews(cluster, seed)
    #expect(try cluster.members.allSatisfy { try $0.status().viewKey == key })
    for member in cluster.members {
      for i in 0..<30 { #expect(try member.node.view.get("e\(i)") != nil) }
      let waits = try member.driver.status().waits
      #expect(waits == [], "\(waits)")
      #expect(member.driver.peerConnectionCount == 2)
    }
  }

  @Test func oneOfThreeIsNoMajority() throws {
    let cluster = try three(seed: 7)
    try expectEqualViews(cluster, 7)
    try cluster.isolate(1)
    try cluster.isolate(2)
    let before = try cluster.members[0].status().signedLength
    try put("alone", 0, cluster)
    try cluster.run(10_000)
    #expect(try cluster.members[0].status().signedLength == before)
    #expect(try cluster.members[0].node.view.get("alone") != nil)
    #expect(try !cluster.members[0].driver.status().waits.isEmpty)
    cluster.connect(0, 1)
    #expect(try cluster.run { try cluster.members[0].status().signedLength > before })
    cluster.connect(0, 2)
    cluster.connect(1, 2)
    try expectEqualViews(cluster, 7)
  }

  @Test(arguments: 11...13 as ClosedRange<UInt64>)
  func aPartitionThatHeals(seed: UInt64) throws {
    let cluster = try three(seed: seed)
    try cluster.isolate(2)
    for i in 0..<10 {
      try put("here \(i)", i % 2, cluster)
      try put("there \(i)", 2, cluster)
      try cluster.run(40)
    }
    let before = try cluster.members[2].status().signedLength
    #expect(try cluster.run { try cluster.members[0].status().signedLength > before })
    cluster.connect(0, 2)
    cluster.connect(1, 2)
    try expectEqualViews(cluster, seed)
    for member in cluster.members {
      for i in 0..<10 {
        #expect(try member.node.view.get("here \(i)") != nil)
        #expect(try member.node.view.get("there \(i)") != nil)
      }
    }
  }

  /// A node that comes late goes on from the signed state, and fetches what it must read to write.
  @Test func aLateNode() throws {
    let cluster = try three(seed: 21)
    for i in 0..<60 {
      try put("e\(i)", i % 3, cluster)
      try cluster.run(20)
    }
    try expectEqualViews(cluster, 21)
    try cluster.isolate(2)
    let late = try cluster.add()
    for other in 0..<2 { cluster.connect(3, other) }
    let key = try #require(late.node.localKey)
    let lost = try #require(cluster.members[2].node.localKey)
    try cluster.members[0].node.base.append([
      RegistryOperation.removeWriter(WriterKey(lost)).encoded(),
      RegistryOperation.addWriter(WriterKey(key)).encoded(),
    ])
    cluster.members[0].driver.committed(at: cluster.now)
    #expect(try cluster.run { late.events.contains(.becameIndexer) })
    #expect(late.events.contains { if case .fastForward = $0 { true } else { false } })
    let isWritten = try cluster.run {
      do {
        try late.put("late")
        late.driver.committed(at: cluster.now)
        return true
      } catch LogError.blockNotAvailable {
        late.driver.committed(at: cluster.now)
        return false
      }
    }
    let waits = try late.driver.status().waits
    #expect(isWritten, "\(waits)")
    #expect(try cluster.run { try cluster.members[1].node.view.get("late") != nil })
  }

  /// A member of nothing yet reads, and may not write.
  @Test func aReader() throws {
    let cluster = MemoryCluster(seed: 3)
    try cluster.add()
    try put("one", 0, cluster)
    let reader = try cluster.add()
    cluster.connect(1, 0)
    #expect(try cluster.run { try reader.node.view.get("one") != nil })
    #expect(throws: AutobaseError.notWritable) { try reader.put("two") }
    #expect(!reader.events.contains(.becameWriter))
  }
}
