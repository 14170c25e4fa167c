import CompactEncoding
import Hyperschema
import IndexEncoder
import JSON

/// Resolves the names and paths of a definition.
struct DatabaseCompiler {
  let schema: Schema
  let maps: [String: DatabaseSchema.Map]
  let schemaVersion: Int
  let databaseVersion: Int
  var collections: [CollectionPlan] = []
  var indexes: [IndexPlan] = []
  /// The indexes that are maintained, by collection.
  var maintained: [[IndexPlan]] = []
  var names: [String: DatabaseSchema.Target] = [:]

  mutating func compile(_ definition: DatabaseDefinition) throws(DatabaseError) {
    for entry in definition.entries {
      guard let collection = entry.collection else { continue }
      names[entry.fullName] = .collection(collections.count)
      collections.append(try plan(entry, collection))
      maintained.append([])
    }
    for entry in definition.entries {
      guard let index = entry.index else { continue }
      names[entry.fullName] = .index(indexes.count)
      indexes.append(try plan(entry, index))
    }
    for entry in definition.entries {
      guard let collection = entry.collection, case .collection(let position)? = names[entry.fullName] else { continue }
      for name in collection.indexes {
        guard case .index(let index)? = names[name] else { throw .malformed("\(entry.fullName): no index \(name)") }
        if definition[name]?.index?.deprecated != true { maintained[position].append(indexes[index]) }
      }
    }
  }

  private func plan(_ entry: DatabaseEntry, _ definition: CollectionDefinition) throws(DatabaseError) -> CollectionPlan
  {
    guard definition.trigger.isNull || definition.trigger == false else { throw .triggerUnsupported(entry.fullName) }
    let resolver = try FieldResolver(schema, structure: definition.schema)
    var fields: [KeyPlan.Field] = []
    var external: Set<String> = []
    for path in definition.key {
      let (field, type) = try resolver.resolve(path)
      guard let type else { throw .invalidKeyType(path) }
      fields.append(KeyPlan.Field(path: field, type: type))
      if field.below.isEmpty { external.insert(field.name) }
    }
    let encoding: Encoding
    do {
      encoding = try schema.encoding(definition.schema, external: external, version: schemaVersion)
    } catch {
      throw .malformed("\(entry.fullName): \(error)")
    }
    guard let layout = encoding.layout else { throw .malformed("\(entry.fullName): \(definition.schema) is no struct") }
    let version = min(databaseVersion, definition.version ?? 0)
    return CollectionPlan(
      name: entry.fullName, structure: definition.schema, key: KeyPlan(id: entry.id, fields: fields),
      encoding: encoding, layout: layout,
      writtenVersion: (definition.version ?? 0) > 0 || definition.versionField != nil ? UInt64(version) : nil,
      versionField: try definition.versionField.map { (path) throws(DatabaseError) in try resolver.resolve(path).path })
  }

  private func plan(_ entry: DatabaseEntry, _ definition: IndexDefinition) throws(DatabaseError) -> IndexPlan {
    guard case .collection(let position)? = names[definition.collection] else {
      throw .invalidIndexTarget(definition.collection)
    }
    let collection = collections[position]
    var fields: [KeyPlan.Field] = []
    var map: DatabaseSchema.Map?
    switch definition.key {
    case .fields(let paths):
      let resolver = try FieldResolver(schema, structure: collection.structure)
      for path in paths {
        let (field, type) = try resolver.resolve(index: path)
        fields.append(KeyPlan.Field(path: field, type: type))
      }
    case .mapped(let type, let code):
      let name = code.string ?? code.text()
      guard let given = maps[name] else { throw .mapMissing(name) }
      map = given
      fields = try mapped(type)
    }
    let count = fields.count
    let whole = definition.unique ? fields : fields + collection.key.fields
    return IndexPlan(
      name: entry.fullName, collection: position, version: UInt64(definition.version ?? 0),
      key: KeyPlan(id: entry.id, fields: whole), map: map, mappedCount: count,
      mayCollide: definition.unique || map != nil)
  }

  /// The fields of what a map returns: a bare value, or the members of an object.
  private func mapped(_ type: JSON) throws(DatabaseError) -> [KeyPlan.Field] {
    var fields: [KeyPlan.Field] = []
    if let name = type.string {
      if let type = FieldResolver.indexType(name, schema) { return [KeyPlan.Field(path: nil, type: type)] }
      let resolver = try FieldResolver(schema, structure: name)
      for field in resolver.structure.fields {
        let (path, type) = try resolver.resolve(index: field.name)
        fields.append(KeyPlan.Field(path: path, type: type))
      }
      return fields
    }
    guard let list = type["fields"]?.array else { throw .malformed("the type of a map is \(type)") }
    for (position, item) in list.enumerated() {
      let name = try item.text("name")
      guard let type = FieldResolver.indexType(try item.text("type"), schema) else { throw .invalidKeyType(name) }
      fields.append(KeyPlan.Field(path: FieldPath(position: position, name: name, below: []), type: type))
    }
    return fields
  }
}
