import Hyperbee
import Hypercore

extension Row {
  /// The B-tree alone, over a log in memory that neither hashes nor signs.
  static let bees = [
    Row(
      name: "bee-put", title: "B-tree in memory, put, one at a time",
      limit: "raw SQLite, table in memory, one transaction each"
    ) { workspace in
      var keys = Keys()
      let raw = try RawTable(":memory:")
      var bee = Hyperbee(MemoryLog())
      return Pair(
        ours: {
          bee = Hyperbee(MemoryLog())
          return try repeated(for: workspace.budget, step: 16) {
            for _ in 0..<16 { try bee.put(keys.next(), Keys.value) }
          }
        },
        limit: {
          try repeated(for: workspace.budget, step: 16) {
            for _ in 0..<16 { try raw.transaction { try raw.put(keys.next(), Keys.value) } }
          }
        })
    },
    Row(
      name: "bee-batch", title: "B-tree in memory, put, batches of 100",
      limit: "raw SQLite, table in memory, transactions of 100"
    ) { workspace in
      var keys = Keys()
      let raw = try RawTable(":memory:")
      var bee = Hyperbee(MemoryLog())
      return Pair(
        ours: {
          bee = Hyperbee(MemoryLog())
          return try repeated(for: workspace.budget, step: 100) {
            let batch = try bee.batch()
            for _ in 0..<100 { try batch.put(keys.next(), Keys.value) }
            try batch.flush()
          }
        },
        limit: {
          try repeated(for: workspace.budget, step: 100) {
            try raw.transaction { for _ in 0..<100 { try raw.put(keys.next(), Keys.value) } }
          }
        })
    },
    Row(name: "bee-get", title: "B-tree in memory, get, 10,000 keys", limit: "raw SQLite, table in memory") {
      workspace in
      let (bee, raw, keys) = try filled()
      var at = 0
      func key() -> [UInt8] {
        at = (at + 7919) % keys.count
        return keys[at]
      }
      return Pair(
        ours: {
          try repeated(for: workspace.budget, step: 64) { for _ in 0..<64 { keep(try bee.get(key())) } }
        },
        limit: {
          try repeated(for: workspace.budget, step: 64) { for _ in 0..<64 { keep(try raw.get(key())) } }
        })
    },
    Row(name: "bee-scan", title: "B-tree in memory, range over 10,000 keys", limit: "raw SQLite, table in memory") {
      workspace in
      let (bee, raw, keys) = try filled()
      return Pair(
        ours: {
          try repeated(for: workspace.budget, step: keys.count) {
            var entries = try bee.range()
            while let entry = try entries.next() { keep(entry) }
          }
        },
        limit: {
          try repeated(for: workspace.budget, step: keys.count) { keep(try raw.readAll()) }
        })
    },
  ]

  /// The same 10,000 keys and values in both.
  private static func filled() throws -> (Hyperbee, RawTable, [[UInt8]]) {
    var keys = Keys()
    let all = (0..<10_000).map { _ in keys.next() }
    let bee = Hyperbee(MemoryLog())
    let batch = try bee.batch()
    for key in all { try batch.put(key, Keys.value) }
    try batch.flush()
    let raw = try RawTable(":memory:")
    try raw.transaction { for key in all { try raw.put(key, Keys.value) } }
    return (bee, raw, all)
  }
}

/// Keys of 20 bytes in no order, each only once.
struct Keys {
  static let value = [UInt8](repeating: 0x61, count: 80)
  private var state: UInt64 = 1

  mutating func next() -> [UInt8] {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    var value = state
    return (0..<20).map { _ in
      value = value >> 3 | value << 61
      return UInt8(0x61 + value % 26)
    }
  }
}
