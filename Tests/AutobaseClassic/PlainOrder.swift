import AutobaseClassic
import CompactEncoding

/// The causal order, computed from all nodes at once as its definition says it.
struct PlainOrder {
  struct Emitted: Equatable {
    var key: Fixed32
    var seq: UInt64
    var clock: [Fixed32: UInt64]
    var operations: UInt64
  }

  /// The nodes of each input, in the order of the inputs.
  let inputs: [(key: Fixed32, nodes: [InputNode])]

  /// - Parameter start: the newest entry of each input that is in the stream.
  /// - Returns: nil when the newest nodes depend on each other in a circle.
  func order(from start: CausalClock, _ rule: CausalOrder) -> [Emitted]? {
    var heads = inputs.compactMap { input in start[input.key].map { input.nodes[Int($0)] } }
    var result: [Emitted] = []
    var batch: (key: Fixed32, clock: [Fixed32: UInt64])?
    while !heads.isEmpty {
      let forks = heads.filter { head in !heads.contains { $0.key != head.key && $0.sees(head) } }
      let clock = batch?.clock ?? Dictionary(uniqueKeysWithValues: heads.map { ($0.key, $0.seq) })
      var next = heads.first { $0.key == batch?.key }
      if next == nil {
        let sizes = forks.map { fork in (size(fork, forks.filter { $0.key != fork.key }), fork) }
        guard let least = sizes.map(\.0).min() else { return nil }
        let candidates = sizes.filter { $0.0 == least }.map(\.1)
        next = rule == .alpha8 ? candidates.first : candidates.min { $0.key < $1.key }
      }
      guard let node = next, let place = heads.firstIndex(where: { $0.key == node.key }) else { return nil }
      if rule == .alpha9 && node.batch.rest == 0 && node.batch.index > 0 { batch = (node.key, clock) }
      if node.batch.index == 0 { batch = nil }
      result.append(
        Emitted(key: node.key, seq: node.seq, clock: clock, operations: clock.values.reduce(0) { $0 + $1 + 1 }))
      if node.seq == 0 {
        heads.remove(at: place)
      } else if let input = inputs.first(where: { $0.key == node.key }) {
        heads[place] = input.nodes[Int(node.seq) - 1]
      }
    }
    return result
  }

  private func size(_ fork: InputNode, _ others: [InputNode]) -> UInt64 {
    fork.clock.entries.reduce(0) { sum, entry in
      let high = others.map { $0.clock[entry.key].map { $0 + 1 } ?? 0 }.max() ?? 0
      return sum + (entry.seq + 1 > high ? entry.seq + 1 - high : 0)
    }
  }
}

extension CausalStream {
  /// What is left, as the model gives it.
  mutating func rest() throws -> [PlainOrder.Emitted] {
    var result: [PlainOrder.Emitted] = []
    while let entry = try next() {
      result.append(
        PlainOrder.Emitted(
          key: entry.node.key, seq: entry.node.seq,
          clock: Dictionary(uniqueKeysWithValues: entry.clock.entries.map { ($0.key, $0.seq) }),
          operations: entry.operations))
    }
    return result
  }
}
