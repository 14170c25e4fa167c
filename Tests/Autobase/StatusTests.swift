import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

@Suite struct StatusTests {
  /// The pure order of messages is that of the linearizer, for every graph of the vectors.
  @Test func orderOfMessages() throws {
    let cases = try Vectors.load("03-dags").list("cases")
    for item in cases {
      let name = try item.text("name")
      let graph = try Graph(item)
      let logs = graph.arrival.map { item in
        WriterMessages(
          key: graph.keys[item.writer],
          messages: [
            OplogMessage(
              heads: item.heads, batch: item.batch, value: item.hasValue ? [1] : nil, optimistic: item.isOptimistic)
          ])
      }
      let order = try NodeOrder(logs, indexers: graph.indexers.map { graph.keys[$0] })
      #expect(order.gaps.isEmpty, "\(name)")
      let indexed = order.indexed.map { $0.node }
      let expected = try item.list("indexed").map { try graph.checkout($0) }
      #expect(indexed == expected, "\(name)")
      #expect(try order.tip.map { $0.node } == item.list("tip").map { try graph.checkout($0) }, "\(name)")
    }
    #expect(cases.count > 0)
  }

  @Test func gapsAreNamed() throws {
    let (a, b) = (Fixed32(), try #require(Fixed32([UInt8](repeating: 1, count: 32))))
    let message = OplogMessage(heads: [Checkout(key: b, length: 3)], value: [1])
    let order = try NodeOrder([WriterMessages(key: a, messages: [message])], indexers: [a])
    #expect(order.indexed.isEmpty && order.tip.isEmpty)
    #expect(order.gaps == [NodeOrder.Gap(node: Checkout(key: a, length: 1), missing: Checkout(key: b, length: 3))])
  }

  @Test func singleWriter() throws {
    let base = try Autobase(Corestore.inMemory(primaryKey: Fixed32()), RecordedApplication())
    #expect(try base.status().wait == .firstNode)
    try base.append(Array("1".utf8))
    let status = try base.status()
    #expect(status.wait == .nothing)
    #expect(status.writers.count == 1 && status.writers[0].isLocal && status.writers[0].isActiveIndexer)
    #expect(status.writers[0].length == 1 && status.writers[0].indexedLength == 1 && status.writers[0].isHead)
    #expect(status.views.map { $0.name } == ["view", "_encryption", "_system"])
    #expect(status.views.allSatisfy { $0.length == $0.signedLength && $0.length == $0.indexedLength })
  }
}
