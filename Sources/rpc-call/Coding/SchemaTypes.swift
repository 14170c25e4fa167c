import CompactEncoding
import HypercoreCrypto
import Hyperschema
import JSON

/// JSON for the types of a schema, in both directions.
///
/// What JSON has no form for: `fixed32` is a key in any of its forms, other bytes are hex, big integers are decimal text,
/// a date is milliseconds since 1970. In what is read, a key of an enum may stand for its number, and a field that may be
/// missing may be null; in what is written, members without value are left out.
struct SchemaTypes: Sendable {
  let schema: Schema
  private let definitions: [String: TypeDefinition]

  init(_ schema: Schema) {
    self.schema = schema
    definitions = Dictionary(schema.definition.types.map { ($0.fullName, $0) }) { first, _ in first }
  }

  /// The fields of a struct, or of the struct that an alias means; nil for any other type.
  func structure(_ type: String) -> StructDefinition? {
    switch definitions[type]?.kind {
    case .structure(let structure): structure
    case .alias(let target, _): structure(target)
    default: nil
    }
  }

  // MARK: Reading

  /// The value of a type that a JSON value means.
  ///
  /// - Parameter isStrict: whether members that the type does not have are refused instead of passed over.
  func value(_ json: JSON, _ type: String, isStrict: Bool) throws(FormError) -> Value {
    guard let definition = definitions[type] else { return try primitive(json, type) }
    switch definition.kind {
    case .alias(let target, _): return try value(json, target, isStrict: isStrict)
    case .enumeration:
      guard let text = json.string, let keys = try? schema.enumeration(type) else { return Value(json) }
      guard let key = keys.first(where: { $0.key == text }) else {
        throw FormError("expected one of \(keys.map(\.key).joined(separator: ", ")), found \(text)")
      }
      return key.value
    case .array(let element): return try array(json, element, isStrict)
    case .record(_, let content): return try record(json, content, isStrict)
    case .external: return Value(json)
    case .versioned(let versions):
      let number = json["version"]?.unsigned
      let choice = number.flatMap { number in versions.first { UInt64(max(0, $0.version)) >= number } }
      guard let choice = choice ?? versions.last else { return Value(json) }
      // The version itself is no field of the struct, so that nothing can be refused here.
      var value = try value(json, choice.type, isStrict: false)
      if let number, case .object(var record) = value, record["version"] == .undefined {
        record["version"] = .unsigned(number)
        value = .object(record)
      }
      return value
    case .structure(let structure): return try fields(json, structure, isStrict)
    }
  }

  private func fields(_ json: JSON, _ structure: StructDefinition, _ isStrict: Bool) throws(FormError) -> Value {
    guard case .object(let object) = json else { throw FormError("expected an object, found \(json.kind)") }
    if isStrict, let name = object.keys.first(where: { name in !structure.fields.contains { $0.name == name } }) {
      let known = structure.fields.map(\.name).joined(separator: ", ")
      throw FormError("there is no member \(name); there are: \(known)")
    }
    var members: [(String, Value)] = []
    for field in structure.fields {
      guard let member = object[field.name], !member.isNull else {
        if field.required == true { throw FormError("the member \(field.name) is missing") }
        continue
      }
      do throws(FormError) {
        let value =
          field.array == true
          ? try array(member, field.type, isStrict)
          : field.record == true
            ? try record(member, field.type, isStrict) : try value(member, field.type, isStrict: isStrict)
        members.append((field.name, value))
      } catch {
        throw error.inside(field.name)
      }
    }
    return .object(members)
  }

  private func array(_ json: JSON, _ element: String, _ isStrict: Bool) throws(FormError) -> Value {
    guard case .array(let items) = json else { throw FormError("expected an array, found \(json.kind)") }
    var values: [Value] = []
    for (index, item) in items.enumerated() {
      do throws(FormError) {
        values.append(try value(item, element, isStrict: isStrict))
      } catch {
        throw error.inside("[\(index)]")
      }
    }
    return .array(values)
  }

  private func record(_ json: JSON, _ content: String, _ isStrict: Bool) throws(FormError) -> Value {
    guard case .object(let object) = json else { throw FormError("expected an object, found \(json.kind)") }
    var members: [(String, Value)] = []
    for (name, member) in object {
      do throws(FormError) {
        members.append((name, try value(member, content, isStrict: isStrict)))
      } catch {
        throw error.inside(name)
      }
    }
    return .object(members)
  }

