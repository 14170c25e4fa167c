import AutobaseClassic
import CompactEncoding

/// The causal order and the view, in the plainest way: nothing is remembered, everything is looked at.
struct PlainModel {
  struct Entry {
    var value: [UInt8]
    var index: Int
    var rest: Int
    /// Sequence numbers by input; with the entry before it in its own input.
    var clock: [Fixed32: Int]
  }

  /// One apply call: the prefix clock, and the blocks it appends.
  struct Call {
    var prefix: [Fixed32: Int]
    var blocks: [[UInt8]]
  }

  /// The entries of each input, and how many of them count.
  var inputs: [Fixed32: [Entry]] = [:]
  var members: [Fixed32: Int] = [:]

  mutating func append(_ values: [[UInt8]], to key: Fixed32, clock: [Fixed32: Int]) {
    let start = inputs[key, default: []].count
    for (index, value) in values.enumerated() {
      var clock = clock
      clock[key] = start + index == 0 ? nil : start + index - 1
      inputs[key, default: []].append(
        Entry(value: value, index: index, rest: values.count - 1 - index, clock: clock))
    }
  }

  /// The places of all entries, oldest first, with their prefix clocks.
  func order() -> [(key: Fixed32, seq: Int, prefix: [Fixed32: Int])] {
    var heads: [Fixed32: Int] = [:]
    for (key, length) in members where min(length, inputs[key]?.count ?? 0) > 0 {
      heads[key] = min(length, inputs[key]!.count) - 1
    }
    var order: [(key: Fixed32, seq: Int, prefix: [Fixed32: Int])] = []
    while !heads.isEmpty {
      func clock(_ key: Fixed32) -> [Fixed32: Int] { inputs[key]![heads[key]!].clock }
      let forks = heads.keys.filter { key in
        !heads.keys.contains { $0 != key && (clock($0)[key] ?? -1) >= heads[key]! }
      }
      func size(_ fork: Fixed32) -> Int {
        var sum = 0
        for (key, seq) in clock(fork) {
          let others = forks.filter { $0 != fork }.map { clock($0)[key].map { $0 + 1 } ?? 0 }.max() ?? 0
          sum += max(0, seq + 1 - others)
        }
        return sum
      }
      let next = forks.min { (size($0), $0) < (size($1), $1) }!
      let prefix = heads
      var entry: Entry
      repeat {
        entry = inputs[next]![heads[next]!]
        order.append((next, heads[next]!, prefix))
        heads[next] = heads[next] == 0 ? nil : heads[next]! - 1
      } while entry.index > 0
    }
    return order.reversed()
  }

  /// All apply calls, oldest first.
  func calls(_ apply: (_ values: [[UInt8]], _ view: inout [[UInt8]]) -> Void) -> [Call] {
    var view: [[UInt8]] = []
    var calls: [Call] = []
    var batch: [[UInt8]] = []
    for (key, seq, prefix) in order() {
      batch.append(inputs[key]![seq].value)
      guard inputs[key]![seq].rest == 0 else { continue }
      let start = view.count
      apply(batch, &view)
      calls.append(Call(prefix: prefix, blocks: Array(view[start...])))
      batch = []
    }
    return calls
  }
}

extension [PlainModel.Call] {
  var blocks: [[UInt8]] { flatMap(\.blocks) }

  /// How many calls are the same in front.
  func common(with other: [PlainModel.Call]) -> Int {
    zip(self, other).prefix { $0.prefix == $1.prefix }.count
  }
}
