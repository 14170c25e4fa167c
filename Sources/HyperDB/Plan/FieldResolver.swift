import CompactEncoding
import Hyperschema
import IndexEncoder

/// Finds the fields of a struct by path.
struct FieldResolver {
  let schema: Schema
  let structure: StructDefinition

  /// - Throws: ``DatabaseError/schemaNotFound(_:)``.
  init(_ schema: Schema, structure name: String) throws(DatabaseError) {
    guard let structure = FieldResolver.structure(name, schema) else { throw .schemaNotFound(name) }
    self.schema = schema
    self.structure = structure
  }

  /// The field at a path of a collection key and its key type, nil for a type that cannot be part of a key.
  ///
  /// - Throws: ``DatabaseError/fieldNotFound(_:)``.
  func resolve(_ path: String) throws(DatabaseError) -> (path: FieldPath, type: IndexType?) {
    guard let (field, type) = find(path) else { throw .fieldNotFound(path) }
    return (field, FieldResolver.indexType(type, schema))
  }

  /// The field at a path of an index key.
  ///
  /// - Throws: ``DatabaseError/unresolvedPath(_:)``, ``DatabaseError/invalidKeyType(_:)``.
  func resolve(index path: String) throws(DatabaseError) -> (path: FieldPath, type: IndexType) {
    guard let (field, type) = find(path) else { throw .unresolvedPath(path) }
    guard let type = FieldResolver.indexType(type, schema) else { throw .invalidKeyType(path) }
    return (field, type)
  }

  private func find(_ path: String) -> (path: FieldPath, type: String)? {
    let names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let position = structure.fields.firstIndex(where: { $0.name == names[0] }) else { return nil }
    var field = structure.fields[position]
    for name in names.dropFirst() {
      guard field.array != true, let below = FieldResolver.structure(field.type, schema),
        let next = below.fields.first(where: { $0.name == name })
      else { return nil }
      field = next
    }
    // A list cannot be part of a key.
    let type = field.array == true ? "array" : field.type
    return (FieldPath(position: position, name: names[0], below: Array(names.dropFirst())), type)
  }

  static func structure(_ name: String, _ schema: Schema) -> StructDefinition? {
    switch schema.definition.types.first(where: { $0.fullName == name })?.kind {
    case .structure(let structure): structure
    case .alias(let target, _) where target != name: structure(target, schema)
    default: nil
    }
  }

  /// The key type of a primitive, a numeric enum, or an alias of one.
  static func indexType(_ name: String, _ schema: Schema) -> IndexType? {
    if let type = IndexType(primitive: name) { return type }
    switch schema.definition.types.first(where: { $0.fullName == name })?.kind {
    case .alias(let target, _) where target != name: return indexType(target, schema)
    case .enumeration(let keys): return keys.strings == true ? nil : .uint
    default: return nil
    }
  }
}
