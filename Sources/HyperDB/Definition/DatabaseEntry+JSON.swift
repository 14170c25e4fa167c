public import JSON

extension DatabaseEntry {
  /// An entry from its JSON form in a file.
  init(_ json: JSON) throws(DatabaseError) {
    let name = try json.text("name")
    let namespace = json["namespace"]?.string
    do throws(DatabaseError) {
      switch json["type"]?.integer {
      case 1: self.init(name: name, namespace: namespace, kind: .collection(try CollectionDefinition(json)))
      case 2: self.init(name: name, namespace: namespace, kind: .index(try IndexDefinition(json)))
      default: throw .malformed("type is neither 1 nor 2")
      }
    } catch {
      guard case .malformed(let what) = error else { throw error }
      throw .malformed("\(DatabaseEntry.fullName(name, in: namespace)): \(what)")
    }
    unsafe = json["unsafe"].flatMap { $0.isNull ? nil : $0 }
  }

  /// The entry as the file has it.
  public var json: JSON {
    var object = JSONObject([("name", JSON.string(name))])
    object["unsafe"] = unsafe
    object["namespace"] = namespace.map { .string($0) } ?? .null
    object["id"] = .integer(Int64(clamping: id))
    switch kind {
    case .collection(let collection): collection.write(to: &object)
    case .index(let index): index.write(to: &object)
    }
    return .object(object)
  }
}

extension CollectionDefinition {
  init(_ json: JSON) throws(DatabaseError) {
    self.init(
      version: json["version"] == nil ? nil : try json.count("version"), versionField: json["versionField"]?.string,
      indexes: try json.texts("indexes"), schema: try json.text("schema"), derived: json["derived"]?.bool ?? false,
      key: try json.texts("key"), trigger: json["trigger"] ?? .null)
  }

  func write(to object: inout JSONObject) {
    object["type"] = 1
    if let version {
      object["version"] = .integer(Int64(version))
      object["versionField"] = versionField.map { .string($0) } ?? .null
    }
    object["indexes"] = .array(indexes.map { .string($0) })
    object["schema"] = .string(schema)
    object["derived"] = .bool(derived)
    object["key"] = .array(key.map { .string($0) })
    object["trigger"] = trigger
  }
}

extension IndexDefinition {
  init(_ json: JSON) throws(DatabaseError) {
    let key: IndexKey
    if case .array? = json["key"] {
      key = .fields(try json.texts("key"))
    } else {
      guard let type = json["key"]?["type"], let map = json["key"]?["map"] else {
        throw .malformed("key is neither a list nor a type and a map")
      }
      key = .mapped(type: type, map: map)
    }
    self.init(
      version: json["version"] == nil ? nil : try json.count("version"), collection: try json.text("collection"),
      unique: json["unique"]?.bool ?? false, deprecated: json["deprecated"]?.bool, key: key)
  }

  func write(to object: inout JSONObject) {
    object["type"] = 2
    object["version"] = version.map { .integer(Int64($0)) }
    object["collection"] = .string(collection)
    object["unique"] = .bool(unique)
    object["deprecated"] = deprecated.map { .bool($0) }
    switch key {
    case .fields(let paths): object["key"] = .array(paths.map { .string($0) })
    case .mapped(let type, let map): object["key"] = ["type": type, "map": map]
    }
  }
}
