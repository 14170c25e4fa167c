import CompactEncoding
import TestSupport
import Testing

@testable import Autobase

@Suite struct UpdateLogTests {
  /// After any changes, what is stored is what there is, and only what changed was written.
  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func storedIsLive(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var log = UpdateLog()
    var table: [[UInt8]: [UInt8]] = [:]
    var model: [LinearizerUpdate] = []
    var number: UInt64 = 0
    for _ in 0..<200 {
      var touched = 0
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<12:
          number += 1
          let record = LinearizerUpdate(key: Fixed32(), length: number, batch: 1, systemLength: number, indexers: false)
          log.append(record)
          model.append(record)
          touched += 1
        case 12..<15:
          #expect(log.popLast() == model.popLast())
          touched += 1
        case 15..<19:
          let count = Int.random(in: 0...min(model.count, 5), using: &generator)
          log.removeFirst(count)
          model.removeFirst(count)
          touched += count
        default:
          touched += model.count
          log.reset()
          model.removeAll()
        }
      }
      var writes = 0
      log.store { key, value in
        table[key] = value
        writes += 1
      }
      #expect(writes <= 2 * touched, "seed \(seed)")
      #expect(Array(log.all) == model && log.count == model.count && log.last == model.last, "seed \(seed)")
      let entries = table.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { (key: $0.key, value: $0.value) }
      #expect(try Array(UpdateLog(entries).all) == model, "seed \(seed)")
    }
  }
}
