import CompactEncoding

extension SchemaCompiler {
  /// Lays out a struct; inline structs before their parents.
  mutating func plan(
    _ name: String, _ structure: StructDefinition, visiting: Set<String>
  ) throws(SchemaError) -> StructPlan {
    guard let index = structIndexes[name] else { throw .malformed("\(name) is not a struct") }
    if let plan = structs[index] { return plan }
    guard !visiting.contains(name) else { throw .malformed("\(name) contains itself inline") }
    guard visiting.count < maximumNesting else {
      throw .malformed("\(name): structs are inline in each other too deep")
    }
    var bits = 0
    var fields: [FieldPlan] = []
    for field in structure.fields {
      fields.append(try plan(field, of: name, &bits, visiting: visiting.union([name])))
    }
    // Above this the flags would not be a number that peers can hold.
    guard bits <= 53 else { throw SchemaError("Struct \(name): \(bits) flags are more than 53") }
    let first = structure.fields.firstIndex { $0.required != true }
    let always = first.map { i in
      structure.fields[..<i].allSatisfy { $0.version == structure.fields[i].version }
    }
    let fixed = structure.compact && dialect.hasFixedFlags
    let plan = StructPlan(
      name: name, fields: fields, layout: Record.Layout(structure.fields.map(\.name)),
      flagsPosition: structure.flagsPosition, bits: bits, flagsWidth: fixed ? max(1, (bits + 7) / 8) : nil,
      writesFlags: true, readsFlagsAlways: always ?? true)
    structs[index] = plan
    return plan
  }

  private mutating func plan(
    _ field: FieldDefinition, of name: String, _ bits: inout Int, visiting: Set<String>
  ) throws(SchemaError) -> FieldPlan {
    if field.record == true, dialect.refusesRecordFields {
      throw SchemaError("Record not supported as field. Use @example/my-record")
    }
    let isArray = field.array == true
    let noDefault = options.withoutDefault[name]?.contains(field.name) == true
    let required = field.required == true
    if !isArray, let width = bitWidth(ofType: field.type) {
      bits += width
      return FieldPlan(
        node: .primitive(.none), presence: .bits(bits - width, width: width), isRequired: false, isInline: false,
        version: field.version, absent: noDefault ? .undefined : 0)
    }
    var index = try node(named: field.type, visiting: [], context: field.name)
    if isArray {
      nodes.append(.array(index))
      index = nodes.count - 1
    }
    let node = nodes[index]
    if field.inline == true, dialect.checksLayout {
      return try inline(field, node, of: name, &bits, visiting: visiting)
    }
    var presence = FieldPlan.Presence.always
    if case .primitive(.bool) = node {
      presence = .flag(bits)
      bits += 1
    } else if !required {
      presence = .bit(bits)
      bits += 1
    }
    return FieldPlan(
      node: node, presence: presence, isRequired: required, isInline: false, version: field.version,
      absent: noDefault ? .undefined : absent(node))
  }

  private mutating func inline(
    _ field: FieldDefinition, _ node: Node, of name: String, _ bits: inout Int, visiting: Set<String>
  ) throws(SchemaError) -> FieldPlan {
    switch node {
    case .array: throw SchemaError("Arrays cannot be inlined")
    case .record: throw SchemaError("Records cannot be inlined")
    default: break
    }
    guard case .structure(let child, framed: false) = node, case .structure(let structure) = structTypes[child].kind
    else { throw SchemaError("Struct \(name): inline requires compact") }
    let childPlan = try plan(structTypes[child].fullName, structure, visiting: visiting)
    let required = field.required == true
    let presence = required ? nil : bits
    if !required { bits += 1 }
    let first = bits
    bits += childPlan.bits
    return FieldPlan(
      node: node, presence: .inline(structure: child, presence: presence, first: first), isRequired: required,
      isInline: true, version: field.version, absent: .null)
  }

  /// What an optional field of a type reads as when it was not written.
  private func absent(_ node: Node) -> Value {
    switch node {
    case .primitive(let primitive): primitive.absent
    case .enumeration(let index): enums[index].strings ? .null : 0
    default: .null
    }
  }
}
