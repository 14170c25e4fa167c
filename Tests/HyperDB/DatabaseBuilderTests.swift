import HyperDB
import Hyperschema
import JSON
import TestSupport
import Testing

/// What builders of several releases make of the same descriptions, and what they refuse.
@Suite struct DatabaseBuilderTests {
  @Test(arguments: ["registryFresh", "registryFresh_4_16"])
  func fromScratch(name: String) throws {
    let expected = try Fixtures.file().at(name)
    let dialect: DatabaseDialect = name.hasSuffix("_4_16") ? .legacy : .current
    var builder = DatabaseBuilder(schema: try Fixtures.registrySchema(), dialect: dialect)
    try register(expected, &builder)
    #expect(builder.build().text == expected.text(indentation: 2))
  }

  @Test func kitchenSinkFromScratch() throws {
    let sink = try Fixtures.file().at("kitchenSink")
    var builder = DatabaseBuilder(schema: try Schema(sink.at("schemaJson")))
    try register(sink.at("dbJson"), &builder)
    #expect(try builder.build().text == sink.at("dbJson").text(indentation: 2))
  }

  /// On top of the registry's own file: the same again, one more collection, one more index.
  @Test(arguments: ["registryRehydrated", "registryPlusCollection", "registryPlusIndex"])
  func fromFile(name: String) throws {
    let file = try Fixtures.file()
    let previous = try DatabaseDefinition(file.at("registryFresh_4_16"))
    let expected = try file.at(name)
    var builder = DatabaseBuilder(previous, schema: try Fixtures.registrySchema())
    try register(expected, &builder)
    #expect(builder.build().text == expected.text(indentation: 2))
  }

  @Test func evolution() throws {
    let evolution = try Fixtures.file().at("evolution")
    let schema = try Fixtures.evolutionSchema(evolution)
    var definition = DatabaseDefinition()
    let stages = try evolution.list("stages")
    for stage in stages {
      let expected = try stage.at("dbJson")
      var builder = DatabaseBuilder(definition, schema: schema)
      try register(expected, &builder)
      definition = builder.build()
      #expect(definition.text == expected.text(indentation: 2))
    }
    #expect(!stages.isEmpty)
  }

  /// The proposal adds operations and types, and leaves the database as it is.
  @Test func proposal() throws {
    let proposal = try Vectors.load("04-proposal")
    let schema = try Schema(proposal.at("schemaJson"))
    let expected = try proposal.at("dbJson")
    var builder = DatabaseBuilder(try DatabaseDefinition(Fixtures.file().at("registryFresh_4_16")), schema: schema)
    try register(expected, &builder)
    #expect(builder.build().text == expected.text(indentation: 2))
    _ = try DatabaseSchema(builder.build(), schema: schema)
  }

  @Test func refusals() throws {
    let cases = try Fixtures.file().list("builderErrors")
    for item in cases {
      let name = try item.text("name")
      let expected = try item.at("error")
      // What was given wrong is the end of the message.
      let wrong = expected.string?.split(separator: ": ").last.map(String.init) ?? ""
      var builder = DatabaseBuilder(
        try DatabaseDefinition(Fixtures.file().at("registryFresh")), schema: try Fixtures.registrySchema())
      var message = JSON.null
      do {
        try provoke(name, wrong, &builder)
      } catch {
        message = .string(error.description)
      }
      if expected.string?.hasPrefix("Cannot read properties") == true {
        // The reference stumbles here; this builder says what is wrong.
        #expect(message != .null, "\(name)")
      } else {
        #expect(message == expected, "\(name)")
      }
    }
    #expect(!cases.isEmpty)
  }

  func provoke(_ name: String, _ wrong: String, _ builder: inout DatabaseBuilder) throws(DatabaseError) {
    func collection(_ schema: String, _ key: String) -> JSON {
      ["name": "more", "schema": .string(schema), "key": [.string(key)]]
    }
    func index(_ collection: String, _ key: String) -> JSON {
      ["name": "more-by", "collection": .string(collection), "key": [.string(key)]]
    }
    switch name {
    case "unknown schema": try builder.registerCollection(collection(wrong, "name"), in: "registry")
    case "unknown key field": try builder.registerCollection(collection("@registry/entry", wrong), in: "registry")
    case "index on unknown collection": try builder.registerIndex(index("@registry/zz", "name"), in: "registry")
    case "index on unknown path": try builder.registerIndex(index("@registry/entry", wrong), in: "registry")
    case "namespace twice":
      try builder.openNamespace(wrong)
      try builder.openNamespace(wrong)
    case "unsafe prefix without id":
      try builder.registerCollection(
        ["name": "more", "schema": "@registry/entry", "key": ["name"], "unsafe": ["prefix": true]], in: "registry")
    case "re-register with a different key":
      try builder.registerCollection(
        ["name": "entry", "schema": "@registry/entry", "key": ["type"]], in: "registry")
    default: Issue.record("unknown case \(name)")
    }
  }

  /// Describes every entry of a definition again.
  func register(_ json: JSON, _ builder: inout DatabaseBuilder) throws {
    for entry in try DatabaseDefinition(json).entries {
      let description = entry.json
      switch entry.kind {
      case .collection: try builder.registerCollection(description, in: entry.namespace)
      case .index: try builder.registerIndex(description, in: entry.namespace)
      }
    }
  }

  @Test func idsOfOnesOwnChoiceTakeNoNumber() throws {
    var builder = DatabaseBuilder(schema: try Fixtures.registrySchema(), offset: 5)
    let key: JSON = ["name"]
    try builder.registerCollection(["name": "a", "schema": "@registry/entry", "key": key])
    try builder.registerCollection(
      ["name": "b", "schema": "@registry/entry", "key": key, "unsafe": ["prefix": true, "id": 200]])
    try builder.registerCollection(["name": "c", "schema": "@registry/entry", "key": key])
    let definition = builder.build()
    #expect(definition.entries.map(\.id) == [5, 200, 6])
    #expect(try DatabaseDefinition(JSON(parsing: definition.text)) == definition)
  }
}
