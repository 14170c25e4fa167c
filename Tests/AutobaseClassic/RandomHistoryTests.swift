import Autobase
import AutobaseClassic
import CompactEncoding
import Hypercore
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// Random histories, read by the stream and by the plain model.
@Suite struct RandomHistoryTests {
  private static let seeds: Range<UInt64> = getenv("HYPERTOOLS_LONG") == nil ? 1..<40 : 1..<20_000

  /// Everything about a base that is made from one seed.
  private struct History {
    var generator: SeededGenerator
    var logs: [KeyedMemoryLog] = []

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }

    mutating func key() -> Fixed32 { Fixed32(generator.bytes(32)) ?? Fixed32() }

    mutating func fillClassic() throws {
      for _ in 0..<number(1..<7) { logs.append(KeyedMemoryLog(key: key())) }
      let stranger = key()
      let strangeness = number(0..<3)
      let linking = number(0..<4)
      // Each log has a layout of its own.
      let bases = [NodeFormat.alpha8, .alpha9].map { format in
        var options = ClassicAutobase.Options()
        options.newFormat = format
        return ClassicAutobase(inputs: logs, options: options)
      }
      for _ in 0..<number(1..<60) {
        let place = number(0..<logs.count)
        let log = logs[place]
        let base = bases[log.length == 0 ? number(0..<2) : 0]
        let values = (0..<(number(0..<4) == 0 ? number(2..<5) : 1)).map { _ in generator.bytes(number(0..<6)) }
        var clock: [ClockEntry]?
        if linking > 0 && number(0..<4) < linking {
          clock = []
          for other in logs where other.length > 0 && number(0..<2) == 0 {
            clock?.append(ClockEntry(key: other.key, seq: UInt64(number(0..<Int(other.length)))))
          }
          if strangeness > 0 && number(0..<6) == 0 {
            clock?.append(ClockEntry(key: stranger, seq: UInt64(number(0..<9))))
          }
          clock?.shuffle(using: &generator)
        }
        try base.append(values, clock: clock, input: log)
      }
    }

    mutating func fillOplogs() throws {
      for _ in 0..<number(1..<6) { logs.append(KeyedMemoryLog(key: key())) }
      let stranger = key()
      for _ in 0..<number(1..<50) {
        let log = logs[number(0..<logs.count)]
        var heads: [Checkout] = []
        for other in logs where other !== log && other.length > 0 && number(0..<2) == 0 {
          heads.append(Checkout(key: other.key, length: UInt64(number(1..<Int(other.length) + 1))))
        }
        if number(0..<12) == 0 { heads.append(Checkout(key: stranger, length: UInt64(number(1..<9)))) }
        if log.length > 0 && number(0..<2) == 0 { heads.append(Checkout(key: log.key, length: log.length)) }
        let count = number(0..<5) == 0 ? number(2..<5) : 1
        var blocks: [[UInt8]] = []
        for index in 0..<count {
          let value: [UInt8]? = number(0..<4) == 0 ? nil : [UInt8(index)]
          let message = OplogMessage(
            heads: index == 0 ? heads : [Checkout(key: log.key, length: log.length + UInt64(index))],
            batch: UInt64(count - index), value: value)
          blocks.append(message.encoded())
        }
        try log.append(blocks)
      }
    }
  }

  private func nodes(_ base: ClassicAutobase) throws -> PlainOrder {
    PlainOrder(
      inputs: try base.inputs.map { log in (log.key, try (0..<base.clock()[log.key]).map { try base.node(log.key, $0) })
      })
  }

  private func compare(_ history: inout History, seed: UInt64) throws {
    for order in [CausalOrder.alpha9, .alpha8] {
      var options = ClassicAutobase.Options()
      options.order = order
      let base = ClassicAutobase(inputs: history.logs.shuffled(using: &history.generator), options: options)
      if base.inputs.count > 1 && history.number(0..<3) == 0 { try base.removeInput(base.inputs[0].key) }
      if history.number(0..<3) == 0, let log = base.inputs.last {
        try base.freezeInput(log.key, at: UInt64(history.number(0..<Int(log.length) + 2)))
      }
      let model = try nodes(base)
      var start = try base.latest()
      for attempt in 0..<2 {
        if attempt == 1 {
          for entry in start.entries where history.number(0..<2) == 0 {
            let seq = history.number(-1..<Int(entry.seq) + 1)
            start[entry.key] = seq < 0 ? nil : UInt64(seq)
          }
        }
        var stream = try base.causalStream(from: start, includesAcks: true)
        if let expected = model.order(from: start, order) {
          #expect(try stream.rest() == expected, "seed \(seed)")
        } else {
          #expect(throws: ClassicError.self, "seed \(seed)") { try stream.rest() }
        }
      }
      var read = base.readStream(everything)
      var nodes: [InputNode] = []
      while let node = try read.next() { nodes.append(node) }
      #expect(nodes.count == Int(try base.latest().operations), "seed \(seed)")
      #expect(isLegal(nodes), "seed \(seed)")
    }
  }

  private var everything: ReadStream.Options {
    var options = ReadStream.Options()
    options.includesAcks = true
    return options
  }

  @Test func `Random classic histories have the order of the model`() throws {
    for seed in RandomHistoryTests.seeds {
      var history = History(seed: seed)
      try history.fillClassic()
      try compare(&history, seed: seed)
    }
  }

  @Test func `Random oplogs have the order of the model, with transitive clocks`() throws {
    for seed in RandomHistoryTests.seeds {
      var history = History(seed: seed)
      try history.fillOplogs()
      let base = ClassicAutobase(inputs: history.logs)
      var memo: [Checkout: [Fixed32: UInt64]] = [:]
      for log in history.logs {
        for seq in 0..<log.length {
          let expected = try RandomHistoryTests.clock(log, seq, history.logs, &memo)
          let found = try base.node(log.key, seq).clock.entries.map { ($0.key, $0.seq + 1) }
          #expect(Dictionary(uniqueKeysWithValues: found) == expected, "seed \(seed)")
        }
      }
      try compare(&history, seed: seed)
    }
  }

  /// What an entry of an oplog has seen, as lengths.
  private static func clock(
    _ log: KeyedMemoryLog, _ seq: UInt64, _ logs: [KeyedMemoryLog], _ memo: inout [Checkout: [Fixed32: UInt64]]
  ) throws -> [Fixed32: UInt64] {
    let place = Checkout(key: log.key, length: seq + 1)
    if let known = memo[place] { return known }
    var heads = try OplogMessage(decoding: log.block(at: seq)).heads
    if seq > 0 { heads.append(Checkout(key: log.key, length: seq)) }
    var clock: [Fixed32: UInt64] = [:]
    for head in heads {
      var seen: [Fixed32: UInt64] = [:]
      if let other = logs.first(where: { $0.key == head.key }) {
        seen = try RandomHistoryTests.clock(other, head.length - 1, logs, &memo)
      }
      seen[head.key] = max(seen[head.key] ?? 0, head.length)
      clock.merge(seen, uniquingKeysWith: max)
    }
    memo[place] = clock
    return clock
  }
}
