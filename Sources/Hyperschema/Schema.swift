public import CompactEncoding
public import JSON

/// A schema, compiled once and then used to encode and decode any number of values.
public final class Schema: Sendable {
  /// What the schema was compiled from.
  public let definition: SchemaDefinition
  /// The releases of the reference whose bytes are written.
  public let dialect: Dialect

  let structs: [StructPlan]
  let enums: [EnumPlan]
  let versioned: [VersionedPlan]
  let nodes: [Node]
  /// The node of each type by full name.
  let names: [String: Int]

  /// Compiles a schema.
  ///
  /// - Parameters:
  ///   - dialect: the releases of the reference whose bytes to write.
  ///   - options: what the file does not hold.
  /// - Throws: ``SchemaError`` when a name does not resolve or a struct cannot be laid out.
  public init(
    _ definition: SchemaDefinition, dialect: Dialect = .current, options: SchemaOptions = SchemaOptions()
  ) throws(SchemaError) {
    var compiler = try SchemaCompiler(definition, dialect, options)
    try compiler.compile()
    self.definition = definition
    self.dialect = dialect
    structs = compiler.structs.compactMap(\.self)
    enums = compiler.enums
    versioned = compiler.versioned
    nodes = compiler.nodes
    names = compiler.names
  }

  /// Compiles the schema of a parsed file.
  public convenience init(
    _ json: JSON, dialect: Dialect = .current, options: SchemaOptions = SchemaOptions()
  ) throws(SchemaError) {
    try self.init(SchemaDefinition(json), dialect: dialect, options: options)
  }

  /// The version of the schema.
  public var version: Int { definition.version }
}

/// What code adds to a schema and `schema.json` does not hold.
public struct SchemaOptions: Sendable {
  /// Types made by code, by full name.
  public var externals: [String: Codec]
  /// Functions that map what a versioned type reads, by the name that its version gives.
  public var maps: [String: @Sendable (Value) -> Value]
  /// Fields without default: the names of fields by the full name of their struct. They read as undefined when they
  /// were not written.
  public var withoutDefault: [String: Set<String>]

  /// Options; by default none.
  public init(
    externals: [String: Codec] = [:], maps: [String: @Sendable (Value) -> Value] = [:],
    withoutDefault: [String: Set<String>] = [:]
  ) {
    self.externals = externals
    self.maps = maps
    self.withoutDefault = withoutDefault
  }
}

extension Schema {
  /// The encoding of a type or a primitive.
  ///
  /// - Parameters:
  ///   - name: a full name.
  ///   - version: the schema version to read and write; by default that of the schema.
  /// - Throws: ``SchemaError`` "Encoder not found" for an unknown name.
  public func encoding(_ name: String, version: Int? = nil) throws(SchemaError) -> Encoding {
    Encoding(schema: self, root: .node(try node(name)), version: version ?? self.version)
  }

  /// The encoding of a struct without the fields that are stored elsewhere, such as a record's key in a database. They
  /// are not written, and read as null.
  ///
  /// - Throws: ``SchemaError`` when the type is no struct.
  public func encoding(_ name: String, external: Set<String>, version: Int? = nil) throws(SchemaError) -> Encoding {
    guard case .structure(let index, _) = try node(name) else { throw SchemaError("\(name) is not a struct") }
    let plan = structs[index]
    // Without external fields the struct is written as it is.
    let stripped = plan.layout.names.contains { external.contains($0) } ? plan.derived(external: external) : plan
    return Encoding(schema: self, root: .structure(stripped), version: version ?? self.version)
  }

  /// The keys of an enum with their values.
  ///
  /// - Throws: ``SchemaError`` "Enum not found" for an unknown name.
  public func enumeration(_ name: String) throws(SchemaError) -> [(key: String, value: Value)] {
    guard let index = names[name], case .enumeration(let plan) = nodes[index] else {
      throw SchemaError("Enum not found \(name)")
    }
    let keys = enums[plan].keys
    guard !enums[plan].strings else { return keys.map { ($0, .string($0)) } }
    return keys.enumerated().map { ($1, .integer(Int64(enums[plan].offset) + Int64($0))) }
  }

  /// The encoded bytes of a value of a type.
  ///
  /// - Throws: ``SchemaError`` for an unknown type, ``EncodingError`` when the value does not fit it.
  public func encode(_ name: String, _ value: Value, version: Int? = nil) throws -> [UInt8] {
    try encoding(name, version: version).encode(value)
  }

  /// The value of a type at the start of `bytes`. Trailing bytes are ignored.
  ///
  /// - Throws: ``SchemaError`` for an unknown type, ``DecodingError`` when the bytes are too few or break a rule.
  public func decode(_ name: String, _ bytes: [UInt8], version: Int? = nil) throws -> Value {
    try encoding(name, version: version).decode(bytes)
  }

  private func node(_ name: String) throws(SchemaError) -> Node {
    if let index = names[name] { return nodes[index] }
    guard let primitive = Primitive(schemaName: name) else { throw SchemaError("Encoder not found \(name)") }
    return .primitive(primitive.adapted(to: dialect))
  }
}

extension Primitive {
  /// The primitives that schemas can name; `uint1` … `uint7` exist only as bits of a struct.
  static let schemaTypes: Set<Primitive> = [
    .uint, .uint8, .uint16, .uint24, .uint32, .uint40, .uint48, .uint56, .uint64, .int, .int8, .int16, .int24, .int32,
    .int40, .int48, .int56, .int64, .float32, .float64, .port, .lexint, .string, .utf8, .ascii, .hex, .bigint,
    .biguint64, .bigint64, .fixed32, .fixed64, .buffer, .optionalBuffer, .date, .bool, .ip, .ipv4, .ipv6, .ipAddress,
    .ipv4Address, .ipv6Address, .none, .raw, .json,
  ]

  /// The primitive that a schema means by a name.
  init?(schemaName name: String) {
    guard let primitive = Primitive(rawValue: name), Self.schemaTypes.contains(primitive) else { return nil }
    self = primitive
  }

  func adapted(to dialect: Dialect) -> Primitive {
    self == .buffer && dialect.hasNullableBuffers ? .optionalBuffer : self
  }
}

/// The width of `uint1` … `uint7`, nil for every other type.
func bitWidth(ofType name: String) -> Int? {
  guard name.utf8.count == 5, name.hasPrefix("uint"), let width = Int(name.dropFirst(4)), (1...7).contains(width) else {
    return nil
  }
  return width
}
