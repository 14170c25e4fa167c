import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import TestSupport
import Testing

@testable import Autobase

/// The order of a base whose logs are not all stored from their beginning.
@Suite struct OrderStartTests {
  /// Nodes of which the first two are indexers, each with 30 values.
  private func cluster(_ count: UInt8) throws -> StoreCluster {
    var cluster = StoreCluster()
    for seed in 1...count { try cluster.add(seed: seed) }
    try cluster.bases[0].appendAck()
    try cluster.bases[0].append(cluster.addition(of: 1))
    try cluster.settle([0, 1])
    for i in 0..<60 {
      try cluster.bases[i % 2].append(cluster.value("\(i)"))
      if i % 7 == 0 { try cluster.settle([0, 1]) }
    }
    try cluster.settle([0, 1])
    return cluster
  }

  /// Expects that an order is the end of the whole one, with the same reasons.
  private func expectEnd(_ order: OrderHistory, of whole: OrderHistory, leavesOut: Range<Int>) throws {
    #expect(whole.systemLength == 0 && whole.gaps.isEmpty && order.gaps.isEmpty)
    #expect(order.systemLength > 0)
    let before = whole.entries.count - order.entries.count
    #expect(leavesOut.contains(before), "\(before) of \(whole.entries.count)")
    #expect(order.entries.map(\.node) == whole.entries.map(\.node).suffix(order.entries.count))
    #expect(order.indexedCount == whole.indexedCount - before)
    for (index, entry) in order.entries.enumerated() {
      let explanation = try #require(order.explain(entry.node))
      let expected = try #require(whole.explain(entry.node))
      #expect(explanation.isIndexed == expected.isIndexed && explanation.index == index)
      #expect(explanation.decision == expected.decision)
      #expect(explanation.isVote == expected.isVote && explanation.isMerge == expected.isMerge)
      #expect(explanation.references.map(\.isIndexed) == expected.references.map(\.isIndexed))
      #expect(explanation.wait == expected.wait && explanation.poll == expected.poll)
    }
    for entry in whole.entries.prefix(before) {
      #expect(order.isBeforeStart(entry.node) && order.explain(entry.node) == nil)
    }
    #expect(!order.entries.contains { order.isBeforeStart($0.node) })
  }

  /// After a fast-forward it begins with the signed state that that led to, and goes on through changes of indexers.
  @Test func afterFastForward() throws {
    var cluster = try cluster(3)
    let late = cluster.bases[2]
    late.setFastForwardTarget(cluster.bases[0].system.view.key)
    try late.fastForward(now: cluster.now)
    while late.isFastForwarding {
      try cluster.download(2, from: [0, 1])
      try late.fastForward(now: cluster.now)
    }
    #expect(late.fastForwardCount == 1)
    let target = late.indexedLength
    for i in 0..<2 {
      let log = try cluster.stores[2].get(key: #require(cluster.bases[i].local).key)
      let final = try #require(late.indexedInfo.indexers.first { $0.key == log.key }).length
      #expect(try log.length >= final && !log.has(0))
    }
    for i in 0..<8 { try cluster.bases[i % 2].append(cluster.value("more \(i)")) }
    try cluster.settle([0, 1])
    try cluster.bases[1].append(cluster.addition(of: 2))
    try cluster.settle([0, 1, 2])
    #expect(late.isIndexer)
    for i in 0..<9 {
      try cluster.bases[i % 3].append(cluster.value("last \(i)"))
      if i % 4 == 0 { try cluster.settle([0, 1, 2]) }
    }
    try cluster.turn(2, from: [0, 1], acknowledges: false)
    try cluster.turn(0, from: [1, 2], acknowledges: false)
    // Whatever of the old nodes has come meanwhile, some are not here.
    for i in 0..<2 {
      let log = try cluster.stores[2].get(key: #require(cluster.bases[i].local).key)
      let member = try late.system.member(log.key, at: target)
      let final = try #require(member).length
      try log.clear(0..<final)
    }
    let order = try late.orderHistory()
    #expect(order.systemLength == target)
    #expect(try late.indexerEpochs(from: target).count == 2)
    try expectEnd(order, of: cluster.bases[0].orderHistory(), leavesOut: 60..<200)
  }

  /// A block that is missing amid a log is behind nothing that is shown; missing blocks of the system view count as well.
  @Test(arguments: [false, true])
  func blocksAreMissing(alsoOfSystem: Bool) throws {
    let cluster = try cluster(2)
    try cluster.bases[0].append(cluster.value("open"))
    let whole = try cluster.bases[0].orderHistory()
    let log = try cluster.stores[0].get(key: #require(cluster.bases[1].local).key)
    let length = log.length
    try log.clear(length / 2..<length / 2 + 1)
    #expect(try CorestoreStorage(cluster.stores[0]).writer(log.key).firstStored(below: length) == length / 2 + 1)
    #expect(try CorestoreStorage(cluster.stores[0]).writer(log.key).firstStored(below: length / 2) == 0)
    let half = try cluster.bases[0].orderHistory()
    let place = try #require(whole.position(Checkout(key: log.key, length: length / 2 + 1)))
    try expectEnd(half, of: whole, leavesOut: place + 1..<place + 12)
    guard alsoOfSystem else { return }
    let indexed = cluster.bases[0].indexedLength
    try cluster.stores[0].get(key: cluster.bases[0].system.view.key).clear(indexed - 20..<indexed - 19)
    let less = try cluster.bases[0].orderHistory()
    #expect(less.systemLength > indexed - 20)
    try expectEnd(less, of: whole, leavesOut: whole.entries.count - 24..<whole.entries.count - 1)
  }

  /// What is not final, and not all here, is told with the block that is missing.
  @Test func tipIsNotAllHere() throws {
    var cluster = try cluster(2)
    for i in 0..<5 { try cluster.bases[1].append(cluster.value("open \(i)")) }
    try cluster.turn(0, from: [1], acknowledges: false)
    let log = try cluster.stores[0].get(key: #require(cluster.bases[1].local).key)
    try log.clear(log.length - 3..<log.length - 2)
    let order = try cluster.bases[0].orderHistory()
    let first = Checkout(key: log.key, length: log.length - 2)
    #expect(order.gaps == [NodeOrder.Gap(node: first, unstored: first.length)])
    #expect(order.systemLength == 0 && order.position(first) == nil)
    #expect(order.position(Checkout(key: log.key, length: log.length - 3)) == order.entries.count - 1)
  }
}
