import HyperDB
import Hyperdispatch
import Hyperschema
import JSON
import ToolKit

/// Whether one specification may take the place of another: what was written under the old one must keep its meaning.
struct Evolution {
  /// What breaks that, in the reference's words where it notices.
  private(set) var problems: [String] = []
  /// What is allowed, and changes how old data reads.
  private(set) var warnings: [String] = []

  static let advice =
    "what is already written has the old form: leave it as it was, and add types, optional fields, collections or "
    + "operations at the end"

  init(from old: Specification, to new: Specification) {
    compare(old.schema, new.schema)
    compare(old.database, new.database)
    compare(old.dispatch, new.dispatch)
  }

  /// - Throws: ``ToolError`` with status ``ExitStatus/incompatible`` when there are problems.
  func require() throws(ToolError) {
    guard let first = problems.first else { return }
    throw ToolError(.incompatible, first, hints: problems.dropFirst().map { "also: \($0)" } + [Self.advice])
  }

  // MARK: Types

  private mutating func compare(_ old: SchemaDefinition, _ new: SchemaDefinition) {
    if new.version < old.version {
      problems.append("The schema goes back from version \(old.version) to \(new.version)")
    }
    var replay = SchemaBuilder(old)
    for type in new.types {
      do { try replay.register(type.json, in: type.namespace) } catch { problems.append(error.description) }
    }
    for type in old.types {
      guard let next = new.types.first(where: { $0.fullName == type.fullName }) else {
        problems.append("A type was removed: \(type.fullName)")
        continue
      }
      if case .structure(let before) = type.kind, case .structure(let after) = next.kind {
        compare(type.fullName, before, after, since: old.version)
      }
      if zip(type.versions, next.versions).contains(where: { $0 != $1 }) {
        problems.append("The version of a part was changed: \(type.fullName)")
      }
      if next.versions.dropFirst(type.versions.count).contains(where: { $0 <= old.version }) {
        problems.append("A new part has the version of an old schema: \(type.fullName)")
      }
    }
    for type in new.types where !old.types.contains(where: { $0.fullName == type.fullName }) {
      if type.versions.contains(where: { $0 <= old.version }) {
        problems.append("A new type has the version of an old schema: \(type.fullName)")
      }
    }
  }

  private mutating func compare(
    _ name: String, _ old: StructDefinition, _ new: StructDefinition, since version: Int
  ) {
    if old.compact != new.compact { problems.append("A struct cannot become or stop being compact: \(name)") }
    if old.flagsPosition != new.flagsPosition, old.flagsPosition >= 0 {
      problems.append("The flags of a struct cannot move: \(name)")
    }
    for (before, after) in zip(old.fields, new.fields) {
      if before.array ?? false != after.array ?? false || before.record ?? false != after.record ?? false
        || before.inline ?? false != after.inline ?? false
      {
        problems.append("Field was modified: \(name)/\(after.name)")
      }
      if before.name != after.name { warnings.append("\(name)/\(before.name) is now called \(after.name)") }
    }
    for field in new.fields.dropFirst(old.fields.count) where field.required == true {
      warnings.append(
        "\(name)/\(field.name) is required: operations and requests written before cannot be read any more")
    }
  }

  // MARK: Records

  private mutating func compare(_ old: DatabaseDefinition?, _ new: DatabaseDefinition?) {
    guard let old else { return }
    guard let new else { return problems.append("db.json was removed") }
    if new.version < old.version {
      problems.append("The database goes back from version \(old.version) to \(new.version)")
    }
    for entry in old.entries {
      guard let next = new[entry.fullName] else {
        problems.append("A collection or index was removed: \(entry.fullName)")
        continue
      }
      if entry.id != next.id {
        problems.append("Id of \(entry.fullName) changed. Was \(entry.id) but is now \(next.id)")
      }
      switch (entry.kind, next.kind) {
      case (.collection(let before), .collection(let after)): compare(entry.fullName, before, after)
      case (.index(let before), .index(let after)):
        if before.key != after.key || before.collection != after.collection || before.unique != after.unique {
          problems.append("Key, collection or uniqueness of an index changed: \(entry.fullName)")
        }
        if before.deprecated == true, after.deprecated != true {
          problems.append("A deprecated index lacks records and cannot come back: \(entry.fullName)")
        }
      default: problems.append("A collection cannot become an index, nor the reverse: \(entry.fullName)")
      }
    }
  }

  private mutating func compare(_ name: String, _ old: CollectionDefinition, _ new: CollectionDefinition) {
    if old.key != new.key || old.schema != new.schema {
      problems.append("Key or schema of a collection changed: \(name)")
    }
    if old.hasVersionPrefix != new.hasVersionPrefix {
      problems.append(
        "Records of \(name) written so far could not be read any more: they carry no version, new ones would")
    }
    let added = new.indexes.filter { !old.indexes.contains($0) }
    if !added.isEmpty {
      warnings.append("\(added.joined(separator: ", ")) will hold only records of \(name) that are written from now on")
    }
  }

  // MARK: Operations

  private mutating func compare(_ old: DispatchDefinition?, _ new: DispatchDefinition?) {
    guard let old else { return }
    guard let new else { return problems.append("dispatch.json was removed") }
    if new.offset != old.offset {
      problems.append("Cannot change the hyperdispatch offset once it has been defined once")
    }
    if new.version < old.version {
      problems.append("The operations go back from version \(old.version) to \(new.version)")
    }
    for operation in old.operations {
      guard let next = new.operations.first(where: { $0.name == operation.name }) else {
        problems.append("An operation was removed: \(operation.name)")
        continue
      }
      if next.id != operation.id { problems.append("Cannot change the assigned ID for handler: \(operation.name)") }
      if next.requestType != operation.requestType {
        problems.append("Cannot alter the request type for a handler: \(operation.name)")
      }
    }
  }
}

extension CollectionDefinition {
  /// Whether stored values begin with the version they were written at.
  fileprivate var hasVersionPrefix: Bool { version ?? 0 > 0 && versionField == nil }
}
