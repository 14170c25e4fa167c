import CompactEncoding
import Hyperschema
import JSON
import TestSupport
import Testing

/// The builder against `04-hyperschema`: its outcomes, and every schema of the file built again from its own types.
@Suite struct BuilderTests {
  let file: JSON

  init() throws { file = try Vectors.load("04-hyperschema") }

  @Test func schemasAreBuiltAgain() throws {
    var schemas = [try file.at("registry").at("schema"), try file.at("kitchenSink").at("schema")]
    schemas += try file.list("evolution").prefix(1).map { try $0.at("schema") }
    schemas += [try Vectors.load("04-hyperdb").at("kitchenSink").at("schemaJson")]
    for json in schemas {
      let built = try build(json, on: SchemaDefinition())
      #expect(built.json == json)
      #expect(built.text() == json.text(indentation: 2) + "\n")
      // Registering the same again changes nothing.
      #expect(try build(json, on: built) == built)
    }
  }

  @Test func evolution() throws {
    var schema = SchemaDefinition()
    for stage in try file.list("evolution") {
      schema = try build(stage.at("schema"), on: schema)
      #expect(try schema.json == stage.at("schema"))
    }
  }

  @Test func proposal() throws {
    let registry = try file.at("registry").at("schema")
    let proposal = try Vectors.load("04-proposal").at("schemaJson")
    #expect(try build(proposal, on: SchemaDefinition(registry)).json == proposal)
  }

  @Test func outcomes() throws {
    let cases = try file.list("builderOutcomes")
    #expect(!cases.isEmpty)
    for item in cases { try check(item, .current) }
    let older = try file.list("builderOutcomes_1_13_differences")
    #expect(!older.isEmpty)
    for item in older { try check(item, .legacy) }
  }

  /// Registers the types of a schema as their author would describe them: without versions.
  private func build(_ json: JSON, on previous: SchemaDefinition) throws -> SchemaDefinition {
    var builder = SchemaBuilder(previous)
    for type in try json.list("schema") { try builder.register(describe(type), in: type["namespace"]?.string) }
    return try builder.build()
  }

  private func describe(_ type: JSON) -> JSON {
    guard var object = type.object else { return type }
    for name in ["version", "namespace"] { object[name] = nil }
    if let position = object["flagsPosition"]?.integer, let fields = object["fields"]?.array,
      position == fields.firstIndex(where: { $0["required"]?.bool != true || $0["inline"]?.bool == true })
        .map(Int64.init) ?? -1
    {
      object["flagsPosition"] = nil  // the default
    }
    for name in ["fields", "enum"] {
      guard let items = object[name]?.array else { continue }
      object[name] = .array(
        items.map { item in
          guard var object = item.object else { return item }
          object["version"] = nil
          return .object(object)
        })
    }
    return .object(object)
  }

  // MARK: Outcomes

  private func check(_ item: JSON, _ dialect: Dialect) throws {
    let name = try item.text("name")
    let change = try #require(Self.changes[name], "no change is known by the name \(name)")
    let text = try item.at("error")
    let version = item["version"]?.integer
    do {
      let result = try apply(change, dialect, version: version.map { Int($0) })
      #expect(text.isNull, "\(name) should fail: \(text)")
      #expect(version.map { Int($0) } == result.version, "\(name)")
    } catch let error as SchemaError {
      #expect(text.string == error.description, "\(name)")
    }
  }

  /// Applies a change to a schema that stands one version below the expected outcome, or at it when the change adds
  /// nothing new.
  private func apply(_ change: Change, _ dialect: Dialect, version: Int?) throws -> SchemaDefinition {
    var base = SchemaBuilder(dialect: dialect)
    for type in change.base ?? Self.base { try base.register(type, in: "e") }
    var previous = try base.build()
    if let version { previous.version = change.bumps ? version - 1 : version }
    var builder = SchemaBuilder(previous, dialect: dialect)
    for namespace in change.namespaces { try builder.openNamespace(namespace) }
    for type in change.types { try builder.register(type, in: "e") }
    let built = try builder.build()
    if let name = change.encoding { _ = try Schema(built, dialect: dialect).encoding(name) }
    if let name = change.enumeration { _ = try Schema(built, dialect: dialect).enumeration(name) }
    return built
  }

  private struct Change {
    var types: [JSON] = []
    var base: [JSON]?
    var bumps = false
    var namespaces: [String] = []
    var encoding: String?
    var enumeration: String?
  }

  private static let id: JSON = ["name": "id", "type": "uint", "required": true]
  private static let a: JSON = ["name": "a", "type": "string"]

  private static func thing(_ fields: JSON...) -> JSON { ["name": "thing", "fields": .array(fields)] }

  private static let base: [JSON] = [
    thing(id, a),
    ["name": "c", "compact": true, "fields": [id]],
    ["name": "al", "alias": "string"],
    ["name": "en", "enum": ["a", "b"]],
    ["name": "ar", "array": true, "type": "string"],
    ["name": "open", "fields": [id]],
  ]

  private static let changes: [String: Change] = [
    "remove a field": Change(types: [thing(id)]),
    "change a type": Change(types: [thing(id, ["name": "a", "type": "uint"])]),
    "optional -> required": Change(types: [thing(id, ["name": "a", "type": "string", "required": true])]),
    "required -> optional": Change(types: [thing(["name": "id", "type": "uint"], a)]),
    "required true -> undefined vs false": Change(
      types: [thing(id, ["name": "a", "type": "string", "required": false])]),
    "rename a field (same type)": Change(types: [thing(id, ["name": "z", "type": "string"])]),
    "append a required field": Change(
      types: [thing(id, a, ["name": "b", "type": "uint", "required": true])], bumps: true),
    "append an optional field": Change(types: [thing(id, a, ["name": "b", "type": "uint"])], bumps: true),
    "array -> scalar same type": Change(types: [thing(id, ["name": "a", "type": "string", "array": true])]),
    "unknown field type": Change(types: [["name": "n", "fields": [["name": "a", "type": "@e/missing"]]]]),
    "no fields": Change(types: [["name": "q"]]),
    "no name": Change(types: [["fields": []]]),
    "namespace twice": Change(namespaces: ["e", "e"]),
    "alias to unknown": Change(types: [["name": "al", "alias": "@e/none"]], base: []),
    "expand compact": Change(types: [["name": "c", "compact": true, "fields": [id, a]]]),
    "remap alias": Change(types: [["name": "al", "alias": "uint"]]),
    "enum value removed": Change(types: [["name": "en", "enum": ["a"]]]),
    "enum value changed": Change(types: [["name": "en", "enum": ["a", "c"]]]),
    "enum value added": Change(types: [["name": "en", "enum": ["a", "b", "c"]]], bumps: true),
    "struct -> enum": Change(types: [["name": "thing", "enum": ["a"]]]),
    "array type changed": Change(types: [["name": "ar", "array": true, "type": "uint"]]),
    "inline not compact": Change(
      types: [["name": "x", "fields": [["name": "t", "type": "@e/thing", "inline": true]]]], bumps: true),
    "flagsPosition past the first optional": Change(
      types: [
        [
          "name": "fp", "flagsPosition": 2,
          "fields": [["name": "a", "type": "uint"], ["name": "b", "type": "uint"], ["name": "c", "type": "uint"]],
        ]
      ], bumps: true),
    "record as a field": Change(
      types: [["name": "x", "fields": [["name": "r", "type": "uint", "record": true]]]], bumps: true),
    "getEncoding unknown": Change(encoding: "@e/none"),
    "getEnum unknown": Change(enumeration: "@e/none"),
  ]
}
