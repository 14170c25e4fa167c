import CompactEncoding
import HyperDB
import Hyperbee
import Hypercore
import Hyperdispatch
import Hyperschema
import IndexEncoder
import JSON
import Registry
import TestSupport

extension FuzzTarget {
  /// Blocks of a B-tree, and records in it.
  static let hyperbee = FuzzTarget(
    "hyperbee", "blocks of a B-tree: reading, ranges, history, differences, and a database on them",
    maximumByteCount: 4096, memoryFactor: 1024,
    seeds: {
      var seeds: [[UInt8]] = []
      for count in [1, 2, 5, 12, 40] {
        let log = MemoryLog()
        let bee = Hyperbee(log)
        for index in 0..<count {
          try bee.put(Array("key \(index % 9)".utf8), index % 4 == 0 ? nil : [UInt8(index)])
        }
        if count > 5 { try bee.delete(Array("key 3".utf8)) }
        seeds.append([0] + InputReader.pieces(log.blocks))
      }
      let log = MemoryLog()
      let database = HyperDB(log, RegistrySpecification.database)
      for index in 0..<6 {
        let entry = Entry(
          name: "model \(index)", driveKey: Fixed32(), type: "model", description: "d", owner: "o\(index % 2)")
        try database.insert("@registry/entry", entry.value)
      }
      try database.flush()
      seeds.append([1] + InputReader.pieces(log.blocks))
      seeds += try Samples.bytes(in: ["04-hyperbee"], limit: 300).prefix(400).enumerated().compactMap {
        number, sample in
        number % 8 == 0 ? [0] + InputReader.pieces([Header().encoded(), sample]) : nil
      }
      return seeds
    },
    run: { input in
      var reader = InputReader(input)
      let mode = reader.byte()
      var blocks: [[UInt8]] = []
      while !reader.isAtEnd { blocks.append(reader.piece()) }
      let log = MemoryLog(blocks)
      var outcome = FuzzOutcome.refused
      func attempt(_ body: () throws -> Void) throws {
        do {
          try body()
          outcome = .accepted
        } catch is BeeError {} catch is LogError {} catch is DecodingError {} catch is DatabaseError {
        } catch is IndexError {}
      }
      if let first = blocks.first, let header = try? Header(decoding: first) {
        try require(try Header(decoding: header.encoded()) == header, "the header is not read as it was written")
      }
      if mode & 1 == 0 {
        let bee = Hyperbee(log)
        try attempt { _ = try Hyperbee.isHyperbee(log) }
        let limit = blocks.count + 1
        for reverse in [false, true] {
          try attempt {
            let entries = try bee.range(reverse: reverse).collect()
            try require(entries.count <= limit, "\(entries.count) entries from \(blocks.count) blocks")
          }
        }
        try attempt { _ = try bee.range(KeyRange(gte: [107], lt: [107, 101, 121, 32, 53])).collect() }
        try attempt { _ = try bee.get(Array("key 1".utf8)) }
        try attempt { _ = try bee.count() }
        try attempt { _ = try bee.history().collect() }
        for version in [1, UInt64(blocks.count / 2)] where version > 0 {
          try attempt {
            let changes = try bee.diff(version).collect()
            try require(changes.count <= 2 * limit, "\(changes.count) differences in \(blocks.count) blocks")
          }
        }
        try attempt { try bee.put(Array("key 4".utf8), [9]) }
        try attempt { try bee.delete(Array("key 1".utf8)) }
      } else {
        let database = HyperDB(log, RegistrySpecification.database)
        for name in ["@registry/entry", "@registry/entry-by-owner", "@registry/entry-by-type"] {
          try attempt { _ = try database.find(name).collect() }
        }
        try attempt { _ = try database.get("@registry/entry", ["name": "model 1"]) }
        try attempt { _ = try database.changes().collect() }
        try attempt { try database.insert("@registry/entry", Entry(name: "a", driveKey: Fixed32(), type: "b").value) }
        try attempt { try database.delete("@registry/entry", ["name": "model 1"]) }
        try attempt { try database.flush() }
      }
      return outcome
    })