  private func primitive(_ json: JSON, _ type: String) throws(FormError) -> Value {
    switch Primitive(rawValue: type) {
    case .none?: return .null
    case .fixed32:
      guard let key = json.string.flatMap({ try? KeyIdentifier.decode($0) }) else {
        throw FormError("expected a key, found \(json.string ?? json.kind)")
      }
      return .fixed32(key)
    case .fixed64, .buffer, .optionalBuffer, .raw:
      guard let text = json.string, let bytes = Hex.decode(text) ?? (try? KeyIdentifier.decode(text))?.bytes else {
        throw FormError("expected bytes in hex, found \(json.string ?? json.kind)")
      }
      return .bytes(bytes)
    case .biguint64, .bigint64, .biguint, .bigint:
      guard let number = json.integer.map({ BigInteger($0) }) ?? json.string.flatMap({ BigInteger($0) }) else {
        throw FormError("expected an integer, found \(json.string ?? json.kind)")
      }
      return .bigint(number)
    case .date:
      guard let number = json.integer else { throw FormError("expected milliseconds, found \(json.kind)") }
      return .date(milliseconds: number)
    case .bool:
      guard let value = json.bool else { throw FormError("expected true or false, found \(json.kind)") }
      return .bool(value)
    case .string, .utf8, .ascii, .hex, .base64, .ucs2, .utf16le, .ip, .ipv4, .ipv6:
      guard let text = json.string else { throw FormError("expected text, found \(json.kind)") }
      return .string(text)
    case .json, .rawJSON, .ndjson, .any: return Value(json)
    default:
      guard json.double != nil || json.string == nil && json.bool == nil else {
        throw FormError("expected a number, found \(json.kind)")
      }
      return Value(json)
    }
  }

  // MARK: Writing

  /// The JSON form of a value of a type.
  func json(_ value: Value, _ type: String, keyText: (Fixed32) -> String) -> JSON {
    guard let definition = definitions[type] else {
      if Primitive(rawValue: type) == .fixed32, let key = value.fixed32 { return .string(keyText(key)) }
      return JSON(value)
    }
    switch definition.kind {
    case .alias(let target, _): return json(value, target, keyText: keyText)
    case .enumeration, .external: return JSON(value)
    case .array(let element): return array(value, element, keyText)
    case .record(_, let content): return record(value, content, keyText)
    case .versioned(let versions):
      let number = value["version"].unsigned ?? 0
      let choice = versions.first { UInt64(max(0, $0.version)) >= number }
      guard let choice, var object = json(value, choice.type, keyText: keyText).object else { return JSON(value) }
      object["version"] = .integer(Int64(clamping: number))
      return .object(object)
    case .structure(let structure):
      var object = JSONObject()
      for field in structure.fields {
        let member = value[field.name]
        guard !member.isAbsent else { continue }
        object[field.name] =
          field.array == true
          ? array(member, field.type, keyText)
          : field.record == true
            ? record(member, field.type, keyText) : json(member, field.type, keyText: keyText)
      }
      return .object(object)
    }
  }

  private func array(_ value: Value, _ element: String, _ keyText: (Fixed32) -> String) -> JSON {
    .array((value.array ?? []).map { json($0, element, keyText: keyText) })
  }

  private func record(_ value: Value, _ content: String, _ keyText: (Fixed32) -> String) -> JSON {
    var object = JSONObject()
    if let record = value.record {
      for (name, member) in record.members { object[name] = json(member, content, keyText: keyText) }
    }
    return .object(object)
  }
}

/// What is wrong with a JSON value as the request of a method.
struct FormError: Error, Equatable, CustomStringConvertible {
  private var path = ""
  private let text: String

  init(_ text: String) { self.text = text }

  /// The error as one of the value that has this one as a member or element.
  func inside(_ name: String) -> FormError {
    var error = self
    error.path = path.isEmpty ? name : path.hasPrefix("[") ? name + path : name + "." + path
    return error
  }

  var description: String { path.isEmpty ? text : "\(path): \(text)" }
}

extension JSON {
  /// The name of the kind, for messages.
  fileprivate var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer, .double: "a number"
    case .string: "text"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
