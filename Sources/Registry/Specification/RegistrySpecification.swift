public import CompactEncoding
public import HyperDB
public import Hyperdispatch
public import Hyperschema
import JSON

/// The three files that define the registry's formats, as text and compiled.
///
/// They extend the files that the JavaScript workshop commits (schema version 1, dispatch version 2, database
/// version 0) without changing an id, a byte or a key of them.
public enum RegistrySpecification {
  /// The types of the registry.
  public static let schema: Schema = must {
    try Schema(JSON(parsing: schemaText))
  }

  /// The operations of the registry.
  public static let dispatch: Dispatch = must {
    try Dispatch(DispatchDefinition(JSON(parsing: dispatchText)), schema: schema)
  }

  /// The collection of entries and its indexes.
  public static let database: DatabaseSchema = must {
    try DatabaseSchema(DatabaseDefinition(JSON(parsing: databaseText)), schema: schema)
  }

  /// The names of an entry's fields, shared by all entries as dynamic values.
  public static let entryLayout = Record.Layout(["name", "driveKey", "type", "description", "owner"])

  /// The texts are constants: a mistake in them is one of this program.
  private static func must<T>(_ body: () throws -> T) -> T {
    do { return try body() } catch { preconditionFailure("the registry's own files do not compile: \(error)") }
  }
}
