public import Hyperschema
public import JSON

/// Makes the next version of a definition.
///
/// What is already defined keeps its place, and so its id; new collections and indexes go to the end. Describing an
/// existing entry again changes nothing but two things: an index can be marked `deprecated`, and a collection can get
/// a `versionField`. A changed key is ignored, as the reference does.
///
/// The version goes up by one, at most once, at the first new entry. A new entry gets the new version, and a new index
/// passes it on to its collection. That changes how records are stored, see ``HyperDB``: records written before an
/// index was added to a collection without versions cannot be read any more, unless the collection has a
/// `versionField`.
public struct DatabaseBuilder {
  private var definition: DatabaseDefinition
  private let schema: Schema
  private let dialect: DatabaseDialect
  private let previousVersion: Int
  private let fixedVersion: Int?
  private var namespaces: Set<String> = []

  /// A builder on top of an existing definition, by default an empty one.
  ///
  /// - Parameters:
  ///   - schema: the schema of the records.
  ///   - offset: the id of the first entry of an empty definition.
  ///   - version: the version to have, instead of the next one.
  public init(
    _ previous: DatabaseDefinition = DatabaseDefinition(), schema: Schema, dialect: DatabaseDialect = .current,
    offset: Int = 0, version: Int? = nil
  ) {
    self.schema = schema
    self.dialect = dialect
    fixedVersion = version
    previousVersion = previous.version
    definition = previous
    if previous.entries.isEmpty { definition.offset = offset }
    if let version { definition.version = version }
    for i in definition.entries.indices { definition.entries[i] = adapt(definition.entries[i]) }
  }

  /// Opens a namespace, which can be done once.
  public mutating func openNamespace(_ name: String) throws(DatabaseError) {
    guard namespaces.insert(name).inserted else { throw .namespaceExists(name) }
  }

  /// Adds a collection: `{name, schema, key, versionField?, trigger?, unsafe?}`.
  ///
  /// - Throws: ``DatabaseError/schemaNotFound(_:)``, ``DatabaseError/fieldNotFound(_:)``,
  ///   ``DatabaseError/invalidKeyType(_:)``, ``DatabaseError/prefixWithoutIdentifier``.
  public mutating func registerCollection(_ description: JSON, in namespace: String? = nil) throws(DatabaseError) {
    let name = try description.text("name")
    let versionField = description["versionField"]?.string
    if let position = position(of: name, in: namespace) {
      guard var collection = definition.entries[position].collection else { return }
      collection.versionField = versionField ?? collection.versionField
      definition.entries[position].kind = .collection(collection)
      return
    }
    let structure = try description.text("schema")
    let resolver = try FieldResolver(schema, structure: structure)
    let key = description["key"] == nil ? [] : try description.texts("key")
    for path in key {
      guard try resolver.resolve(path).type != nil else { throw .invalidKeyType(path) }
    }
    if let versionField { _ = try resolver.resolve(versionField) }
    let unsafe = try unsafe(description)
    add(
      DatabaseEntry(
        name: name, namespace: namespace, unsafe: unsafe,
        kind: .collection(
          CollectionDefinition(
            version: bump(), versionField: versionField, schema: structure, key: key,
            trigger: description["trigger"] ?? .null))))
  }

  /// Adds an index: `{name, collection, key, unique?, deprecated?, unsafe?}`. The key is a list of paths, or
  /// `{type, map}`.
  ///
  /// - Throws: ``DatabaseError/invalidIndexTarget(_:)``, ``DatabaseError/unresolvedPath(_:)``,
  ///   ``DatabaseError/invalidKeyType(_:)``, ``DatabaseError/prefixWithoutIdentifier``.
  public mutating func registerIndex(_ description: JSON, in namespace: String? = nil) throws(DatabaseError) {
    let name = try description.text("name")
    if let position = position(of: name, in: namespace) {
      guard var index = definition.entries[position].index else { return }
      if description["deprecated"] == true, dialect.hasDeprecated { index.deprecated = true }
      definition.entries[position].kind = .index(index)
      return
    }
    let target = try description.text("collection")
    guard let position = definition.entries.firstIndex(where: { $0.fullName == target }),
      var collection = definition.entries[position].collection
    else { throw .invalidIndexTarget(target) }
    let key = try key(description, collection)
    let unsafe = try unsafe(description)
    let version = bump()
    collection.version = version
    collection.indexes.append(DatabaseEntry.fullName(name, in: namespace))
    definition.entries[position].kind = .collection(collection)
    add(
      DatabaseEntry(
        name: name, namespace: namespace, unsafe: unsafe,
        kind: .index(
          IndexDefinition(
            version: version, collection: target, unique: description["unique"] == true,
            deprecated: dialect.hasDeprecated ? description["deprecated"] == true : nil, key: key))))
  }

  /// The new definition.
  public func build() -> DatabaseDefinition { definition }

  // MARK: Parts

  private func position(of name: String, in namespace: String?) -> Int? {
    let fullName = DatabaseEntry.fullName(name, in: namespace)
    return definition.entries.firstIndex { $0.fullName == fullName }
  }

  private mutating func add(_ entry: DatabaseEntry) {
    definition.entries.append(entry)
    definition.number()
  }

  /// The version of something new; nil in releases without versions.
  private mutating func bump() -> Int? {
    guard dialect.hasVersions else { return nil }
    definition.version = fixedVersion ?? previousVersion + 1
    return definition.version
  }

  /// An entry of a file as this release writes it.
  private func adapt(_ entry: DatabaseEntry) -> DatabaseEntry {
    var entry = entry
    switch entry.kind {
    case .collection(var collection):
      collection.version = dialect.hasVersions ? collection.version ?? 0 : nil
      entry.kind = .collection(collection)
    case .index(var index):
      index.version = dialect.hasVersions ? index.version ?? 0 : nil
      index.deprecated = dialect.hasDeprecated ? index.deprecated ?? false : nil
      entry.kind = .index(index)
    }
    return entry
  }

  private func unsafe(_ description: JSON) throws(DatabaseError) -> JSON? {
    guard let unsafe = description["unsafe"], !unsafe.isNull else { return nil }
    guard unsafe["prefix"] != true || unsafe["id"]?.unsigned != nil else { throw .prefixWithoutIdentifier }
    return unsafe
  }

  private func key(_ description: JSON, _ collection: CollectionDefinition) throws(DatabaseError) -> IndexKey {
    guard case .array? = description["key"] else {
      guard let type = description["key"]?["type"], let map = description["key"]?["map"] else {
        throw .malformed("key is neither a list nor a type and a map")
      }
      return .mapped(type: type, map: map)
    }
    let paths = try description.texts("key")
    let resolver = try FieldResolver(schema, structure: collection.schema)
    for path in paths { _ = try resolver.resolve(index: path) }
    return .fields(paths)
  }
}
