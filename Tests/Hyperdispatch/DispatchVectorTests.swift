import CompactEncoding
import Hyperdispatch
import Hyperschema
import JSON
import TestSupport
import Testing

/// Every case of `04-hyperdispatch`.
@Suite struct DispatchVectorTests {
  let file: JSON
  let registry: Dispatch
  let schema: Schema

  init() throws {
    file = try Vectors.load("04-hyperdispatch")
    schema = try Schema(Vectors.load("04-hyperschema").at("registry").at("schema"))
    // The operations of the registry are those that its build from scratch lists.
    registry = try Dispatch(
      DispatchDefinition(file.at("builder").at("from scratch")), schema: schema)
  }

  @Test func messages() throws {
    let part = try file.at("registry")
    let cases = try part.list("cases")
    #expect(!cases.isEmpty)
    for item in cases {
      let bytes = try item.hex("hex")
      let message = try registry.encode(
        item.text("name"), Value(vector: item.at("message")), version: Int(part.number("version")))
      #expect(message == bytes, "\(item)")
      #expect(try registry.encode(item.text("name"), Value(vector: item.at("message"))) == bytes, "\(item)")
      let operation = try registry.decode(bytes)
      let decoded = try item.at("decoded")
      #expect(try operation.id == decoded.number("id"))
      #expect(try operation.name == decoded.text("name"))
      #expect(try operation.value == Value(vector: decoded.at("value")), "\(item)")
      #expect(try registry.decode(bytes + [0xff]) == operation)
      for end in bytes.indices where end > 0 {
        #expect(throws: DecodingError.self, "\(item) cut to \(end)") { try registry.decode(Array(bytes[..<end])) }
      }
    }
  }

  // MARK: Builder

  @Test func builder() throws {
    let outcomes = try file.members("builder")
    #expect(!outcomes.isEmpty)
    for (name, expected) in outcomes {
      let build = try #require(Self.builds[name], "no build is known by the name \(name)")
      do {
        let built = try build(schema)
        #expect(built.json == expected, "\(name)")
        #expect(built.text == expected.text(indentation: 2), "\(name)")
        #expect(try DispatchDefinition(expected) == built, "\(name)")
      } catch let error as DispatchError {
        #expect(error.description == expected["error"]?.string, "\(name)")
      }
    }
  }

  private static let addWriter = "@registry/add-writer"
  private static let putEntry = "@registry/put-entry"
  private static let writer = "@registry/writer"
  private static let entry = "@registry/entry"

  @Sendable private static func fresh(_ schema: Schema) throws -> DispatchDefinition {
    var builder = try DispatchBuilder(schema: schema)
    try builder.register(addWriter, requestType: writer)
    try builder.register(putEntry, requestType: entry)
    return builder.build()
  }

  /// The registry's own file: two operations, each added by a build of its own.
  private static func committed(_ schema: Schema) throws -> DispatchDefinition {
    var first = try DispatchBuilder(schema: schema)
    try first.register(addWriter, requestType: writer)
    var second = try DispatchBuilder(first.build(), offset: 0, schema: schema)
    try second.register(addWriter, requestType: writer)
    try second.register(putEntry, requestType: entry)
    return second.build()
  }

  private static let builds: [String: @Sendable (Schema) throws -> DispatchDefinition] = [
    "from scratch": fresh,
    "offset 5, primitive request type": { schema in
      var builder = try DispatchBuilder(offset: 5, schema: schema)
      try builder.register("@registry/a", requestType: writer)
      try builder.register("@registry/b", requestType: "uint")
      return builder.build()
    },
    "explicit id 7 then automatic": { schema in
      var builder = try DispatchBuilder(schema: schema)
      try builder.register("@registry/a", requestType: writer, id: 7)
      try builder.register("@registry/b", requestType: writer)
      return builder.build()
    },
    "hydrate without passing the stored offset": { schema in
      try DispatchBuilder(committed(schema), schema: schema).build()
    },
    "hydrate with offset 0, re-register, append two ops": { schema in
      var builder = try DispatchBuilder(committed(schema), offset: 0, schema: schema)
      try builder.register(addWriter, requestType: writer)
      try builder.register(putEntry, requestType: entry)
      try builder.register("@registry/remove-writer", requestType: writer)
      try builder.register("@registry/x", requestType: writer)
      return builder.build()
    },
    "hydrate with offset 0, only re-register": { schema in
      var builder = try DispatchBuilder(committed(schema), offset: 0, schema: schema)
      try builder.register(addWriter, requestType: writer)
      try builder.register(putEntry, requestType: entry)
      return builder.build()
    },
    "change request type": { schema in
      var builder = try DispatchBuilder(committed(schema), offset: 0, schema: schema)
      try builder.register(addWriter, requestType: entry)
      return builder.build()
    },
    "unknown request type": { schema in
      var builder = try DispatchBuilder(schema: schema)
      try builder.register("@registry/a", requestType: "@registry/unknown")
      return builder.build()
    },
    "id/name mismatch": { schema in
      var builder = try DispatchBuilder(committed(schema), offset: 0, schema: schema)
      try builder.register(addWriter, requestType: writer, id: 1)
      return builder.build()
    },
  ]

