import JSON

extension SchemaBuilder {
  /// A struct from its description, next to the one that the schema has.
  mutating func structure(
    _ json: JSON, _ fullName: String, _ previous: TypeDefinition.Kind?
  ) throws(SchemaError) -> StructDefinition {
    guard json["name"]?.string != nil else { throw Self.missing("name", fullName) }
    guard let list = json["fields"]?.array else { throw Self.missing("fields", fullName) }
    var before: StructDefinition?
    if let previous {
      guard case .structure(let definition) = previous else {
        throw SchemaError("Previous declaration was not a struct")
      }
      before = definition
    }
    let compact = json["compact"]?.bool ?? false
    let old = before?.fields ?? []
    guard list.count >= old.count else { throw SchemaError("A field was removed: \(fullName)") }
    guard !compact || before == nil || list.count == old.count else {
      throw SchemaError("A compact struct was expanded: \(fullName)")
    }
    if before == nil { _ = bump() }
    var fields: [FieldDefinition] = []
    for (i, item) in list.enumerated() {
      fields.append(try field(item, fullName, i < old.count ? old[i] : nil))
    }
    return StructDefinition(
      compact: compact, flagsPosition: try flagsPosition(json, fields, fullName), fields: fields)
  }

  private mutating func field(
    _ json: JSON, _ fullName: String, _ previous: FieldDefinition?
  ) throws(SchemaError) -> FieldDefinition {
    var field = FieldDefinition(
      name: try described(json, "name", fullName), required: json["required"]?.bool, array: json["array"]?.bool,
      record: json["record"]?.bool, inline: dialect.checksLayout ? json["inline"]?.bool : nil,
      type: try described(json, "type", fullName), version: 0)
    if field.record == true, dialect.refusesRecordFields {
      throw SchemaError("Record not supported as field. Use @example/my-record")
    }
    let isBits = field.type == "bool" || bitWidth(ofType: field.type) != nil
    if field.required == true, isBits, field.array != true { field.required = false }  // bits are always there
    guard let previous else {
      field.version = bump()
      return field
    }
    guard field.type == previous.type else { throw SchemaError("Field was modified: \(fullName)/\(field.name)") }
    guard field.required == previous.required else {
      throw SchemaError("A required field must always stay required: \(fullName)/\(field.name)")
    }
    field.version = previous.version
    return field
  }

  private func flagsPosition(
    _ json: JSON, _ fields: [FieldDefinition], _ fullName: String
  ) throws(SchemaError) -> Int {
    let position = try json.small("flagsPosition") ?? StructDefinition.defaultFlagsPosition(fields)
    guard position < max(fields.count, 1) else {
      throw .malformed("\(fullName): flagsPosition \(position) is no field")
    }
    if dialect.checksLayout, let first = fields.firstIndex(where: { $0.required != true }), position > first {
      throw SchemaError(
        "Struct \(fullName): flagsPosition (\(position)) must be before optional fields (max \(first))")
    }
    return position
  }
}
