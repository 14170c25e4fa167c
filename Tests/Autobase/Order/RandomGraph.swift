import Autobase
import CompactEncoding
import TestSupport

/// Writers that append, hear of each other now and then, and are apart for a while: a graph made from a seed.
struct RandomGraph {
  /// How the writers behave.
  struct Shape {
    var writers = 3
    /// The first so many writers in the order of the system view vote.
    var indexers = 3
    var batches = 60
    /// Largest atomic batch.
    var largestBatch = 1
    /// Of a hundred batches, how many are acks.
    var acks = 30
    /// Of a hundred lone values, how many are optimistic.
    var optimistic = 0
    /// Of a hundred steps, how many are exchanges between writers.
    var exchanges = 60
    /// Of a hundred exchanges, how many bring all that the other one knows.
    var completeExchanges = 60
    /// After how many batches the partition of the writers changes; none without it.
    var partition: Int?
    /// Of a hundred batches, how many reference only some heads, or break the rule for the inside of a batch.
    var oddities = 5
  }

  /// One message.
  struct Message {
    var writer: Int
    var length: UInt64
    var heads: [Checkout]
    var batch: UInt64
    var hasValue: Bool
    var isOptimistic: Bool
  }

  let keys: [Fixed32]
  let indexers: [Fixed32]
  /// Atomic batches, each after everything it references.
  private(set) var batches: [[Message]] = []

  /// For each writer, how much of each log it knows.
  private var known: [[Int]]
  /// For each node, how much of each log it has seen.
  private var seen: [[[Int]]]
  /// For each log, the lengths at which a batch ends.
  private var ends: [[Int]]
  private var group: [Int]

  init(seed: UInt64, _ shape: Shape) {
    var generator = SeededGenerator(seed: seed)
    let count = shape.writers
    keys = (0..<count).map { _ in Fixed32(generator.bytes(32)) ?? Fixed32() }
    indexers = Array(keys.shuffled(using: &generator).prefix(shape.indexers))
    known = Array(repeating: Array(repeating: 0, count: count), count: count)
    seen = Array(repeating: [], count: count)
    ends = Array(repeating: [], count: count)
    group = Array(repeating: 0, count: count)
    var untilChange = shape.partition ?? .max
    while batches.count < shape.batches {
      if batches.count >= untilChange {
        untilChange += shape.partition ?? .max
        let parts = Int.random(in: 1...3, using: &generator)
        for w in 0..<count { group[w] = Int.random(in: 0..<parts, using: &generator) }
      }
      if Int.random(in: 0..<100, using: &generator) < shape.exchanges {
        exchange(shape, &generator)
      } else {
        append(shape, &generator)
      }
    }
    // All come together in the end, and a few rounds go around.
    for w in 0..<count { group[w] = 0 }
    for _ in 0..<2 {
      for w in 0..<count {
        for v in 0..<count where v != w { learn(w, from: v) }
        append(shape, &generator)
      }
    }
  }

  private mutating func exchange(_ shape: Shape, _ generator: inout SeededGenerator) {
    let (w, v) = (
      Int.random(in: 0..<keys.count, using: &generator), Int.random(in: 0..<keys.count, using: &generator)
    )
    guard w != v, group[w] == group[v] else { return }
    if Int.random(in: 0..<100, using: &generator) < shape.completeExchanges { return learn(w, from: v) }
    // A part of one log, with all that it has seen.
    let log = Int.random(in: 0..<keys.count, using: &generator)
    guard let end = ends[log].prefix(while: { $0 <= known[v][log] }).randomElement(using: &generator) else { return }
    merge(w, seen[log][end - 1])
  }

  private mutating func learn(_ w: Int, from v: Int) { merge(w, known[v]) }

  private mutating func merge(_ w: Int, _ other: [Int]) {
    for k in other.indices where other[k] > known[w][k] { known[w][k] = other[k] }
  }

  /// The newest nodes that a writer knows and that no other one it knows has seen.
  private func heads(_ w: Int) -> [Checkout] {
    var heads: [Checkout] = []
    for k in keys.indices where known[w][k] > 0 {
      let length = known[w][k]
      let isSeen = keys.indices.contains { j in
        j != k && known[w][j] > 0 && seen[j][known[w][j] - 1][k] >= length
      }
      if !isSeen { heads.append(Checkout(key: keys[k], length: UInt64(length))) }
    }
    return heads
  }

  private mutating func append(_ shape: Shape, _ generator: inout SeededGenerator) {
    let w = Int.random(in: 0..<keys.count, using: &generator)
    let isAck = Int.random(in: 0..<100, using: &generator) < shape.acks
    let size = isAck ? 1 : Int.random(in: 1...shape.largestBatch, using: &generator)
    let isOdd = Int.random(in: 0..<100, using: &generator) < shape.oddities
    let isOptimistic = size == 1 && !isAck && Int.random(in: 0..<100, using: &generator) < shape.optimistic
    var heads = heads(w).shuffled(using: &generator)
    if isOdd, heads.count > 1 { heads.removeLast() }
    // It has seen what it names, and what was before it in its own log.
    var clock = seen[w].last ?? Array(repeating: 0, count: keys.count)
    for head in heads {
      guard let k = keys.firstIndex(of: head.key) else { continue }
      for (j, length) in seen[k][Int(head.length) - 1].enumerated() { clock[j] = max(clock[j], length) }
    }
    var batch: [Message] = []
    for i in 0..<size {
      let length = UInt64(seen[w].count + 1)
      batch.append(
        Message(
          writer: w, length: length, heads: i == 0 || (isOdd && size > 1) ? heads : [], batch: UInt64(size - i),
          hasValue: !isAck, isOptimistic: isOptimistic))
      if i > 0 { batch[i].heads.append(Checkout(key: keys[w], length: length - 1)) }
      clock[w] = Int(length)
      seen[w].append(clock)
    }
    ends[w].append(seen[w].count)
    known[w][w] = seen[w].count
    batches.append(batch)
  }
}

extension RandomGraph {
  /// The batches in an order in which they may arrive: each after what it references, some writers late.
  func arrival(_ generator: inout SeededGenerator) -> [[Message]] {
    var queues = keys.map { _ in [[Message]]() }
    for batch in batches { queues[batch[0].writer].append(batch) }
    var next = Array(repeating: 0, count: keys.count)
    var have = Array(repeating: UInt64(0), count: keys.count)
    let delay = keys.map { _ in Bool.random(using: &generator) ? 1 : Int.random(in: 2...50, using: &generator) }
    var order: [[Message]] = []
    while order.count < batches.count {
      let w = Int.random(in: 0..<keys.count, using: &generator)
      guard next[w] < queues[w].count, Int.random(in: 0..<delay[w], using: &generator) == 0 else { continue }
      let batch = queues[w][next[w]]
      let isReady = batch.allSatisfy { message in
        message.heads.allSatisfy { head in
          keys.firstIndex(of: head.key).map { $0 == w || have[$0] >= head.length } ?? false
        }
      }
      guard isReady else { continue }
      order.append(batch)
      next[w] += 1
      have[w] += UInt64(batch.count)
    }
    return order
  }
}
