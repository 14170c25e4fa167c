import IndexEncoder
import TestSupport
import Testing

@Suite struct IndexEncoderPropertyTests {
  @Test(arguments: [1, 2, 3] as [UInt64])
  func bytesSortAsTuples(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let encoder = IndexEncoder([.string, .uint, .buffer], prefix: 300)
    let tuples = (0..<400).map { _ in randomTuple(&random) }
    let keys = try tuples.map { try encoder.encode([.string($0.text), .uint($0.number), .buffer($0.data)]) }
    for i in tuples.indices {
      let j = Int(random.next() % UInt64(tuples.count))
      #expect(keys[i].lexicographicallyPrecedes(keys[j]) == (tuples[i] < tuples[j]), "seed \(seed)")
      let decoded = try encoder.decode(keys[i])
      #expect(decoded == [.string(tuples[i].text), .uint(tuples[i].number), .buffer(tuples[i].data)], "seed \(seed)")
    }
  }

  @Test(arguments: [4, 5] as [UInt64])
  func noBytesCrashTheReader(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let encoder = IndexEncoder([.uint, .string, .bool, .buffer], prefix: 1)
    for _ in 0..<5000 {
      let count = Int(random.next() % 12)
      let bytes = random.bytes(count).map { $0 % 3 == 0 ? $0 % 4 : $0 }
      _ = try? encoder.decode(bytes)
    }
  }

  struct Tuple: Comparable {
    var text: String
    var number: UInt64
    var data: [UInt8]

    static func < (a: Tuple, b: Tuple) -> Bool {
      if a.text != b.text { return Array(a.text.utf8).lexicographicallyPrecedes(Array(b.text.utf8)) }
      if a.number != b.number { return a.number < b.number }
      return a.data.lexicographicallyPrecedes(b.data)
    }
  }

  func randomTuple(_ random: inout SeededGenerator) -> Tuple {
    let width = random.next() % 54
    let bytes = random.bytes(Int(random.next() % 4)).map { $0 % 3 }
    return Tuple(
      text: String(decoding: random.bytes(Int(random.next() % 3)).map { $0 % 3 }, as: UTF8.self),
      number: random.next() & (1 << width - 1), data: bytes)
  }
}