  /// Schema files, and bytes read by what they declare.
  static let schema = FuzzTarget(
    "schema", "schema, dispatch and database files, and records read by them",
    maximumByteCount: 6000, memoryFactor: 1024,
    seeds: {
      var seeds: [[UInt8]] = []
      let files = ["04-hyperschema", "04-hyperdispatch", "04-hyperdb", "04-proposal"]
      let texts = try Samples.documents(in: files, limit: 4000, count: 60) { json in
        guard json["schema"] != nil, json["version"] != nil, let schema = try? Schema(json) else { return false }
        return !schema.definition.types.isEmpty
      }
      for text in texts {
        for sample in [[1, 97, 7, 1, 2, 3, 4, 5, 6, 7], [UInt8](repeating: 1, count: 80)] {
          seeds.append([0] + InputReader.pieces([text, sample]))
        }
      }
      return seeds
    },
    run: { input in
      var reader = InputReader(input)
      let mode = reader.byte()
      guard let json = try? JSON(parsing: reader.piece()) else { return .refused }
      let dialect = mode & 1 == 0 ? Dialect.current : .legacy
      let definition: SchemaDefinition
      do { definition = try SchemaDefinition(json) } catch is SchemaError { return .refused }
      let again: SchemaDefinition
      do { again = try SchemaDefinition(JSON(parsing: definition.text(dialect))) } catch {
        throw FuzzViolation("a schema is refused that was written: \(error)")
      }
      try require(again.json.utf8() == definition.json.utf8(), "a schema changes when it is written and read")
      let schema: Schema
      do { schema = try Schema(definition, dialect: dialect) } catch is SchemaError { return .refused }
      let bytes = reader.piece()
      for type in definition.types.prefix(8) {
        guard let encoding = try? schema.encoding(type.fullName) else { continue }
        guard let value = try? encoding.decode(bytes) else { continue }
        guard let encoded = try? encoding.encode(value) else { continue }
        let second: Value
        do { second = try encoding.decode(encoded) } catch {
          throw FuzzViolation("\(type.fullName) cannot read what it wrote: \(error)")
        }
        try require(
          try encoding.encode(second) == encoded, "\(type.fullName) writes a record differently after reading it")
      }
      return .accepted
    })

  /// Definitions of databases and operations.
  static let definitions = FuzzTarget(
    "definitions", "database and dispatch files over the registry's schema, and what they read",
    maximumByteCount: 4096, memoryFactor: 1024,
    seeds: {
      var seeds: [[UInt8]] = []
      let bytes: [UInt8] = [1, 4, 110, 97, 109, 101] + [UInt8](repeating: 7, count: 32) + [1, 98, 0]
      let files = ["04-hyperdispatch", "04-hyperdb", "04-proposal"]
      for text in try Samples.documents(
        in: files, limit: 3000, count: 40, accepts: { (try? DispatchDefinition($0)) != nil })
      {
        seeds.append([0] + InputReader.pieces([text, bytes]))
      }
      for text in try Samples.documents(
        in: files, limit: 3000, count: 40, accepts: { (try? DatabaseDefinition($0)) != nil })
      {
        seeds.append([1] + InputReader.pieces([text, bytes]))
      }
      seeds.append([0] + InputReader.pieces([RegistrySpecification.dispatch.definition.json.utf8(), bytes]))
      seeds.append([1] + InputReader.pieces([RegistrySpecification.database.definition.json.utf8(), bytes]))
      return seeds
    },
    run: { input in
      var reader = InputReader(input)
      let mode = reader.byte()
      guard let json = try? JSON(parsing: reader.piece()) else { return .refused }
      let bytes = reader.piece()
      let schema = RegistrySpecification.schema
      if mode & 1 == 0 {
        let definition: DispatchDefinition
        do { definition = try DispatchDefinition(json) } catch is DispatchError { return .refused }
        let again = try? DispatchDefinition(JSON(parsing: definition.text))
        try require(again == definition, "a dispatch file changes when it is written and read")
        guard let dispatch = try? Dispatch(definition, schema: schema) else { return .refused }
        guard let operation = try? dispatch.decode(bytes) else { return .refused }
        guard let encoded = try? dispatch.encode(operation.name, operation.value) else { return .accepted }
        _ = try? dispatch.decode(encoded)
        return .accepted
      }
      let definition: DatabaseDefinition
      do { definition = try DatabaseDefinition(json) } catch is DatabaseError { return .refused }
      let again = try? DatabaseDefinition(JSON(parsing: definition.text))
      try require(again == definition, "a database file changes when it is written and read")
      guard let compiled = try? DatabaseSchema(definition, schema: schema) else { return .refused }
      let log = MemoryLog()
      let database = HyperDB(log, compiled)
      guard let entry = try? Entry(decoding: Array(bytes.dropFirst())) else { return .refused }
      for collection in definition.entries where collection.collection != nil {
        try? database.insert(collection.fullName, entry.value)
        _ = try? database.find(collection.fullName).collect()
      }
      try? database.flush()
      for entry in definition.entries { _ = try? database.find(entry.fullName).collect() }
      return .accepted
    })
}
