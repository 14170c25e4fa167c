public import CompactEncoding
public import Hyperschema

/// A definition compiled with the schema of its records, used by any number of databases.
public final class DatabaseSchema: Sendable {
  /// Code that gives the keys of a mapped index: from a record and the database's context to a list of values.
  public typealias Map = @Sendable (_ record: Value, _ context: Value) throws -> [Value]

  /// What the schema was compiled from.
  public let definition: DatabaseDefinition
  /// The schema of the records.
  public let schema: Schema

  let collections: [CollectionPlan]
  let indexes: [IndexPlan]
  /// The indexes that are maintained, by collection, in the order of the definition.
  let maintained: [[IndexPlan]]
  let names: [String: Target]
  /// The collection of each id.
  let identifiers: [UInt64: Int]

  /// What a name stands for.
  enum Target {
    case collection(Int)
    case index(Int)
  }

  /// Compiles a definition.
  ///
  /// - Parameters:
  ///   - maps: the code of mapped indexes, by the name in their definition.
  ///   - schemaVersion: the version of the schema at which records are written and read; by default its own.
  ///   - databaseVersion: the version of the definition that new records name; by default its own.
  /// - Throws: ``DatabaseError`` when a name or path does not resolve.
  public init(
    _ definition: DatabaseDefinition, schema: Schema, maps: [String: Map] = [:], schemaVersion: Int? = nil,
    databaseVersion: Int? = nil
  ) throws(DatabaseError) {
    self.definition = definition
    self.schema = schema
    var compiler = DatabaseCompiler(
      schema: schema, maps: maps, schemaVersion: schemaVersion ?? schema.version,
      databaseVersion: databaseVersion ?? definition.version)
    try compiler.compile(definition)
    collections = compiler.collections
    indexes = compiler.indexes
    maintained = compiler.maintained
    names = compiler.names
    identifiers = Dictionary(
      compiler.collections.enumerated().map { ($1.key.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  func collection(_ name: String) -> Int? { if case .collection(let i)? = names[name] { i } else { nil } }
}
