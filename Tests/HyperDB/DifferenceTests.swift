import CompactEncoding
import HyperDB
import Hypercore
import IndexEncoder
import TestSupport
import Testing

@Suite struct DifferenceTests {
  private static let collection = "@registry/entry"

  /// Differences are what a comparison of all records of both versions finds.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func differencesAreThoseOfTheRecords(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let database = HyperDB(MemoryLog(), try Fixtures.registry())
    var versions: [(version: UInt64, records: [String: Value])] = [(database.version, [:])]
    for _ in 0..<40 {
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let name = "n\(Int.random(in: 0..<12, using: &generator))"
        if Int.random(in: 0..<3, using: &generator) == 0 {
          try database.delete(Self.collection, ["name": .string(name)])
        } else {
          try database.insert(
            Self.collection,
            [
              "name": .string(name), "driveKey": .bytes([UInt8](repeating: 1, count: 32)),
              "type": .string("t\(Int.random(in: 0..<3, using: &generator))"),
            ])
        }
      }
      try database.flush()
      let records = try database.find(Self.collection).collect().map { ($0["name"].string ?? "", $0) }
      versions.append((database.version, Dictionary(uniqueKeysWithValues: records)))
    }
    for _ in 0..<60 {
      guard let left = versions.randomElement(using: &generator), let right = versions.randomElement(using: &generator)
      else { continue }
      let found = try database.differences(from: left.version, to: right.version).collect()
      let names = Set(left.records.keys).union(right.records.keys).sorted()
      let expected = names.filter { left.records[$0] != right.records[$0] }
      #expect(found.map { ($0.left ?? $0.right)?["name"].string } == expected, "seed \(seed)")
      for difference in found {
        let name = (difference.left ?? difference.right)?["name"].string ?? ""
        #expect(difference.left == left.records[name] && difference.right == right.records[name], "seed \(seed)")
        #expect(difference.collection == Self.collection)
      }
    }
  }
}
