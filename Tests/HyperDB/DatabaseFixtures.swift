import CompactEncoding
import HyperDB
import Hyperschema
import JSON
import TestSupport

/// Definitions and values as the vector files have them.
enum Fixtures {
  static func file() throws -> JSON { try Vectors.load("04-hyperdb") }

  /// The schema of the registry.
  static func registrySchema() throws -> Schema {
    try Schema(try Vectors.load("04-hyperschema").at("registry").at("schema"))
  }

  /// The registry as its specification has it.
  static func registry() throws -> DatabaseSchema {
    try DatabaseSchema(DatabaseDefinition(file().at("registryFresh_4_16")), schema: registrySchema())
  }

  /// The registry as a builder with versions makes it from nothing.
  static func registryFromScratch() throws -> DatabaseSchema {
    try DatabaseSchema(DatabaseDefinition(file().at("registryFresh")), schema: registrySchema())
  }

  static func kitchenSink() throws -> DatabaseSchema {
    let sink = try file().at("kitchenSink")
    return try DatabaseSchema(
      DatabaseDefinition(sink.at("dbJson")), schema: Schema(sink.at("schemaJson")), maps: maps)
  }

  /// What the file's `helpers` describe in words.
  static let maps: [String: DatabaseSchema.Map] = [
    "byTag": { record, _ in (record["tags"].array ?? []).map { .string(($0.string ?? "").lowercased()) } },
    "byNameAge": { record, _ in
      guard let name = record["name"].string, !name.isEmpty else { return [] }
      return [["name": .string(name.lowercased()), "age": record["age"]]]
    },
  ]

  /// The schema that the records of a stage need, since the file does not say: key fields are required, all others
  /// optional, texts and numbers as they come.
  static func evolutionSchema(_ evolution: JSON) throws -> Schema {
    var builder = SchemaBuilder()
    for stage in try evolution.list("stages") {
      let definition = try DatabaseDefinition(stage.at("dbJson"))
      for transaction in try stage.list("transactions") {
        let operation = try transaction.list("op")
        guard operation[0] == "insert", let record = operation[2].object, let name = operation[1].string,
          let entry = definition[name], let collection = entry.collection
        else { continue }
        let fields = record.map { name, value -> JSON in
          let type: JSON = value.string == nil ? "uint" : "string"
          return collection.key.contains(name)
            ? ["name": .string(name), "type": type, "required": true] : ["name": .string(name), "type": type]
        }
        try builder.register(
          ["name": .string(entry.name), "fields": .array(fields)], in: entry.namespace)
      }
    }
    return try Schema(builder.build())
  }

  /// A value in which `{"$hex": …}` stands for bytes.
  static func value(_ json: JSON) -> Value {
    switch json {
    case .object(let object):
      if let hex = json["$hex"]?.string, let bytes = Hex.decode(hex) { return .bytes(bytes) }
      return .object(object.map { ($0.key, value($0.value)) })
    case .array(let items): return .array(items.map(value))
    default: return Value(json)
    }
  }
}
