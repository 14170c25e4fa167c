import Hyperbee
import Hypercore
import IndexEncoder
import TestSupport
import Testing

/// Random operations against a plain dictionary.
@Suite struct HyperbeePropertyTests {
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func behavesAsASortedDictionary(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let log = MemoryLog()
    // A tiny cache, so that nodes are evicted and read again; every other seed without batches.
    let bee = Hyperbee(log, options: Hyperbee.Options(cachedNodes: seed % 2 == 0 ? 4 : 8192))
    var model: [[UInt8]: [UInt8]?] = [:]
    var versions: [(version: UInt64, model: [[UInt8]: UInt64])] = []
    for round in 0..<60 {
      let batch = try bee.batch()
      for _ in 0..<1 + random.next() % (seed % 2 == 0 ? 40 : 4) {
        let key = randomKey(&random)
        // Rounds alternate between growing and shrinking.
        if random.next() % 10 < (round % 20 < 10 ? 7 : 2) {
          let value: [UInt8]? = random.next() % 8 == 0 ? nil : random.bytes(Int(random.next() % 5))
          try batch.put(key, value)
          model[key] = .some(value)
        } else {
          #expect(try batch.delete(key) == (model.removeValue(forKey: key) != nil), "seed \(seed)")
        }
        let probe = randomKey(&random)
        #expect(try batch.get(probe).map(\.value) == model[probe], "seed \(seed)")
      }
      try checkBatch(batch, model, &random, "seed \(seed) round \(round)")
      let before = log.length
      if random.next() % 10 == 0 {
        batch.close()
        model = try Dictionary(uniqueKeysWithValues: bee.range().collect().map { ($0.key, $0.value) })
        #expect(log.length == max(before, 1))
        continue
      }
      try batch.flush()
      try checkRanges(bee, model, &random, "seed \(seed) round \(round)")
      versions.append(
        (bee.version, try Dictionary(uniqueKeysWithValues: bee.range().collect().map { ($0.key, $0.sequence) })))
    }
    for _ in 0..<40 {
      let left = versions[Int(random.next() % UInt64(versions.count))]
      let right = versions[Int(random.next() % UInt64(versions.count))]
      try checkDiff(bee, left, right, randomRange(&random), "seed \(seed)")
    }
  }

  @Test(arguments: [11, 12] as [UInt64])
  func followsTruncations(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let log = MemoryLog()
    let bee = Hyperbee(log)
    var history: [(length: UInt64, entries: [Hyperbee.Entry])] = [(0, [])]
    for _ in 0..<120 {
      if random.next() % 4 == 0 {
        let index = Int(random.next() % UInt64(history.count))
        let old = try bee.snapshot()
        let entries = try old.range().collect()
        try log.truncate(to: history[index].length)
        history.removeLast(history.count - 1 - index)
        #expect(try old.range().collect() == entries, "seed \(seed)")
        #expect(try bee.range().collect() == history[index].entries, "seed \(seed)")
      }
      try bee.put(randomKey(&random), random.bytes(2))
      history.append((log.length, try bee.range().collect()))
    }
  }

  /// Truncating and continuing gives the bytes of the straight history.
  @Test(arguments: [21] as [UInt64])
  func bytesDependOnContentOnly(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let straight = MemoryLog()
    let winding = MemoryLog()
    let a = Hyperbee(straight)
    let b = Hyperbee(winding)
    for _ in 0..<150 {
      let detour = winding.length
      for _ in 0..<random.next() % 3 { try b.put(randomKey(&random), [1]) }
      if winding.length > detour { try winding.truncate(to: detour) }
      let key = randomKey(&random)
      let isDelete = random.next() % 3 == 0
      for bee in [a, b] { if isDelete { try bee.delete(key) } else { try bee.put(key, key) } }
    }
    #expect(straight.blocks == winding.blocks, "seed \(seed)")
  }

  @Test func refusesToFlushOverForeignBlocks() throws {
    let log = MemoryLog()
    let bee = Hyperbee(log)
    try bee.put([1], [1])
    let batch = try bee.batch()
    try batch.put([2], [2])
    try bee.put([3], [3])
    #expect(throws: BeeError.self) { try batch.flush() }
    #expect(throws: BeeError.batchClosed) { try batch.put([2], nil) }
    #expect(log.length == 3)
  }

