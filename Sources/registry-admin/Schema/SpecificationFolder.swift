import Glibc
import HyperDB
import Hyperdispatch
import Hyperschema
import JSON
import ToolKit

/// The three files in a folder: side by side, or each in the folder of the module that reads it, as the JavaScript
/// builders put them.
struct SpecificationFolder {
  let path: String

  /// Where a file is, or would be.
  func path(of file: SpecificationFile) -> String {
    let apart = "\(path)/\(file.folder)"
    return access(apart, F_OK) == 0 ? "\(apart)/\(file.rawValue)" : "\(path)/\(file.rawValue)"
  }

  /// What the folder holds; nil when it holds no `schema.json`.
  ///
  /// - Throws: ``ToolError`` with status ``ExitStatus/usage`` for files that are not what they should be.
  func read() throws -> Specification? {
    guard let schema = try content(of: .schema) else {
      for file in [SpecificationFile.database, .dispatch] where access(path(of: file), F_OK) == 0 {
        throw ToolError(.usage, "\(path(of: file)) is there, but no \(path(of: .schema))")
      }
      return nil
    }
    var specification = Specification()
    try Self.naming(path(of: .schema)) { specification.schema = try SchemaDefinition(schema) }
    if let database = try content(of: .database) {
      try Self.naming(path(of: .database)) {
        let definition = try DatabaseDefinition(database)
        specification.database = definition
        try Self.checkIdentifiers(database, definition)
      }
    }
    if let dispatch = try content(of: .dispatch) {
      try Self.naming(path(of: .dispatch)) { specification.dispatch = try DispatchDefinition(dispatch) }
    }
    return specification
  }

  /// What the folder holds, which must be something.
  func required() throws -> Specification {
    guard let specification = try read() else {
      throw ToolError(
        .localIO, "no \(path(of: .schema))", hint: "`registry-admin schema build` makes one from a description")
    }
    return specification
  }

  /// Writes the files whose content is new, each whole or not at all. Returns which.
  func write(_ specification: Specification) throws -> [SpecificationFile] {
    if mkdir(path, 0o755) != 0, errno != EEXIST { throw ToolError.system("cannot make \(path)", errno) }
    var written: [SpecificationFile] = []
    for file in SpecificationFile.allCases {
      guard let text = specification.text(of: file) else { continue }
      let path = path(of: file)
      if access(path, F_OK) == 0, try Self.bytes(path) == Array(text.utf8) { continue }
      let target = try AtomicFile(path)
      try target.output.write(text)
      try target.commit()
      written.append(file)
    }
    return written
  }

  private func content(of file: SpecificationFile) throws -> JSON? {
    let path = path(of: file)
    guard access(path, F_OK) == 0 else { return nil }
    return try Self.parse(Self.bytes(path), path)
  }

  static func bytes(_ path: String) throws(ToolError) -> [UInt8] {
    var reader = try RecordReader(path: path, framing: .whole)
    return try reader.next() ?? []
  }

  static func parse(_ bytes: [UInt8], _ path: String) throws(ToolError) -> JSON {
    do { return try JSON(parsing: bytes) } catch { throw ToolError(.usage, "\(path): \(error)") }
  }

  /// The numbers that a database's file states are those that follow from its order.
  private static func checkIdentifiers(_ file: JSON, _ definition: DatabaseDefinition) throws(DatabaseError) {
    for (item, entry) in zip(file["schema"]?.array ?? [], definition.entries) {
      guard let id = item["id"]?.unsigned, id != entry.id else { continue }
      throw .malformed("\(entry.fullName) has id \(id), by its place it is \(entry.id): entries were moved or removed")
    }
  }

  private static func naming(_ path: String, _ body: () throws -> Void) throws {
    do { try body() } catch let error as ToolError { throw error } catch {
      throw ToolError(.usage, "\(path): \(error)")
    }
  }
}
