import CompactEncoding
public import JSON

/// Makes the next version of a schema from descriptions of its types, and refuses what would break data that is
/// already written.
///
/// A description is what the file has for a type, without versions; keys of an enum may be given as texts. Types that
/// are described again keep their place and the versions of their fields; types that are not stay as they are. The
/// version of the schema goes up by one, at most once, at the first new struct, alias, enum, field or enum key.
///
/// Renaming a field, appending a required one, and making a field a list or a single value are not refused, as they
/// are not by the reference; the first loses nothing, the others change what old data reads as.
public struct SchemaBuilder {
  private var definition: SchemaDefinition
  let dialect: Dialect
  private let isVersioned: Bool
  private let previousVersion: Int
  private var namespaces: Set<String> = []
  private var indexes: [String: Int] = [:]

  /// A builder on top of an existing schema, by default an empty one.
  ///
  /// - Parameter isVersioned: whether the version goes up with changes; otherwise it is always 1.
  public init(
    _ previous: SchemaDefinition = SchemaDefinition(), dialect: Dialect = .current, isVersioned: Bool = true
  ) {
    definition = previous
    if !isVersioned { definition.version = 1 }
    previousVersion = definition.version
    self.dialect = dialect
    self.isVersioned = isVersioned
    for (i, type) in previous.types.enumerated() { indexes[type.fullName] = i }
  }

  /// Opens a namespace, which can be done once.
  ///
  /// - Parameter external: the module that makes the namespace's external types.
  public mutating func openNamespace(_ name: String, external: String? = nil) throws(SchemaError) {
    guard namespaces.insert(name).inserted else { throw SchemaError("Namespace already exists") }
    guard let external, dialect.hyperschema >= 22 else { return }
    var list = (definition.namespaces?.array ?? []).filter { $0["name"]?.string != name }
    list.append(["name": .string(name), "external": .string(external)])
    definition.namespaces = .array(list)
  }

  /// Adds a type, or compares it with what the schema has under its name and appends what is new.
  ///
  /// - Throws: ``SchemaError`` when the description is incomplete or breaks a rule of evolution.
  public mutating func register(_ description: JSON, in namespace: String? = nil) throws(SchemaError) {
    let name = description["name"]?.string ?? "undefined"
    let fullName = TypeDefinition.fullName(name, in: namespace)
    let previous = indexes[fullName].map { definition.types[$0].kind }
    let kind: TypeDefinition.Kind
    if let target = description["alias"]?.truthy {
      kind = try alias(target, fullName, previous)
    } else if let keys = description["enum"]?.truthy {
      kind = try enumeration(keys, description, fullName, previous)
    } else if description["array"]?.truthy != nil {
      kind = .array(element: try described(description, "type", fullName))
      if let previous, previous != kind { throw SchemaError("Array was modified: \(fullName)") }
    } else if description["record"]?.truthy != nil {
      kind = .record(
        key: try described(description, "key", fullName), value: try described(description, "value", fullName))
      if let previous, previous != kind { throw SchemaError("Record was modified: \(fullName)") }
    } else if let external = description["external"]?.truthy {
      kind = .external(external)
    } else if let versions = description["versions"]?.truthy {
      kind = try versioned(versions, fullName)
    } else {
      kind = .structure(try structure(description, fullName, previous))
    }
    guard description["name"]?.string != nil else { throw Self.missing("name", fullName) }
    let type = TypeDefinition(name: name, namespace: namespace, kind: kind)
    if let index = indexes[fullName] {
      definition.types[index] = type
    } else {
      indexes[fullName] = definition.types.count
      definition.types.append(type)
    }
  }

  /// The new schema.
  ///
  /// - Parameter options: what code adds; types made by code need not be given here.
  /// - Throws: ``SchemaError`` when a type refers to one that does not exist or cannot be laid out.
  public func build(options: SchemaOptions = SchemaOptions()) throws(SchemaError) -> SchemaDefinition {
    var options = options
    for type in definition.types {
      switch type.kind {
      case .external: options.externals[type.fullName] = options.externals[type.fullName] ?? .primitive(.none)
      case .versioned(let versions):
        for name in versions.compactMap(\.map.string) { options.maps[name] = options.maps[name] ?? { $0 } }
      default: break
      }
    }
    _ = try Schema(definition, dialect: dialect, options: options)
    return definition
  }

  // MARK: Kinds

  mutating func bump() -> Int {
    if isVersioned { definition.version = previousVersion + 1 }
    return definition.version
  }

  static func missing(_ member: String, _ fullName: String) -> SchemaError {
    SchemaError("Struct \(fullName): required '\(member)' definition is missing")
  }

  func described(_ json: JSON, _ member: String, _ fullName: String) throws(SchemaError) -> String {
    guard let text = json[member]?.string else { throw .malformed("\(fullName): \(member) is not a text") }
    return text
  }

  private mutating func alias(
    _ target: JSON, _ fullName: String, _ previous: TypeDefinition.Kind?
  ) throws(SchemaError) -> TypeDefinition.Kind {
    guard let target = target.string else { throw .malformed("\(fullName): alias is not a text") }
    guard let previous else { return .alias(target: target, version: bump()) }
    guard case .alias(target, _) = previous else { throw SchemaError("Remapping an alias: \(fullName)") }
    return previous
  }

  private mutating func enumeration(
    _ keys: JSON, _ json: JSON, _ fullName: String, _ previous: TypeDefinition.Kind?
  ) throws(SchemaError) -> TypeDefinition.Kind {
    guard let list = keys.array else { throw .malformed("\(fullName): enum is not a list") }
    var result = EnumDefinition(
      offset: try json.small("offset") ?? 1, keys: [],
      strings: dialect.listsEnumStrings ? json["strings"]?.bool ?? false : nil)
    var before: [EnumDefinition.Key] = []
    if let previous {
      guard case .enumeration(let definition) = previous else {
        throw SchemaError("Previous declaration was not an enum")
      }
      before = definition.keys
      guard before.count <= list.count else { throw SchemaError("An enum value was removed") }
    }
    for (i, item) in list.enumerated() {
      guard let key = item.string ?? item["key"]?.string else {
        throw .malformed("\(fullName): key \(i) is not a text")
      }
      if i < before.count {
        guard before[i].key == key else {
          throw SchemaError("Enum \(i) in \(fullName) changed. Was \"\(before[i].key)\" but is now \"\(key)")
        }
        result.keys.append(before[i])
      } else {
        result.keys.append(EnumDefinition.Key(key: key, version: bump()))
      }
    }
    return .enumeration(result)
  }

  private func versioned(_ versions: JSON, _ fullName: String) throws(SchemaError) -> TypeDefinition.Kind {
    guard let list = versions.array else { throw .malformed("\(fullName): versions is not a list") }
    var result: [VersionDefinition] = []
    for item in list {
      result.append(
        VersionDefinition(
          type: try described(item, "type", fullName), map: item["map"] ?? .null, version: try item.version()))
    }
    return .versioned(result)
  }
}
