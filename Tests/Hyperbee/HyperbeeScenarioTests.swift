import CompactEncoding
import Hyperbee
import Hypercore
import HypercoreCrypto
import IndexEncoder
import JSON
import TestSupport
import Testing

/// Every scenario of the vector file: the operations, every block they append, and what is read afterwards.
@Suite struct HyperbeeScenarioTests {
  @Test func scenarios() throws {
    let scenarios = try Vectors.load("04-hyperbee").list("scenarios")
    #expect(!scenarios.isEmpty)
    for scenario in scenarios {
      let name = try scenario.text("name")
      let log = MemoryLog()
      let bee = Hyperbee(log, options: try options(scenario))
      var lengths: [UInt64] = []
      for step in try scenario.list("steps") {
        try run(step, bee)
        lengths.append(log.length)
      }
      #expect(try lengths == scenario.list("lengthAfterStep").map { try $0.number() }, "\(name)")
      try checkBlocks(log.blocks, scenario, name)
      try checkEntries(bee, scenario, name)
      if log.length > 0 {
        #expect(try bee.header().metadata == bee.options.metadata, "\(name)")
        #expect(try Hyperbee.isHyperbee(log))
      }
      for query in scenario["queries"]?.array ?? [] { try check(query, bee, name) }
    }
  }

  func options(_ scenario: JSON) throws -> Hyperbee.Options {
    var options = Hyperbee.Options(alwaysDuplicate: try scenario.flag("alwaysDuplicate"))
    let metadata = try scenario.at("headerMetadata")
    if !metadata.isNull {
      options.metadata = Header.Metadata(
        contentFeed: try bytes(metadata.at("contentFeed")), userData: try bytes(metadata.at("userData")))
    }
    return options
  }

  func run(_ step: JSON, _ bee: Hyperbee) throws {
    switch step[0]?.string {
    case "batch", "abort":
      let batch = try bee.batch()
      for operation in try #require(step[1]?.array) { try run(operation, batch) }
      if step[0] == "batch" { try batch.flush() } else { batch.close() }
    case "put":
      let value = try bytes(#require(step[2]))
      try bee.put(key(step), value, when: condition(step[3]))
    case "del": try bee.delete(key(step), when: condition(step[2]))
    default: throw VectorError("unknown step \(step)")
    }
  }

  func run(_ operation: JSON, _ batch: Batch) throws {
    switch operation[0]?.string {
    case "put":
      let value = try bytes(#require(operation[2]))
      try batch.put(key(operation), value, when: condition(operation[3]))
    case "del": try batch.delete(key(operation), when: condition(operation[2]))
    default: throw VectorError("unknown operation \(operation)")
    }
  }

  func key(_ step: JSON) throws -> [UInt8] { try #require(step[1]).hex() }

  func bytes(_ json: JSON) throws -> [UInt8]? { json.isNull ? nil : try json.hex() }

  func condition(_ options: JSON?) throws -> Hyperbee.Condition? {
    guard let options else { return nil }
    switch options["cas"]?.string {
    case "accept": return { _, _ in true }
    case "reject": return { _, _ in false }
    case "differs": return { previous, next in previous.value != next.value }
    default: throw VectorError("unknown options \(options)")
    }
  }

  // MARK: Checks

  func checkBlocks(_ blocks: [[UInt8]], _ scenario: JSON, _ name: String) throws {
    #expect(try UInt64(blocks.count) == scenario.number("blockCount"), "\(name)")
    if let expected = scenario["blocks"]?.array {
      #expect(expected.count == blocks.count)
      for (i, (block, hex)) in zip(blocks, expected).enumerated() {
        #expect(try block == hex.hex(), "\(name) block \(i)")
      }
    } else {
      let hashes = try scenario.list("blockHashes")
      #expect(hashes.count == blocks.count)
      for (i, (block, hash)) in zip(blocks, hashes).enumerated() {
        #expect(try Blake2b.hash(block).bytes == hash.hex(), "\(name) block \(i)")
      }
      #expect(try blocks.last == scenario.hex("lastBlock"), "\(name)")
    }
    #expect(try Blake2b.hash(Array(blocks.joined())) == scenario.fixed32("allBlocksHash"), "\(name)")
  }

  func checkEntries(_ bee: Hyperbee, _ scenario: JSON, _ name: String) throws {
    let expected = try scenario.list("finalEntries")
    let found = try bee.range().collect()
    #expect(found.count == expected.count, "\(name)")
    #expect(try bee.count() == expected.count)
    for (entry, expected) in zip(found, expected) {
      #expect(expected[0]?.unsigned == entry.sequence, "\(name)")
      #expect(try expected[1]?.hex() == entry.key, "\(name)")
      if let value = expected[2] { #expect(try bytes(value) == entry.value, "\(name)") }
      #expect(try bee.get(entry.key) == entry, "\(name)")
    }
  }

  func check(_ query: JSON, _ bee: Hyperbee, _ name: String) throws {
    let options = query["opts"] ?? [:]
    let reverse = options["reverse"]?.bool ?? false
    let limit = options["limit"]?.integer.map(Int.init)
    switch try query.text("type") {
    case "range":
      let found = try bee.range(keyRange(options), reverse: reverse, limit: limit).collect().map(\.sequence)
      #expect(try found == query.list("seqs").map { try $0.number() }, "\(name) \(query)")
    case "history":
      let found = try bee.history(sequenceRange(options), reverse: reverse, limit: limit).collect().map(json)
      #expect(try found == query.list("entries"), "\(name) \(query)")
    case "diff":
      let left = try bee.checkout(query.number("left"))
      let found = try left.diff(query.number("right"), range: keyRange(options), limit: limit).collect().map {
        JSON.array([sequence($0.left), sequence($0.right)])
      }
      #expect(try found == query.list("pairs"), "\(name) \(query)")
    case "get":
      let found = try bee.get(query.hex("key"))
      let result = found.map { JSON.array([.integer(Int64($0.sequence)), value($0.value)]) } ?? .null
      #expect(try result == query.at("result"), "\(name) \(query)")
    case "checkoutRange":
      let found = try bee.checkout(query.number("version")).range().collect().map(\.sequence)
      #expect(try found == query.list("seqs").map { try $0.number() }, "\(name) \(query)")
    case "peek":
      let found = try bee.peek(keyRange(options), reverse: reverse)?.sequence
      #expect(try found == query.at("seq").unsigned, "\(name) \(query)")
    default: throw VectorError("unknown query \(query)")
    }
  }

  func keyRange(_ options: JSON) throws -> KeyRange {
    KeyRange(
      gt: try options["gt"]?.hex(), gte: try options["gte"]?.hex(), lt: try options["lt"]?.hex(),
      lte: try options["lte"]?.hex())
  }

  func sequenceRange(_ options: JSON) throws -> Bounds<Int64> {
    Bounds(
      gt: options["gt"]?.integer, gte: options["gte"]?.integer ?? options["since"]?.integer,
      lt: options["lt"]?.integer ?? options["end"]?.integer, lte: options["lte"]?.integer)
  }

  func json(_ change: HistoryIterator.Change) -> JSON {
    [
      .string(change.kind.rawValue), .integer(Int64(change.entry.sequence)), .string(Hex.encode(change.entry.key)),
      value(change.entry.value),
    ]
  }

  func sequence(_ entry: Hyperbee.Entry?) -> JSON { entry.map { .integer(Int64($0.sequence)) } ?? .null }

  func value(_ value: [UInt8]?) -> JSON { value.map { .string(Hex.encode($0)) } ?? .null }
}