  @Test func missingBlocksSurface() throws {
    let log = MemoryLog()
    let bee = Hyperbee(log)
    for i in UInt8(0)..<40 { try bee.put([i], [i]) }
    let future = try bee.checkout(log.length + 1)
    #expect(throws: LogError.blockNotAvailable(index: 41, length: 41)) { try future.get([1]) }
    try bee.put([50], [50])
    #expect(try future.get([50])?.value == [50])
  }

  @Test func liveHistoryGoesOn() throws {
    let bee = Hyperbee(MemoryLog())
    var history = try bee.history(isLive: true)
    #expect(try history.next() == nil)
    try bee.put([1], [1])
    #expect(try history.next()?.kind == .put)
    #expect(try history.next() == nil)
    try bee.delete([1])
    #expect(try history.next()?.kind == .delete)
  }

  // MARK: Model

  func randomKey(_ random: inout SeededGenerator) -> [UInt8] {
    let count = random.next() % 3 == 0 ? 12 : 1
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: 0x60 + random.next() % 8) }
      + (random.next() % 2 == 0 ? [UInt8(truncatingIfNeeded: random.next() % 24)] : [])
  }

  func randomRange(_ random: inout SeededGenerator) -> KeyRange {
    func bound() -> [UInt8]? { random.next() % 3 == 0 ? randomKey(&random) : nil }
    return KeyRange(gt: bound(), gte: bound(), lt: bound(), lte: bound())
  }

  func contains(_ range: KeyRange, _ key: [UInt8]) -> Bool {
    func less(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.lexicographicallyPrecedes(b) }
    if let gt = range.gt {
      if !less(gt, key) { return false }
    } else if let gte = range.gte, less(key, gte) {
      return false
    }
    if let lt = range.lt {
      if !less(key, lt) { return false }
    } else if let lte = range.lte, less(lte, key) {
      return false
    }
    return true
  }

  func checkRanges(
    _ bee: Hyperbee, _ model: [[UInt8]: [UInt8]?], _ random: inout SeededGenerator, _ comment: Comment
  ) throws {
    let range = randomRange(&random)
    let expected = model.keys.filter { contains(range, $0) }.sorted { $0.lexicographicallyPrecedes($1) }
    let found = try bee.range(range).collect()
    #expect(found.map(\.key) == expected, comment)
    #expect(found.map(\.value) == expected.map { model[$0] ?? nil }, comment)
    #expect(try bee.count(range) == expected.count, comment)
    #expect(try bee.range(range, reverse: true).collect() == found.reversed(), comment)
    #expect(try bee.range(range, limit: 3).collect() == Array(found.prefix(3)), comment)
    #expect(try bee.peek(range, reverse: true) == found.last, comment)
  }

  func checkBatch(
    _ batch: Batch, _ model: [[UInt8]: [UInt8]?], _ random: inout SeededGenerator, _ comment: Comment
  ) throws {
    let range = randomRange(&random)
    let expected = model.keys.filter { contains(range, $0) }.sorted { $0.lexicographicallyPrecedes($1) }
    let found = try batch.entries(range)
    #expect(found.map(\.key) == expected, comment)
    #expect(found.map(\.value) == expected.map { model[$0] ?? nil }, comment)
    #expect(try batch.entries(range, reverse: true, limit: 2) == Array(found.reversed().prefix(2)), comment)
  }

  func checkDiff(
    _ bee: Hyperbee, _ left: (version: UInt64, model: [[UInt8]: UInt64]),
    _ right: (version: UInt64, model: [[UInt8]: UInt64]), _ range: KeyRange, _ comment: Comment
  ) throws {
    let keys = Set(left.model.keys).union(right.model.keys).sorted { $0.lexicographicallyPrecedes($1) }
    let expected = keys.filter { contains(range, $0) && left.model[$0] != right.model[$0] }
    let found = try bee.checkout(left.version).diff(right.version, range: range).collect()
    #expect(found.map { $0.left?.key ?? $0.right?.key } == expected, comment)
    #expect(found.map { $0.left?.sequence } == expected.map { left.model[$0] }, comment)
    #expect(found.map { $0.right?.sequence } == expected.map { right.model[$0] }, comment)
  }
}
