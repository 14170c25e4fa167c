import CompactEncoding
import Hyperschema
import JSON
import Testing

/// What code adds to a schema: types it makes, functions that map what was read, fields without default.
@Suite struct OptionsTests {
  private func definition() throws -> SchemaDefinition {
    var builder = SchemaBuilder()
    try builder.openNamespace("t", external: "./code")
    try builder.register(["name": "words", "external": "Words"], in: "t")
    try builder.register(["name": "old", "fields": [["name": "text", "type": "string", "required": true]]], in: "t")
    try builder.register(
      ["name": "new", "fields": [["name": "words", "type": "@t/words", "required": true]]], in: "t")
    try builder.register(
      [
        "name": "either",
        "versions": [["type": "@t/old", "map": "split", "version": 1], ["type": "@t/new", "version": 2]],
      ], in: "t")
    return try builder.build()
  }

  @Test func externalTypesAndMaps() throws {
    let definition = try definition()
    #expect(definition.json["namespaces"] == [["name": "t", "external": "./code"]])
    #expect(throws: SchemaError.self) { try Schema(definition) }
    var options = SchemaOptions(externals: ["@t/words": .array(.primitive(.string))])
    #expect(throws: SchemaError.self) { try Schema(definition, options: options) }
    options.maps["split"] = { ["version": 2, "words": [$0["text"]]] }
    let encoding = try Schema(definition, options: options).encoding("@t/either")
    #expect(try encoding.decode(encoding.encode(["version": 1, "text": "a"])) == ["version": 2, "words": ["a"]])
    let new: Value = ["version": 2, "words": ["a", "b"]]
    #expect(try encoding.encode(new) == [2, 2, 1, 0x61, 1, 0x62])
    #expect(try encoding.decode(encoding.encode(new)) == new)
    #expect(throws: DecodingError.self) { try encoding.decode([3, 0]) }
  }

  @Test func fieldsWithoutDefault() throws {
    var builder = SchemaBuilder()
    try builder.register(["name": "s", "fields": [["name": "a", "type": "uint"], ["name": "b", "type": "uint"]]])
    let schema = try Schema(builder.build(), options: SchemaOptions(withoutDefault: ["s": ["b"]]))
    #expect(try schema.decode("s", [0]) == ["a": 0, "b": .undefined])
  }

  @Test func unversionedBuildsStayAtOne() throws {
    var builder = SchemaBuilder(isVersioned: false)
    try builder.register(["name": "s", "fields": [["name": "a", "type": "uint"]]])
    let first = try builder.build()
    var next = SchemaBuilder(first, isVersioned: false)
    try next.register(["name": "s", "fields": [["name": "a", "type": "uint"], ["name": "b", "type": "uint"]]])
    #expect(try next.build().version == 1)
  }

  @Test func enumsListTheirKeys() throws {
    var builder = SchemaBuilder()
    try builder.register(["name": "n", "enum": ["a", "b"], "offset": 3])
    try builder.register(["name": "s", "enum": ["a", "b"], "strings": true])
    let schema = try Schema(builder.build())
    #expect(try schema.enumeration("n").map(\.value) == [3, 4])
    #expect(try schema.enumeration("s").map(\.value) == ["a", "b"])
    #expect(try schema.encode("s", "b") == [2])
    #expect(try schema.decode("s", [9]) == .null)
    #expect(throws: EncodingError.unknownEnum("c")) { try schema.encode("s", "c") }
  }
}