  @Test func newOperationsDoNotTakeOldIds() throws {
    var builder = try DispatchBuilder(Self.committed(schema), offset: 0, schema: schema)
    #expect(throws: DispatchError.self) { try builder.register("@registry/new", requestType: Self.writer) }
    #expect(throws: DispatchError.self) { try builder.register(Self.addWriter, requestType: Self.writer, id: 9) }
  }

  // MARK: Router

  @Test func router() throws {
    let cases = try file.list("router")
    #expect(!cases.isEmpty)
    for item in cases {
      let name = try item.text("name")
      let action = try #require(actions[name], "no action is known by the name \(name)")
      do {
        let result = try action()
        #expect(try result == Value(vector: item.at("result")), "\(name)")
        #expect(item["error"]?.isNull == true, "\(name)")
      } catch let error as DispatchError {
        let text = try item.text("error")
        // Complaints of the reference's language rather than of the library.
        if text.hasPrefix("Cannot read properties of null") || text.hasSuffix("is not a function") { continue }
        #expect(error.description == text, "\(name)")
      } catch let error as DecodingError {
        #expect(try error.description.hasPrefix(item.text("error")), "\(name)")
      }
    }
  }

  private func routed(_ names: String...) throws -> Router<String, Value> {
    var router = Router<String, Value>(registry)
    for name in names {
      try router.add(name) { value, context in
        let short = String(name.split(separator: "/")[1])
        return value["name"] == .undefined
          ? ["got": .string(short), "ctx": .string(context)]
          : ["got": .string(short), "name": value["name"], "ctx": .string(context)]
      }
    }
    return router
  }

  private func complete() throws -> Router<String, Value> { try routed(Self.addWriter, Self.putEntry) }

  private func put(_ name: String) throws -> [UInt8] {
    let entry: Value = ["name": .string(name), "driveKey": .bytes([UInt8](repeating: 1, count: 32)), "type": "t"]
    return try registry.encode(Self.putEntry, entry)
  }

  private var actions: [String: () throws -> Value] {
    let key: Value = ["key": .bytes([UInt8](repeating: 1, count: 32))]
    let add: () throws -> Value = { .bytes(try registry.encode(Self.addWriter, key)) }
    return [
      "add an unknown route": {
        _ = try routed("@registry/nope")
        return .undefined
      },
      "dispatch with a handler missing": { try routed(Self.addWriter).dispatch(add(), "ctx") },
      "dispatch with the first handler missing": { try routed(Self.putEntry).dispatch(add(), "ctx") },
      "dispatch add-writer": { try complete().dispatch(add(), "ctx") },
      "dispatch put-entry": { try complete().dispatch(.bytes(put("e")), "ctx") },
      "dispatch an already decoded op": {
        try complete().dispatch(["id": 1, "value": ["name": "pre"]], "ctx")
      },
      "dispatch a decoded op with unknown id": { try complete().dispatch(["id": 9, "value": [:]], "ctx") },
      "dispatch a buffer with unknown id": { try complete().dispatch(.bytes([9]), "ctx") },
      "dispatch an empty buffer": { try complete().dispatch(.bytes([]), "ctx") },
      "dispatch null": { try complete().dispatch(.null, "ctx") },
      "dispatch a truncated put-entry": { try complete().dispatch(.bytes(Array(put("e").prefix(10))), "ctx") },
      "dispatch ignores trailing bytes": { try complete().dispatch(.bytes(put("e") + [1, 2, 3]), "ctx") },
      "encode an unknown name": { .bytes(try registry.encode("@registry/nope", [:])) },
      "add the same handler twice hides a missing one": {
        try routed(Self.addWriter, Self.addWriter).dispatch(.bytes(put("e")), "ctx")
      },
    ]
  }
}
