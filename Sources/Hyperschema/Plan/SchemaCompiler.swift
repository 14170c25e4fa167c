import CompactEncoding
import JSON

/// Resolves the names of a schema and lays out its structs.
struct SchemaCompiler {
  let definition: SchemaDefinition
  let dialect: Dialect
  let options: SchemaOptions
  var structs: [StructPlan?] = []
  var enums: [EnumPlan] = []
  var versioned: [VersionedPlan] = []
  var nodes: [Node] = []
  var names: [String: Int] = [:]
  /// The index among ``structs`` of each struct, by full name.
  var structIndexes: [String: Int] = [:]
  /// The declarations of the structs, by index.
  var structTypes: [TypeDefinition] = []
  private var depth = 0
  private var types: [String: TypeDefinition] = [:]

  init(_ definition: SchemaDefinition, _ dialect: Dialect, _ options: SchemaOptions) throws(SchemaError) {
    self.definition = definition
    self.dialect = dialect
    self.options = options
    for type in definition.types {
      guard types.updateValue(type, forKey: type.fullName) == nil else {
        throw .malformed("\(type.fullName) is declared twice")
      }
    }
  }

  mutating func compile() throws(SchemaError) {
    // Structs and enums first: everything else refers to them by index.
    for type in definition.types {
      switch type.kind {
      case .structure(let structure):
        guard Set(structure.fields.map(\.name)).count == structure.fields.count else {
          throw .malformed("\(type.fullName) has two fields of one name")
        }
        structIndexes[type.fullName] = structs.count
        structs.append(nil)
        structTypes.append(type)
      default: break
      }
    }
    for type in definition.types { _ = try node(named: type.fullName, visiting: [], context: type.name) }
    for type in definition.types {
      if case .structure(let structure) = type.kind {
        _ = try plan(type.fullName, structure, visiting: [])
      }
    }
    var widths = [Int?](repeating: nil, count: structs.count)
    for index in structs.indices {
      guard width(of: index, depth: 0, &widths) <= Self.maximumWidth else {
        throw .malformed(
          "\(structTypes[index].fullName) has more than \(Self.maximumWidth) fields, those inside counted")
      }
    }
  }

  /// The most fields of a struct, those of the structs that it always contains counted. Structs that contain the next
  /// one twice would otherwise make a record of 2^n fields out of no bytes.
  private static let maximumWidth = 1 << 16

  /// The fields that reading a struct makes, however few its bytes are; more than the limit counts as one more than it.
  private func width(of index: Int, depth: Int, _ widths: inout [Int?]) -> Int {
    if let known = widths[index] { return known }
    // What nests deeper is refused when it is read.
    guard let plan = structs[index], depth < maximumNesting else { return 1 }
    widths[index] = 1  // for a struct that contains itself, which cannot be read either
    var width = 1
    for field in plan.fields {
      switch (field.presence, field.node) {
      case (.inline(let child, _, _), _), (.always, .structure(let child, framed: false)):
        width += self.width(of: child, depth: depth + 1, &widths)
      default: width += 1
      }
      if width > Self.maximumWidth { break }
    }
    widths[index] = min(width, Self.maximumWidth + 1)
    return min(width, Self.maximumWidth + 1)
  }

  /// The position of the node of a type; makes it at the first use.
  mutating func node(named name: String, visiting: Set<String>, context: String) throws(SchemaError) -> Int {
    if let index = names[name] { return index }
    guard depth < maximumNesting else { throw .malformed("\(name): types refer to each other too deep") }
    depth += 1
    defer { depth -= 1 }
    if bitWidth(ofType: name) != nil { throw SchemaError("\(name) can only be a field of a struct: \(context)") }
    guard let type = types[name] else {
      guard let primitive = Primitive(schemaName: name) else {
        throw SchemaError("Cannot resolve field type \(name) in \(context)")
      }
      nodes.append(.primitive(primitive.adapted(to: dialect)))
      names[name] = nodes.count - 1
      return nodes.count - 1
    }
    if case .alias(let target, _) = type.kind {
      guard !visiting.contains(name) else { throw .malformed("alias \(name) refers to itself") }
      guard types[target] != nil || Primitive(schemaName: target) != nil else {
        throw SchemaError("Cannot resolve alias target \(target) in \(type.name)")
      }
      let index = try node(named: target, visiting: visiting.union([name]), context: type.name)
      names[name] = index
      return index
    }
    let index = nodes.count
    nodes.append(.primitive(.none))  // a place for types that contain themselves
    names[name] = index
    nodes[index] = try make(type)
    return index
  }

  private mutating func make(_ type: TypeDefinition) throws(SchemaError) -> Node {
    switch type.kind {
    case .alias, .structure:
      guard case .structure(let structure) = type.kind, let index = structIndexes[type.fullName] else {
        throw .malformed("\(type.fullName) has no place")
      }
      return .structure(index, framed: !structure.compact)
    case .enumeration(let keys):
      enums.append(EnumPlan(keys))
      return .enumeration(enums.count - 1)
    case .array(let element):
      return .array(try node(named: element, visiting: [], context: type.name))
    case .record(let key, let value):
      let key = try node(named: key, visiting: [], context: type.name)
      return .record(key: key, value: try bare(value, context: type.name))
    case .external:
      guard let codec = options.externals[type.fullName] else {
        throw SchemaError("External encoding is not given: \(type.fullName)")
      }
      return .external(codec)
    case .versioned(let versions): return try make(versions, type)
    }
  }

  /// The node of a type as records hold it: without a frame.
  private mutating func bare(_ name: String, context: String) throws(SchemaError) -> Int {
    let index = try node(named: name, visiting: [], context: context)
    guard case .structure(let structure, framed: true) = nodes[index] else { return index }
    nodes.append(.structure(structure, framed: false))
    return nodes.count - 1
  }

  private mutating func make(_ versions: [VersionDefinition], _ type: TypeDefinition) throws(SchemaError) -> Node {
    var cases: [VersionedPlan.Case] = []
    for version in versions {
      let index = try node(named: version.type, visiting: [], context: type.name)
      guard case .structure(let structure, _) = nodes[index], case .structure(let fields)? = types[version.type]?.kind
      else { throw .malformed("\(type.fullName): \(version.type) is not a struct") }
      guard version.version >= Int(cases.last?.version ?? 0) else {
        throw .malformed("\(type.fullName): versions are not ascending")
      }
      let names = fields.fields.map(\.name)
      let hidden = names.contains("version")
      cases.append(
        VersionedPlan.Case(
          version: UInt64(version.version), structure: structure,
          layout: Record.Layout(["version"] + names.filter { $0 != "version" }), hidesVersion: hidden,
          map: try map(version, type)))
    }
    versioned.append(VersionedPlan(cases: cases))
    return .versioned(versioned.count - 1)
  }

  private func map(
    _ version: VersionDefinition, _ type: TypeDefinition
  ) throws(SchemaError) -> (
    @Sendable (Value) ->
      Value
  )? {
    guard let name = version.map.string else { return nil }
    guard let map = options.maps[name] else { throw SchemaError("Map is not given: \(name) of \(type.fullName)") }
    return map
  }
}
