import CompactEncoding
import Glibc
import HyperDB
import Hyperdispatch
import Hyperschema
import JSON
import Registry
import ToolKit

/// The definition of a database: its types, its collections and indexes and, where there are some, its operations.
struct Specification {
  /// One of the files it comes from.
  enum File: String, CaseIterable {
    case schema
    case database = "db"
    case dispatch

    /// Where the file may lie below a folder: beside the others, or where the builders put it.
    var paths: [String] {
      switch self {
      case .schema: ["schema.json", "schema/schema.json"]
      case .database: ["db.json", "db/db.json", "hyperdb/db.json"]
      case .dispatch: ["dispatch.json", "dispatch/dispatch.json", "hyperdispatch/dispatch.json"]
      }
    }
  }

  let texts: [File: String]
  let types: FieldTypes
  let database: DatabaseSchema
  let dispatch: DispatchDefinition?

  /// The registry's own.
  static var registry: Specification {
    Specification(
      texts: [
        .schema: RegistrySpecification.schemaText, .database: RegistrySpecification.databaseText,
        .dispatch: RegistrySpecification.dispatchText,
      ], types: FieldTypes(RegistrySpecification.schema), database: RegistrySpecification.database,
      dispatch: RegistrySpecification.dispatch.definition)
  }

  private init(texts: [File: String], types: FieldTypes, database: DatabaseSchema, dispatch: DispatchDefinition?) {
    self.texts = texts
    self.types = types
    self.database = database
    self.dispatch = dispatch
  }

  /// The files in a folder; those of the operations may be missing.
  init(directory: String) throws {
    let schemaFile = try Self.read(.schema, directory)
    let databaseFile = try Self.read(.database, directory)
    let dispatchFile = Self.path(.dispatch, directory) == nil ? nil : try Self.read(.dispatch, directory)
    let schema = try Self.compile(schemaFile.path) { try Schema(schemaFile.json) }
    let database = try Self.compile(databaseFile.path) {
      let definition = try DatabaseDefinition(databaseFile.json)
      return try DatabaseSchema(definition, schema: schema, maps: Self.maps(of: definition))
    }
    let dispatch = try dispatchFile.map { file in
      try Self.compile(file.path) { try Dispatch(DispatchDefinition(file.json), schema: schema).definition }
    }
    var texts: [File: String] = [.schema: schemaFile.text, .database: databaseFile.text]
    texts[.dispatch] = dispatchFile?.text
    self.init(texts: texts, types: FieldTypes(schema), database: database, dispatch: dispatch)
  }

  /// Code of mapped indexes is needed for writing only.
  private static func maps(of definition: DatabaseDefinition) -> [String: DatabaseSchema.Map] {
    var maps: [String: DatabaseSchema.Map] = [:]
    for entry in definition.entries {
      if case .mapped(_, let code)? = entry.index?.key { maps[code.string ?? code.text()] = { _, _ in [] } }
    }
    return maps
  }

  // MARK: Files

  private static func path(_ file: File, _ directory: String) -> String? {
    file.paths.map { directory + "/" + $0 }.first { access($0, F_OK) == 0 }
  }

  private static func read(_ file: File, _ directory: String) throws -> (path: String, text: String, json: JSON) {
    let path = path(file, directory) ?? directory + "/" + file.paths[0]
    var reader = try RecordReader(path: path, framing: .whole)
    let bytes = try reader.next() ?? []
    do {
      return (path, String(decoding: bytes, as: UTF8.self), try JSON(parsing: bytes))
    } catch {
      throw ToolError(.usage, "\(path): \(error)")
    }
  }

  private static func compile<T>(_ path: String, _ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch {
      throw ToolError(.incompatible, "\(path): \(error)", hint: "`registry-admin schema` builds and checks such files")
    }
  }
}

// MARK: Names

extension Specification {
  var collections: [SpecificationEntry] { entries.filter { $0.definition.collection != nil } }

  var entries: [SpecificationEntry] {
    database.definition.entries.map { SpecificationEntry($0, self) }
  }

  /// The collection or index of a name, which may leave out the namespace.
  func entry(named name: String) throws -> SpecificationEntry {
    let entries = entries
    if let exact = entries.first(where: { $0.name == name }) { return exact }
    let found = entries.filter { $0.definition.name == name }
    if found.count == 1 { return found[0] }
    let names = (found.isEmpty ? entries : found).map(\.name).joined(separator: ", ")
    throw ToolError(
      .usage,
      found.isEmpty ? "no collection or index is called \(name)" : "\(name) is the name of several",
      hint: "there are \(names)")
  }

  /// The collection of a name; the only one when there is no name.
  func collection(named name: String?) throws -> SpecificationEntry {
    guard let name else { return try onlyCollection() }
    let entry = try entry(named: name)
    if entry.definition.collection != nil { return entry }
    throw ToolError(.usage, "\(entry.name) is an index, not a collection", hint: "`hdb-view find` searches indexes")
  }

  func onlyCollection() throws -> SpecificationEntry {
    let collections = collections
    if collections.count == 1 { return collections[0] }
    if collections.isEmpty { throw ToolError(.usage, "the definition has no collection") }
    throw ToolError(
      .usage, "there are several collections, one must be named",
      hint: "there are \(collections.map(\.name).joined(separator: ", "))")
  }
}
