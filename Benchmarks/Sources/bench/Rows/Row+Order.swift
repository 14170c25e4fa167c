import Autobase
import CompactEncoding

extension Row {
  /// Ordering alone, in memory.
  static let orders = [
    chain("order-3", writers: 3, nodes: 200_000, aim: 1_000_000, every: 64),
    chain("order-3-live", writers: 3, nodes: 200_000, aim: nil, every: 1),
    chain("order-32", writers: 32, nodes: 100_000, aim: 200_000, every: 64),
    Row(
      name: "order-apart", title: "Order: 3 writers that were apart, 10,000 nodes each", unit: .milliseconds,
      aim: .figure(1000), limit: "looking up the references of all nodes in a dictionary"
    ) { _ in
      let graph = OrderGraphs.apart(writers: 3, nodes: 10_000)
      return Pair(
        ours: { .quantity(try timed(1) { try graph.order(every: 4096) }.seconds * 1000) },
        limit: { .quantity(timed(1) { graph.lookUp() }.seconds * 1000) })
    },
  ]

  /// Writers at random, each referring to all heads, everything arriving in turn.
  private static func chain(_ name: String, writers: Int, nodes: Int, aim: Double?, every: Int) -> Row {
    Row(
      name: name, title: "Order only, \(writers) writers, \(every == 1 ? "one by one" : "\(every) at a time")",
      aim: aim.map { .figure($0) } ?? .none, limit: "looking up the references of all nodes in a dictionary"
    ) { _ in
      let graph = OrderGraphs.chain(writers: writers, nodes: nodes)
      return Pair(
        ours: { try timed(nodes) { try graph.order(every: every) } }, limit: { timed(nodes) { graph.lookUp() } })
    }
  }
}

/// Graphs to be ordered.
struct OrderGraphs {
  let keys: [Fixed32]
  private(set) var nodes: [(writer: Int, message: OplogMessage)] = []

  private init(writers: Int) {
    keys = (0..<writers).map {
      Fixed32([UInt8](repeating: UInt8(truncatingIfNeeded: $0 * 37 + 5), count: 32)) ?? Fixed32()
    }
  }

  static func chain(writers: Int, nodes: Int) -> Self {
    var graph = Self(writers: writers)
    var lengths = [UInt64](repeating: 0, count: writers)
    var state: UInt64 = 7
    var last: Checkout?
    for _ in 0..<nodes {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let writer = Int(state >> 33) % writers
      graph.append(writer, last.map { [$0] } ?? [])
      lengths[writer] += 1
      last = Checkout(key: graph.keys[writer], length: lengths[writer])
    }
    return graph
  }

  /// Chains that do not know each other, then three rounds in which everybody refers to everything.
  static func apart(writers: Int, nodes: Int) -> Self {
    var graph = Self(writers: writers)
    for length in 1...UInt64(nodes) {
      for writer in 0..<writers {
        graph.append(writer, length == 1 ? [] : [Checkout(key: graph.keys[writer], length: length - 1)])
      }
    }
    var heads = graph.keys.map { Checkout(key: $0, length: UInt64(nodes)) }
    for round in 1...3 as ClosedRange<UInt64> {
      for writer in 0..<writers {
        graph.append(writer, heads)
        heads = [Checkout(key: graph.keys[writer], length: UInt64(nodes) + round)]
      }
    }
    return graph
  }

  private mutating func append(_ writer: Int, _ heads: [Checkout]) {
    nodes.append((writer, OplogMessage(heads: heads, value: [1])))
  }

  func order(every count: Int) throws {
    let stream = NodeStream(indexers: keys)
    var indexed = 0
    for (i, node) in nodes.enumerated() {
      guard stream.add(node.message, of: keys[node.writer]) else { throw BenchError("a node came too early") }
      if (i + 1) % count == 0 || i == nodes.count - 1 { indexed += stream.update()?.indexed.count ?? 0 }
    }
    guard indexed * 10 > nodes.count * 9 else { throw BenchError("only \(indexed) nodes are final") }
  }

  func lookUp() {
    var known: [Checkout: Int] = [:]
    var lengths = [UInt64](repeating: 0, count: keys.count)
    var found = 0
    for (i, node) in nodes.enumerated() {
      for head in node.message.heads where known[head] != nil { found += 1 }
      lengths[node.writer] += 1
      known[Checkout(key: keys[node.writer], length: lengths[node.writer])] = i
    }
    keep(found)
  }
}
