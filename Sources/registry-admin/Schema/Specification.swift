import CompactEncoding
import HyperDB
import Hyperdispatch
import Hyperschema
import JSON
import Registry
import ToolKit

/// The three definitions that belong together: types, records, operations.
struct Specification: Equatable {
  var schema = SchemaDefinition()
  /// Nil when there is no `db.json`.
  var database: DatabaseDefinition?
  /// Nil when there is no `dispatch.json`.
  var dispatch: DispatchDefinition?

  /// The registry's own.
  static var registry: Specification {
    Specification(
      schema: RegistrySpecification.schema.definition, database: RegistrySpecification.database.definition,
      dispatch: RegistrySpecification.dispatch.definition)
  }

  /// The version of one of the files; nil when there is none.
  func version(of file: SpecificationFile) -> Int? {
    switch file {
    case .schema: schema.version
    case .database: database?.version
    case .dispatch: dispatch?.version
    }
  }

  /// The content of one of the files; nil when there is none.
  func text(of file: SpecificationFile) -> String? {
    switch file {
    case .schema: schema.text()
    case .database: database?.text
    case .dispatch: dispatch?.text
    }
  }

  // MARK: Linking

  /// Compiles all three: every name leads somewhere, every type can be laid out, every key can be ordered.
  func link() throws {
    let compiled = try compileSchema()
    if let dispatch {
      _ = try Dispatch(dispatch, schema: compiled)
      try checkOperations(dispatch)
    }
    if let database {
      _ = try DatabaseSchema(database, schema: compiled, maps: Self.placeholders(database))
      try checkEntries(database)
    }
    for type in schema.types {
      for version in type.versions where version > schema.version {
        throw SchemaError("\(type.fullName) has version \(version), the schema only \(schema.version)")
      }
    }
  }

  /// The compiled types. What code would add is taken as given.
  func compileSchema() throws(SchemaError) -> Schema {
    var options = SchemaOptions()
    for type in schema.types {
      switch type.kind {
      case .external: options.externals[type.fullName] = .primitive(.none)
      case .versioned(let versions): for name in versions.compactMap(\.map.string) { options.maps[name] = { $0 } }
      default: break
      }
    }
    return try Schema(schema, options: options)
  }

  private static func placeholders(_ database: DatabaseDefinition) -> [String: DatabaseSchema.Map] {
    var maps: [String: DatabaseSchema.Map] = [:]
    for entry in database.entries {
      if case .mapped(_, let map)? = entry.index?.key, let name = map.string { maps[name] = { _, _ in [] } }
    }
    return maps
  }

  private func checkOperations(_ dispatch: DispatchDefinition) throws(DispatchError) {
    var names: [UInt64: String] = [:]
    for operation in dispatch.operations {
      if let other = names.updateValue(operation.name, forKey: operation.id) {
        throw DispatchError("ID \(operation.id) is that of \(other) and of \(operation.name)")
      }
    }
  }

  private func checkEntries(_ database: DatabaseDefinition) throws(DatabaseError) {
    var names: [UInt64: String] = [:]
    for entry in database.entries {
      if let other = names.updateValue(entry.fullName, forKey: entry.id) {
        throw .malformed("id \(entry.id) is that of \(other) and of \(entry.fullName)")
      }
    }
  }
}

extension TypeDefinition {
  /// The versions of all that has one.
  var versions: [Int] {
    switch kind {
    case .alias(_, let version): [version]
    case .enumeration(let definition): definition.keys.map(\.version)
    case .structure(let definition): definition.fields.map(\.version)
    case .array, .record, .external, .versioned: []
    }
  }
}
