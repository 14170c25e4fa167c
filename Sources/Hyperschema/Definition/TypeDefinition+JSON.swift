public import JSON

extension TypeDefinition {
  /// A type from its JSON form in a file.
  init(_ json: JSON) throws(SchemaError) {
    guard let name = json["name"]?.string else { throw .malformed("a type has no name") }
    let namespace = json["namespace"]?.string
    let fullName = Self.fullName(name, in: namespace)
    do {
      self.init(name: name, namespace: namespace, kind: try Kind(json))
    } catch {
      throw .malformed("\(fullName): \(error.description)")
    }
  }

  /// The type as the file has it.
  public var json: JSON {
    var object = JSONObject([("name", .string(name)), ("namespace", namespace.map { .string($0) } ?? .null)])
    switch kind {
    case .alias(let target, let version):
      object["alias"] = .string(target)
      object["version"] = .integer(Int64(version))
    case .enumeration(let definition):
      object["offset"] = .integer(Int64(definition.offset))
      object["enum"] = .array(
        definition.keys.map { ["key": .string($0.key), "version": .integer(Int64($0.version))] })
      object["strings"] = definition.strings.map { .bool($0) }
    case .array(let element):
      object["array"] = true
      object["type"] = .string(element)
    case .record(let key, let value):
      object["record"] = true
      object["key"] = .string(key)
      object["value"] = .string(value)
    case .external(let name): object["external"] = name
    case .versioned(let versions):
      object["versions"] = .array(
        versions.map { ["type": .string($0.type), "map": $0.map, "version": .integer(Int64($0.version))] })
    case .structure(let definition):
      object["compact"] = .bool(definition.compact)
      object["flagsPosition"] = .integer(Int64(definition.flagsPosition))
      object["fields"] = .array(definition.fields.map(\.json))
    }
    return .object(object)
  }
}

extension TypeDefinition.Kind {
  /// The kind that a type's members show: the first that fits.
  init(_ json: JSON) throws(SchemaError) {
    if json["alias"]?.truthy != nil {
      self = .alias(target: try json.text("alias"), version: try json.version())
    } else if let keys = json["enum"]?.truthy {
      self = .enumeration(try EnumDefinition(keys, json))
    } else if json["array"]?.truthy != nil {
      self = .array(element: try json.text("type"))
    } else if json["record"]?.truthy != nil {
      self = .record(key: try json.text("key"), value: try json.text("value"))
    } else if let name = json["external"]?.truthy {
      self = .external(name)
    } else if let versions = json["versions"]?.truthy {
      var list: [VersionDefinition] = []
      for version in try versions.list("versions") {
        list.append(
          VersionDefinition(
            type: try version.text("type"), map: version["map"] ?? .null, version: try version.version()))
      }
      self = .versioned(list)
    } else {
      self = .structure(try StructDefinition(json))
    }
  }
}

extension EnumDefinition {
  init(_ keys: JSON, _ json: JSON) throws(SchemaError) {
    var list: [Key] = []
    for key in try keys.list("enum") { list.append(Key(key: try key.text("key"), version: try key.version())) }
    self.init(offset: try json.small("offset") ?? 1, keys: list, strings: json["strings"]?.bool)
  }
}

extension StructDefinition {
  init(_ json: JSON) throws(SchemaError) {
    guard let list = json["fields"]?.array else { throw SchemaError("fields is not a list") }
    var fields: [FieldDefinition] = []
    for field in list { fields.append(try FieldDefinition(field)) }
    let position = try json.small("flagsPosition") ?? Self.defaultFlagsPosition(fields)
    guard (-1..<max(fields.count, 1)).contains(position) else {
      throw SchemaError("flagsPosition \(position) is out of range")
    }
    self.init(compact: json["compact"]?.bool ?? false, flagsPosition: position, fields: fields)
  }

  /// The index of the first optional or inline field, −1 when there is none.
  static func defaultFlagsPosition(_ fields: [FieldDefinition]) -> Int {
    fields.firstIndex { $0.required != true || $0.inline == true } ?? -1
  }
}

extension FieldDefinition {
  init(_ json: JSON) throws(SchemaError) {
    self.init(
      name: try json.text("name"), required: json["required"]?.bool, array: json["array"]?.bool,
      record: json["record"]?.bool, inline: json["inline"]?.bool, type: try json.text("type"),
      version: try json.version())
  }

  /// The field as the file has it.
  var json: JSON {
    var object = JSONObject([("name", .string(name))])
    object["required"] = required.map { .bool($0) }
    object["array"] = array.map { .bool($0) }
    object["record"] = record.map { .bool($0) }
    object["inline"] = inline.map { .bool($0) }
    object["type"] = .string(type)
    object["version"] = .integer(Int64(version))
    return .object(object)
  }
}

extension JSON {
  /// The value, unless it is one that the reference's language counts as false.
  var truthy: JSON? {
    switch self {
    case .null, .bool(false), .integer(0), .string(""): nil
    default: self
    }
  }

  func text(_ name: String) throws(SchemaError) -> String {
    guard let text = self[name]?.string else { throw SchemaError("\(name) is not a text") }
    return text
  }

  func list(_ name: String) throws(SchemaError) -> [JSON] {
    guard let list = array else { throw SchemaError("\(name) is not a list") }
    return list
  }

  /// A number from −1 to 2^31 − 1, or nil when the member is missing.
  func small(_ name: String) throws(SchemaError) -> Int? {
    guard let value = self[name] else { return nil }
    guard let number = value.integer, (-1...Int64(Int32.max)).contains(number) else {
      throw SchemaError("\(name) is not a number from -1 to \(Int32.max)")
    }
    return Int(number)
  }

  func version() throws(SchemaError) -> Int {
    guard let version = try small("version") else { throw SchemaError("version is missing") }
    return version
  }
}
