import CompactEncoding
import HyperDB
import Hypercore
import Hyperschema
import IndexEncoder
import JSON
import TestSupport
import Testing

/// Random transactions against plain dictionaries, with plain, unique, nested and mapped keys.
@Suite struct HyperDBPropertyTests {
  @Test(arguments: [1, 2, 3] as [UInt64])
  func registryBehavesAsItsModel(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let log = MemoryLog()
    let database = HyperDB(log, try Fixtures.registry())
    var committed: [String: Value] = [:]
    for round in 0..<40 {
      var model = committed
      let transaction = try database.transaction()
      for _ in 0..<random.next() % 12 {
        let name = "n\(random.next() % 30)"
        if random.next() % 4 == 0 {
          try transaction.delete("@registry/entry", ["name": .string(name)])
          model[name] = nil
        } else {
          let record = randomEntry(name, &random)
          try transaction.insert("@registry/entry", record)
          model[name] = record
        }
        let probe = "n\(random.next() % 30)"
        #expect(try transaction.get("@registry/entry", ["name": .string(probe)]) == model[probe].map(stored))
      }
      try check(transaction, model, "seed \(seed) round \(round), pending", indexes: false)
      let snapshot = try transaction.snapshot()
      let length = log.length
      if random.next() % 5 == 0 {
        transaction.close()
        #expect(log.length == length)
      } else {
        let hadUpdates = transaction.hasUpdates
        try transaction.flush()
        committed = model
        #expect((log.length > length) == hadUpdates)
      }
      try check(snapshot, model, "seed \(seed) round \(round), snapshot", indexes: false)
      try check(database, committed, "seed \(seed) round \(round), committed", indexes: true)
    }
    // The same records in one transaction give the same content.
    let other = HyperDB(MemoryLog(), try Fixtures.registry())
    for record in committed.values { try other.insert("@registry/entry", record) }
    try other.flush()
    try check(other, committed, "seed \(seed), at once", indexes: true)
    for name in other.schema.definition.entries.map(\.fullName) {
      #expect(try other.find(name).collect() == database.find(name).collect(), "seed \(seed) \(name)")
    }
  }

  @Test(arguments: [4, 5] as [UInt64])
  func mappedIndexesFollowTheirRecords(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let database = HyperDB(MemoryLog(), try Fixtures.kitchenSink())
    var model: [Int64: [String]] = [:]
    for _ in 0..<80 {
      let id = Int64(random.next() % 10)
      if random.next() % 4 == 0 {
        try database.delete("@k/people", ["id": .integer(id)])
        model[id] = nil
      } else {
        // Each tag once: of repeated keys the reference deletes one too many when their number shrinks.
        let tags = ["a", "b", "c"].filter { _ in random.next() % 2 == 0 }
        try database.insert(
          "@k/people",
          ["id": .integer(id), "name": .string("n\(id)"), "age": 1, "tags": .array(tags.map { .string($0) })])
        model[id] = tags
      }
      // One change a transaction: more could collide in an index, where the newest wins.
      try database.flush()
      for tag in ["a", "b", "c"] {
        let expected = model.filter { $0.value.contains(tag) }.keys.sorted()
        let found = try database.find("@k/people-by-tag", .exactly(.string(tag))).collect().map { $0["id"].integer }
        #expect(found == expected, "seed \(seed) \(tag)")
        #expect(try database.count("@k/people-by-tag", .exactly(.string(tag))) == expected.count, "seed \(seed)")
      }
    }
  }

  // MARK: Model

  func randomEntry(_ name: String, _ random: inout SeededGenerator) -> Value {
    func text(_ kinds: UInt64) -> Value {
      let kind = random.next() % kinds
      return kind == 0 ? .null : kind == 1 ? "" : .string("t\(kind)")
    }
    return [
      "name": .string(name), "driveKey": .bytes([UInt8](repeating: UInt8(random.next() % 3), count: 32)),
      "type": .string("t\(random.next() % 3)"), "description": text(4), "owner": text(4),
    ]
  }

  /// What reading gives: an empty optional text was not written.
  func stored(_ record: Value) -> Value {
    guard case .object(var object) = record else { return record }
    for name in ["description", "owner"] where !object[name].isTruthy { object[name] = .null }
    return .object(object)
  }

  /// - Parameter indexes: whether indexes are compared too; under pending changes they may give stored records.
  func check(_ database: HyperDB, _ model: [String: Value], _ comment: Comment, indexes: Bool) throws {
    let records = model.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { stored($0.value) }
    #expect(try database.find("@registry/entry").collect() == records, comment)
    #expect(try database.find("@registry/entry", reverse: true).collect() == records.reversed(), comment)
    #expect(try database.find("@registry/entry", limit: 3).collect() == Array(records.prefix(3)), comment)
    #expect(try database.count("@registry/entry") == records.count, comment)
    let names = try database.find("@registry/entry", Bounds(gt: ["name": "n1"], lte: ["name": "n2"])).collect()
    #expect(names == records.filter { ($0["name"].string ?? "") > "n1" && ($0["name"].string ?? "") <= "n2" }, comment)
    for type in ["t0", "t1", "t2"] {
      let expected = records.filter { $0["type"].string == type }
      let range = Bounds<Value>.exactly(["type": .string(type)])
      #expect(try database.count("@registry/entry-by-type", range) == expected.count, comment)
      guard indexes else { continue }
      #expect(try database.find("@registry/entry-by-type", range).collect() == expected, comment)
      #expect(try database.findOne("@registry/entry-by-type", range) == expected.first, comment)
      for record in expected {
        #expect(try database.get("@registry/entry-by-type", record) == record, comment)
      }
    }
  }
}
