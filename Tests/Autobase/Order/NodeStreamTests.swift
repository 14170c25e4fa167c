import CompactEncoding
import TestSupport
import Testing

@testable import Autobase

@Suite struct NodeStreamTests {
  /// Nodes that come one by one end where all of them at once do; what is final stays.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func agreesWithAllAtOnce(seed: UInt64) throws {
    var shape = RandomGraph.Shape()
    shape.writers = 2 + Int(seed % 4)
    let graph = RandomGraph(seed: seed, shape)
    let stream = NodeStream(indexers: graph.indexers)
    var generator = SeededGenerator(seed: seed)
    var indexed: [Checkout] = []
    #expect(stream.update() == nil)
    for batch in graph.arrival(&generator) {
      for message in batch {
        let oplog = OplogMessage(
          heads: message.heads, batch: message.batch, value: message.hasValue ? [1] : nil,
          optimistic: message.isOptimistic)
        #expect(stream.add(oplog, of: graph.keys[message.writer]))
      }
      let change = try #require(stream.update())
      indexed += change.indexed
      #expect(change.tipLength == stream.tip.count)
    }
    let order = try NodeOrder(graph.logs, indexers: graph.indexers)
    #expect(indexed == order.indexed.map(\.node) && stream.tip == order.tip.map(\.node), "seed \(seed)")
  }

  @Test func referencesMustBeThere() {
    let stream = NodeStream(indexers: [Fixed32()])
    let other = Checkout(key: Fixed32([UInt8](repeating: 1, count: 32)) ?? Fixed32(), length: 1)
    #expect(!stream.add(OplogMessage(heads: [other], value: [1]), of: Fixed32()))
  }
}
