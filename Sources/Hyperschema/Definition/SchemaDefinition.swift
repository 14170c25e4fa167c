public import JSON

/// The content of a `schema.json`.
public struct SchemaDefinition: Sendable, Hashable {
  /// The version of the schema: 0 when empty.
  public var version: Int
  /// The types in the order of their registration.
  public var types: [TypeDefinition]
  /// The list of namespaces as the file has it; nil when it has none.
  public var namespaces: JSON?

  /// An empty schema, or one with the given content.
  public init(version: Int = 0, types: [TypeDefinition] = [], namespaces: JSON? = nil) {
    self.version = version
    self.types = types
    self.namespaces = namespaces
  }

  /// The content of a parsed file.
  ///
  /// - Throws: ``SchemaError`` naming the member that does not fit.
  public init(_ json: JSON) throws(SchemaError) {
    guard let version = json["version"]?.integer, let types = json["schema"]?.array else {
      throw .malformed("it has no version and list of types")
    }
    guard (0...Int64(Int32.max)).contains(version) else { throw .malformed("version \(version) is out of range") }
    self.init(version: Int(version), namespaces: json["namespaces"])
    for type in types { self.types.append(try TypeDefinition(type)) }
  }

  /// The file's content as a JSON value, members in the reference's order.
  public var json: JSON {
    var object = JSONObject([("version", .integer(Int64(version))), ("schema", .array(types.map(\.json)))])
    if let namespaces { object["namespaces"] = namespaces }
    return .object(object)
  }

  /// The text of the file, as the given release writes it: indented by two spaces, with a final newline since 1.15.
  public func text(_ dialect: Dialect = .current) -> String {
    json.text(indentation: 2) + (dialect.endsInNewline ? "\n" : "")
  }
}
