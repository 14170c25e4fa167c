import CompactEncoding
import HyperDB
import JSON
import ToolKit

/// A collection or index with the fields of its key.
struct SpecificationEntry {
  /// A field of a key: its path in the record, and its type. A bare value that a map gives has no path.
  struct KeyField {
    var path: String?
    var type: String
  }

  /// A field of a key that was given.
  typealias Term = (field: KeyField, value: Value)

  let definition: DatabaseEntry
  /// The collection itself, or that of the index.
  let collection: DatabaseEntry
  /// The key, the collection's own fields included that stand behind those of an index.
  let key: [KeyField]
  private let types: FieldTypes

  init(_ definition: DatabaseEntry, _ specification: Specification) {
    self.definition = definition
    types = specification.types
    let owner = definition.index.flatMap { specification.database.definition[$0.collection] } ?? definition
    collection = owner
    let structure = owner.collection?.schema ?? ""
    let types = types
    func fields(_ paths: [String]) -> [KeyField] {
      paths.map { KeyField(path: $0, type: types.type(at: $0, in: structure) ?? "string") }
    }
    let primary = fields(owner.collection?.key ?? [])
    switch definition.index?.key {
    case nil: key = primary
    case .fields(let paths)?: key = fields(paths) + (definition.index?.unique == true ? [] : primary)
    case .mapped(let type, _)?: key = types.keyFields(ofMapped: type)
    }
  }

  var name: String { definition.fullName }
  /// The full name of the struct of the records.
  var structure: String { collection.collection?.schema ?? "" }

  /// The fields that `terms` give, which continue `start` in the order of the key.
  ///
  /// A term is `field=value`, or the value of the next field alone.
  func tuple(_ start: [Term], _ terms: [String]) throws -> [Term] {
    var given: [(name: String?, text: String)] = []
    for term in terms {
      if let sign = term.firstIndex(of: "="), key.contains(where: { $0.path == String(term[..<sign]) }) {
        given.append((String(term[..<sign]), String(term[term.index(after: sign)...])))
      } else {
        given.append((nil, term))
      }
    }
    var result = start
    while !given.isEmpty {
      guard result.count < key.count else { throw misfit("\(name) has no field for \(given[0].text)") }
      let field = key[result.count]
      guard let next = given.firstIndex(where: { $0.name == nil || $0.name == field.path }) else {
        throw misfit("\(field.path ?? "a value") must be given as well, it comes first in \(name)")
      }
      result.append((field, try types.value(given.remove(at: next).text, field.type, field.path ?? name)))
    }
    return result
  }

  /// The partial record, or bare value, that fields of the key make.
  func query(_ terms: [Term]) -> Value {
    if terms.count == 1, terms[0].field.path == nil { return terms[0].value }
    var object = JSONPath()
    for term in terms { object.set(term.value, at: term.field.path ?? "") }
    return object.value
  }

  /// The primary key that a text names: its value, or a JSON object with its fields.
  func primaryKey(_ text: String) throws -> Value {
    guard text.utf8.first == UInt8(ascii: "{") else { return try primaryKey(terms: [text]) }
    let json: JSON
    do { json = try JSON(parsing: text) } catch { throw ToolError(.usage, "the key is no JSON: \(error)") }
    return try primaryKey(json)
  }

  /// The primary key that `field=value` pairs name.
  func primaryKey(terms: [String]) throws -> Value {
    let tuple = try tuple([], terms)
    if tuple.count == key.count { return query(tuple) }
    throw misfit("the key has \(key.count) fields, not \(tuple.count)")
  }

  private func primaryKey(_ json: JSON) throws -> Value {
    var object = JSONPath()
    for field in key {
      let path = field.path ?? ""
      let found = path.split(separator: ".").reduce(Optional(json)) { $0?[String($1)] }
      guard let found else { throw misfit("the key lacks \(path)") }
      object.set(try types.value(found, field.type, path), at: path)
    }
    return object.value
  }

  private func misfit(_ text: String) -> ToolError {
    let fields = key.map { "\($0.path ?? "value") (\($0.type))" }.joined(separator: ", ")
    return ToolError(.usage, text, hint: "the key of \(name) is \(fields)")
  }
}

/// Makes an object of values at dotted paths.
struct JSONPath {
  private(set) var value = Value.object([])

  mutating func set(_ new: Value, at path: String) {
    value = Self.insert(new, path.split(separator: ".").map(String.init)[...], value)
  }

  private static func insert(_ new: Value, _ path: ArraySlice<String>, _ old: Value) -> Value {
    guard let name = path.first else { return new }
    var record = old.record ?? Record(members: [])
    record[name] = insert(new, path.dropFirst(), record[name])
    return .object(record)
  }
}
