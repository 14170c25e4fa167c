import CompactEncoding
import HypercoreCrypto
import Hyperschema
import JSON
import ToolKit

/// The types of a schema, to read values from the command line and to print those of records.
struct FieldTypes {
  let schema: Schema
  private let types: [String: TypeDefinition]

  init(_ schema: Schema) {
    self.schema = schema
    types = Dictionary(schema.definition.types.map { ($0.fullName, $0) }) { first, _ in first }
  }

  /// The fields of a struct; none when the name is that of another type.
  func fields(of name: String) -> [FieldDefinition] {
    switch types[name]?.kind {
    case .structure(let structure): structure.fields
    case .alias(let target, _) where target != name: fields(of: target)
    default: []
    }
  }

  /// The type of the field at a dotted path.
  func type(at path: String, in structure: String) -> String? {
    var type = structure
    for name in path.split(separator: ".") {
      guard let field = fields(of: type).first(where: { $0.name == name }) else { return nil }
      type = field.type
    }
    return type
  }

  /// The fields of what a map returns.
  func keyFields(ofMapped type: JSON) -> [SpecificationEntry.KeyField] {
    if let name = type.string {
      let fields = fields(of: name)
      if fields.isEmpty { return [SpecificationEntry.KeyField(path: nil, type: name)] }
      return fields.map { SpecificationEntry.KeyField(path: $0.name, type: $0.type) }
    }
    return (type["fields"]?.array ?? []).map {
      SpecificationEntry.KeyField(path: $0["name"]?.string, type: $0["type"]?.string ?? "string")
    }
  }

  /// The primitive that a name stands for in the end, or the name of a type of another kind.
  private func target(_ name: String) -> String {
    var name = name
    for _ in 0..<types.count {
      guard case .alias(let next, _)? = types[name]?.kind else { break }
      name = next
    }
    return name
  }

  // MARK: Reading

  /// The value of a field that a text on the command line gives.
  func value(_ text: String, _ type: String, _ name: String) throws -> Value {
    let type = target(type)
    if type == "bool" {
      if let value = ["true": true, "false": false][text] { return .bool(value) }
      throw misfit(text, "true or false", name)
    }
    if Self.isNumber(type) {
      guard let number = Int64(text) else { throw misfit(text, "a number", name) }
      return .integer(number)
    }
    return try value(.string(text), type, name)
  }

  /// The value of a field that a JSON value gives.
  func value(_ json: JSON, _ type: String, _ name: String) throws -> Value {
    let type = target(type)
    switch type {
    case "fixed32":
      guard let key = json.string.flatMap({ try? KeyIdentifier.decode($0) }) else {
        throw misfit(json.string ?? json.text(), "a key", name)
      }
      return .fixed32(key)
    case "fixed64", "buffer":
      guard let bytes = json.string.flatMap({ Hex.decode($0) }) else {
        throw misfit(json.string ?? json.text(), "bytes in hex", name)
      }
      return .bytes(bytes)
    default: break
    }
    guard case .enumeration(let keys)? = types[type]?.kind, let text = json.string else { return Value(json) }
    guard let found = try schema.enumeration(type).first(where: { $0.key == text }) else {
      throw misfit(text, keys.keys.map(\.key).joined(separator: " or "), name)
    }
    return found.value
  }

  private static func isNumber(_ type: String) -> Bool {
    type == "uint" || type == "int" || type == "port" || type == "lexint"
      || ["uint", "int"].contains { type.hasPrefix($0) && UInt8(type.dropFirst($0.count)) != nil }
  }

  private func misfit(_ text: String, _ expected: String, _ name: String) -> ToolError {
    ToolError(.usage, "\(name) should be \(expected), not \(text)")
  }

  // MARK: Printing

  /// A value as JSON: 32 bytes of type fixed32 as a key in the chosen form, other bytes in hex.
  func json(_ value: Value, _ type: String, _ options: OutputOptions) -> JSON {
    let type = target(type)
    if type == "fixed32", let key = value.fixed32 { return .string(options.text(key)) }
    switch types[type]?.kind {
    case .array(let element)?:
      guard let items = value.array else { break }
      return .array(items.map { json($0, element, options) })
    case .record(_, let element)?:
      guard let record = value.record else { break }
      return .object(JSONObject(record.members.map { ($0, json($1, element, options)) }))
    case .structure(let structure)?:
      guard let record = value.record else { break }
      let fields = Dictionary(structure.fields.map { ($0.name, $0) }) { first, _ in first }
      var object = JSONObject()
      for (name, value) in record.members where value != .undefined {
        object[name] = fields[name].map { json(value, $0, options) } ?? JSON(value)
      }
      return .object(object)
    default: break
    }
    return JSON(value)
  }

  private func json(_ value: Value, _ field: FieldDefinition, _ options: OutputOptions) -> JSON {
    if field.array == true, let items = value.array { return .array(items.map { json($0, field.type, options) }) }
    if field.record == true, let record = value.record {
      return .object(JSONObject(record.members.map { ($0, json($1, field.type, options)) }))
    }
    return json(value, field.type, options)
  }
}
