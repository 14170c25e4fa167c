import CompactEncoding
import Glibc
import TestSupport
import Testing

@testable import Autobase

/// The linearizer gives, at every step, what the rules say word by word.
///
/// `HYPERTOOLS_LONG` multiplies the number of graphs by its value.
@Suite struct OrderEqualityTests {
  @Test func fewWriters() throws {
    try compare(graphs: 60) { generator in
      var shape = RandomGraph.Shape()
      shape.writers = Int.random(in: 1...6, using: &generator)
      shape.indexers = Int.random(in: 1...shape.writers, using: &generator)
      shape.batches = Int.random(in: 5...80, using: &generator)
      return shape
    }
  }

  @Test func batches() throws {
    try compare(graphs: 60) { generator in
      var shape = RandomGraph.Shape()
      shape.writers = Int.random(in: 2...5, using: &generator)
      shape.indexers = Int.random(in: 1...shape.writers, using: &generator)
      shape.largestBatch = Int.random(in: 2...5, using: &generator)
      shape.oddities = Int.random(in: 0...40, using: &generator)
      return shape
    }
  }

  @Test func optimisticNodes() throws {
    try compare(graphs: 60) { generator in
      var shape = RandomGraph.Shape()
      shape.writers = Int.random(in: 2...6, using: &generator)
      shape.indexers = Int.random(in: 1...shape.writers, using: &generator)
      shape.optimistic = Int.random(in: 1...60, using: &generator)
      shape.largestBatch = Int.random(in: 1...3, using: &generator)
      return shape
    }
  }

  @Test func partitions() throws {
    try compare(graphs: 12) { generator in
      var shape = RandomGraph.Shape()
      shape.writers = Int.random(in: 2...7, using: &generator)
      shape.indexers = Int.random(in: 1...shape.writers, using: &generator)
      shape.batches = Int.random(in: 100...250, using: &generator)
      shape.partition = Int.random(in: 10...120, using: &generator)
      shape.exchanges = Int.random(in: 20...90, using: &generator)
      shape.completeExchanges = Int.random(in: 0...100, using: &generator)
      return shape
    }
  }

  @Test func manyWriters() throws {
    try compare(graphs: 4) { generator in
      var shape = RandomGraph.Shape()
      shape.writers = Int.random(in: 8...32, using: &generator)
      shape.indexers = Int.random(in: 1...shape.writers, using: &generator)
      shape.batches = 150
      shape.exchanges = Int.random(in: 50...95, using: &generator)
      shape.completeExchanges = Int.random(in: 20...100, using: &generator)
      return shape
    }
  }

  private func compare(
    graphs: Int, function: String = #function, _ shape: (inout SeededGenerator) -> RandomGraph.Shape
  ) throws {
    var comparisons = 0
    for seed in 1...UInt64(graphs * long) {
      var generator = SeededGenerator(seed: seed)
      let shape = shape(&generator)
      let graph = RandomGraph(seed: seed, shape)
      guard try run(graph, seed, &generator, &comparisons) else {
        Issue.record("\(function) seed \(seed): the orders differ: \(shape)")
        return
      }
    }
    #expect(comparisons > 0)
  }

  /// Feeds one graph in an order of arrival, with updates and restarts at random.
  private func run(
    _ graph: RandomGraph, _ seed: UInt64, _ generator: inout SeededGenerator, _ comparisons: inout Int
  ) throws -> Bool {
    var pair = OrderPair(graph, seed: seed)
    let arrival = graph.arrival(&generator)
    let pause = Int.random(in: 1...8, using: &generator)
    for (i, batch) in arrival.enumerated() {
      try pair.add(batch)
      guard i == arrival.count - 1 || Int.random(in: 0..<pause, using: &generator) == 0 else { continue }
      guard pair.update() else { return false }
      if Int.random(in: 0..<40, using: &generator) == 0 {
        let count = Int.random(in: 1...graph.keys.count, using: &generator)
        let indexers = graph.keys.shuffled(using: &generator).prefix(count)
        try pair.restart(Array(arrival[...i]), indexers: Array(indexers))
      }
    }
    comparisons += pair.count
    return true
  }
}

private let long = getenv("HYPERTOOLS_LONG").flatMap { Int(String(cString: $0)) } ?? 1
