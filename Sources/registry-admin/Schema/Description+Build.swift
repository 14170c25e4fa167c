import HyperDB
import Hyperdispatch
import Hyperschema
import JSON
import ToolKit

extension Description {
  /// The next version of `previous`; all stages one after the other when there is none, else the last one, which holds
  /// all that is described.
  ///
  /// - Throws: ``ToolError`` with status ``ExitStatus/incompatible`` for what cannot follow on `previous`, and
  ///   ``ExitStatus/usage`` for a description that makes no sense by itself.
  func build(after previous: Specification?) throws -> Specification {
    var specification = previous ?? Specification()
    for stage in previous == nil ? stages[...] : stages.suffix(1) {
      specification = try build(stage, after: specification, isEvolution: previous != nil)
    }
    do {
      try specification.link()
    } catch {
      throw Self.refusal("\(error)", isEvolution: previous != nil)
    }
    return specification
  }

  private func build(
    _ stage: Stage, after previous: Specification, isEvolution: Bool
  ) throws -> Specification {
    var next = previous
    do {
      next.schema = try types(stage[.types] ?? [], previous.schema)
      let schema = try next.compileSchema()
      let (collections, indexes) = (stage[.collections] ?? [], stage[.indexes] ?? [])
      if previous.database != nil || !collections.isEmpty || !indexes.isEmpty {
        next.database = try database(collections, indexes, previous.database, schema)
      }
      if previous.dispatch != nil || stage[.operations] != nil {
        next.dispatch = try dispatch(stage[.operations] ?? [], previous.dispatch, schema)
      }
    } catch let error as ToolError {
      throw error
    } catch {
      throw Self.refusal("\(error)", isEvolution: isEvolution)
    }
    return next
  }

  private func types(_ items: [Item], _ previous: SchemaDefinition) throws(SchemaError) -> SchemaDefinition {
    var builder = SchemaBuilder(previous)
    for item in items { try builder.register(item.json, in: item.namespace) }
    return try builder.build()
  }

  private func database(
    _ collections: [Item], _ indexes: [Item], _ previous: DatabaseDefinition?, _ schema: Schema
  ) throws -> DatabaseDefinition {
    var builder = DatabaseBuilder(
      previous ?? DatabaseDefinition(), schema: schema, offset: databaseOffset, version: databaseVersion)
    for item in collections { try builder.registerCollection(item.json, in: item.namespace) }
    for item in indexes { try builder.registerIndex(item.json, in: item.namespace) }
    let definition = builder.build()
    for item in collections { try Self.compare(item, definition[item.fullName]?.collection) }
    for item in indexes { try Self.compare(item, definition[item.fullName]?.index) }
    return definition
  }

  /// The builder passes over changes that it cannot make; whoever asks for one shall hear of it.
  private static func compare(_ item: Item, _ found: CollectionDefinition?) throws {
    guard let found else { throw changed(item, "is the name of an index") }
    let key = item.json["key"]?.array?.compactMap(\.string) ?? []
    guard key == found.key, item.json["schema"]?.string == found.schema else {
      throw changed(item, "cannot change its key or schema")
    }
  }

  private static func compare(_ item: Item, _ found: IndexDefinition?) throws {
    guard let found else { throw changed(item, "is the name of a collection") }
    let isSameKey: Bool
    switch found.key {
    case .fields(let paths): isSameKey = item.json["key"] == .array(paths.map { .string($0) })
    case .mapped(let type, let map): isSameKey = item.json["key"] == ["type": type, "map": map]
    }
    guard isSameKey, item.json["collection"]?.string == found.collection,
      (item.json["unique"] == true) == found.unique
    else { throw changed(item, "cannot change its key, collection or uniqueness") }
  }

  private static func changed(_ item: Item, _ what: String) -> ToolError {
    refusal("\(item.fullName) \(what)", isEvolution: true)
  }

  private func dispatch(
    _ items: [Item], _ previous: DispatchDefinition?, _ schema: Schema
  ) throws -> DispatchDefinition {
    var builder = try DispatchBuilder(previous, offset: dispatchOffset, schema: schema)
    for item in items {
      guard let type = item.json["requestType"]?.string else {
        throw DispatchError("\(item.fullName): requestType is missing")
      }
      let id = item.json["id"]
      if let id, id.unsigned == nil { throw DispatchError("\(item.fullName): id is no number") }
      try builder.register(item.fullName, requestType: type, id: id?.unsigned)
    }
    return builder.build()
  }

  static func refusal(_ text: String, isEvolution: Bool) -> ToolError {
    if !isEvolution { return ToolError(.usage, "the description cannot be built: \(text)") }
    return ToolError(.incompatible, text, hint: Evolution.advice)
  }
}
