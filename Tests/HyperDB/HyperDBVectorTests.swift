import CompactEncoding
import HyperDB
import Hyperbee
import Hypercore
import Hyperschema
import IndexEncoder
import JSON
import TestSupport
import Testing

/// Transactions and reads of the vector file: every bee operation, every block, every result.
@Suite struct HyperDBVectorTests {
  @Test func scenarios() throws {
    let scenarios = try Fixtures.file().list("scenarios")
    #expect(!scenarios.isEmpty)
    for scenario in scenarios {
      let name = try scenario.text("name")
      let log = MemoryLog()
      let database = HyperDB(log, try schema(name))
      for transaction in try scenario.list("transactions") {
        try run(try transaction.list("ops"), transaction, database, log, name)
      }
      try check(log, scenario, name)
      for read in try scenario.list("reads") { try check(read, database, name) }
    }
  }

  @Test func evolution() throws {
    let evolution = try Fixtures.file().at("evolution")
    let schema = try Fixtures.evolutionSchema(evolution)
    let log = MemoryLog()
    let stages = try evolution.list("stages")
    #expect(!stages.isEmpty)
    for stage in stages {
      let definition = try DatabaseDefinition(stage.at("dbJson"))
      let database = HyperDB(log, try DatabaseSchema(definition, schema: schema))
      for transaction in try stage.list("transactions") {
        try run([transaction.at("op")], transaction, database, log, "evolution")
      }
      for read in try stage.list("reads") { try check(read, database, "evolution") }
    }
    #expect(try log.blocks == evolution.list("blocks").map { try $0.hex() })
  }

  func schema(_ name: String) throws -> DatabaseSchema {
    if name.hasPrefix("kitchen-sink") { return try Fixtures.kitchenSink() }
    return try name.contains("from-scratch") ? Fixtures.registryFromScratch() : Fixtures.registry()
  }

  /// Runs calls in a transaction. Calls that run in parallel take effect in their order.
  func run(_ calls: [JSON], _ expected: JSON, _ database: HyperDB, _ log: MemoryLog, _ name: String) throws {
    let before = max(log.length, 1)
    let transaction = try database.transaction()
    do {
      for call in calls {
        let collection = try #require(call[1]?.string)
        let value = Fixtures.value(try #require(call[2]))
        switch call[0]?.string {
        case "insert": try transaction.insert(collection, value)
        case "delete": try transaction.delete(collection, value)
        default: throw VectorError("unknown call \(call)")
        }
      }
      #expect(expected["error"] == nil, "\(name)")
      try transaction.flush()
    } catch let error as IndexError {
      #expect(JSON.string(error.description) == expected["error"], "\(name)")
      transaction.close()
    }
    #expect(try log.length == expected.number("lengthAfter"), "\(name): \(calls)")
    // Every operation is a block, except a delete of what is not there.
    var blocks = try Hyperbee(log).history(Bounds(gte: Int64(before))).collect()[...]
    for operation in try expected.list("beeOps") {
      let key = try #require(operation[1]).hex()
      if blocks.first?.entry.key == key, blocks.first?.kind.rawValue == operation[0]?.string {
        #expect(try blocks.first?.entry.value == operation[2]?.hex(), "\(name): \(calls)")
        blocks.removeFirst()
      } else {
        #expect(operation[0] == "del", "\(name): \(operation) was not done by \(calls)")
      }
    }
    #expect(blocks.isEmpty, "\(name): \(calls)")
  }

  func check(_ log: MemoryLog, _ scenario: JSON, _ name: String) throws {
    let blocks = try scenario.list("blocks").map { try $0.hex() }
    #expect(log.blocks.count == blocks.count, "\(name)")
    for (i, (block, expected)) in zip(log.blocks, blocks).enumerated() { #expect(block == expected, "\(name) \(i)") }
    let pairs = try Hyperbee(log).range().collect().map { entry in
      JSON.array([
        .integer(Int64(entry.sequence)), .string(Hex.encode(entry.key)), .string(Hex.encode(entry.value ?? [])),
      ])
    }
    #expect(try pairs == scenario.list("pairs"), "\(name)")
  }

  func check(_ read: JSON, _ database: HyperDB, _ name: String) throws {
    let query = read["query"] ?? [:]
    let reverse = read["options"]?["reverse"]?.bool ?? false
    let limit = read["options"]?["limit"]?.integer.map(Int.init)
    if let expected = read["error"] {
      let target = try read.text("target")
      do {
        switch try read.text("op") {
        case "find": _ = try database.find(target, bounds(query)).collect()
        case "findOne": _ = try database.findOne(target, bounds(query))
        case "get": _ = try database.get(target, Fixtures.value(query))
        default: throw VectorError("unknown read \(read)")
        }
        Issue.record("\(name): \(read) is refused")
      } catch let error as DatabaseError {
        #expect(JSON.string(error.description) == expected)
      }
    } else if let target = read["get"]?.string {
      let found = try database.get(target, Fixtures.value(query)) ?? .null
      #expect(try found == Fixtures.value(read.at("result")), "\(name): \(read)")
    } else if let target = read["find"]?.string {
      let found = try database.find(target, bounds(query), reverse: reverse, limit: limit).collect()
      #expect(try .array(found) == Fixtures.value(read.at("result")), "\(name): \(read)")
      // In an index that is no longer maintained, keys outlive their records.
      if database.schema.definition[target]?.index?.deprecated != true, limit == nil {
        #expect(try database.count(target, bounds(query)) == found.count, "\(name): \(read)")
      }
    } else if let target = read["findOne"]?.string {
      let found = try database.findOne(target, bounds(query), reverse: reverse) ?? .null
      #expect(try found == Fixtures.value(read.at("result")), "\(name): \(read)")
    } else if let range = read["changes"] {
      let changes = try database.changes(
        Bounds(
          gt: range["gt"]?.integer, gte: range["gte"]?.integer, lt: range["lt"]?.integer, lte: range["lte"]?.integer)
      ).collect()
      let found: [Value] = changes.map {
        [
          "type": .string($0.kind.rawValue), "seq": .integer(Int64($0.sequence)), "collection": .string($0.collection),
          "value": $0.value,
        ]
      }
      #expect(try .array(found) == Fixtures.value(read.at("result")), "\(name): \(read)")
    } else {
      throw VectorError("unknown read \(read)")
    }
  }

  func bounds(_ query: JSON) throws -> Bounds<Value> {
    let known: Set = ["gt", "gte", "lt", "lte"]
    for key in query.object?.keys ?? [] where !known.contains(key) { throw VectorError("unknown bound \(key)") }
    return Bounds(
      gt: query["gt"].map(Fixtures.value), gte: query["gte"].map(Fixtures.value), lt: query["lt"].map(Fixtures.value),
      lte: query["lte"].map(Fixtures.value))
  }
}
