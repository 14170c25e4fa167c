import TestSupport
import Testing

@testable import Hypercore

@Suite struct SparseTableTests {
  /// Does the same to a table and to a dictionary, with numbers that lie together, apart, and at both ends.
  @Test(arguments: 0..<40 as Range<UInt64>) func equalsADictionary(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var table = SparseTable<UInt64>()
    var plain: [UInt64: UInt64] = [:]
    var next = UInt64.random(in: 0..<100, using: &generator)
    for step in 0..<600 as Range<UInt64> {
      let index: UInt64
      switch Int.random(in: 0..<10, using: &generator) {
      case 0: index = .random(in: 0..<400, using: &generator)
      case 1: index = .random(in: 0...(.max), using: &generator)
      case 2: index = .max - .random(in: 0..<3, using: &generator)
      case 3: index = plain.keys.randomElement(using: &generator) ?? 0
      default:
        index = next
        next += 1
      }
      let value: UInt64? = Int.random(in: 0..<3, using: &generator) == 0 ? nil : step
      table[index] = value
      plain[index] = value
      if Int.random(in: 0..<60, using: &generator) == 0 {
        for index in plain.keys.sorted().reversed() where Bool.random(using: &generator) {
          table[index] = nil
          plain[index] = nil
        }
      }
      #expect(table[index] == plain[index], "seed \(seed)")
      #expect(table.count == plain.count, "seed \(seed)")
    }
    let bounds: [UInt64] = [0, 50, 300, 1000, .max]
    for (lower, upper) in zip(bounds, bounds.dropFirst()) {
      let expected = plain.keys.filter { (lower..<upper).contains($0) }.sorted()
      #expect(table.indexes(in: lower..<upper) == expected, "seed \(seed)")
    }
    for (index, value) in plain { #expect(table[index] == value, "seed \(seed)") }
    let largest = plain.keys.max()
    #expect(table.upperBound == (largest == .max ? .max : largest.map { $0 + 1 } ?? 0), "seed \(seed)")
  }

  @Test func staysSmallWhateverTheNumbers() {
    var table = SparseTable<UInt8>()
    for bit in 0..<64 { table[1 << bit] = 1 }
    #expect(table.count == 64)
    #expect(table.indexes(in: 0..<UInt64.max).count == 64)
  }
}
