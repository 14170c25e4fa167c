import CompactEncoding

/// Decoding of a value.
struct ReadPass {
  let schema: Schema
  let version: Int

  func node(_ node: Node, from reader: inout Reader, depth: Int) throws(DecodingError) -> Value {
    switch node {
    case .primitive(let primitive): return try primitive.decode(from: &reader)
    case .structure(let index, framed: false):
      return try structure(schema.structs[index], from: &reader, depth: depth)
    case .structure(let index, framed: true):
      var frame = try reader.frameReader()
      return try structure(schema.structs[index], from: &frame, depth: depth)
    case .enumeration(let index): return schema.enums[index].value(try reader.uint())
    case .array(let element):
      try checkNesting(depth)
      let element = schema.nodes[element]
      let minimumSize = schema.minimumSize(element)
      let count = minimumSize > 0 ? try reader.count(minimumSize: minimumSize) : try reader.countOfEmptyItems()
      var items: [Value] = []
      items.reserveCapacity(count)
      for _ in 0..<count {
        let start = reader.position
        items.append(try self.node(element, from: &reader, depth: depth + 1))
        if reader.position == start { try reader.countEmptyItem() }
      }
      return .array(items)
    case .record(let key, let content):
      try checkNesting(depth)
      let (key, content) = (schema.nodes[key], schema.nodes[content])
      let count = try reader.count(minimumSize: max(1, schema.minimumSize(key) + schema.minimumSize(content)))
      var members: [(String, Value)] = []
      members.reserveCapacity(count)
      for _ in 0..<count {
        let name = try self.node(key, from: &reader, depth: depth + 1).memberName
        members.append((name, try self.node(content, from: &reader, depth: depth + 1)))
      }
      return .object(members)
    case .versioned(let index):
      let number = try reader.uint()
      guard let choice = schema.versioned[index].choose(number) else {
        throw .invalid("Unsupported version: \(number)")
      }
      return try versioned(choice, number, from: &reader, depth: depth)
    case .external(let codec): return try codec.decode(from: &reader)
    }
  }

  @inline(__always)
  private func checkNesting(_ depth: Int) throws(DecodingError) {
    guard depth < maximumNesting else { throw .invalid("Value is nested deeper than \(maximumNesting) levels") }
  }

  private func versioned(
    _ choice: VersionedPlan.Case, _ number: UInt64, from reader: inout Reader, depth: Int
  ) throws(DecodingError) -> Value {
    let plan = schema.structs[choice.structure]
    let value = try structure(plan, from: &reader, depth: depth)
    guard case .object(let record) = value else { return value }
    let result: Value =
      choice.hidesVersion
      ? .object([("version", .unsigned(number))] + Array(record.members))
      : .object(Record(layout: choice.layout, values: [.unsigned(number)] + record.values))
    return choice.map?(result) ?? result
  }

  /// Reads a struct.
  ///
  /// - Parameter inlineFlags: the flags when they lie in the parent, shifted to bit 0.
  func structure(
    _ plan: StructPlan, from reader: inout Reader, depth: Int, inlineFlags: UInt64? = nil
  ) throws(DecodingError) -> Value {
    try checkNesting(depth)
    var flags = inlineFlags ?? 0
    var values: [Value] = []
    values.reserveCapacity(plan.fields.count)
    for i in plan.fields.indices {
      if i == plan.flagsPosition, inlineFlags == nil, plan.readsFlagsAlways || reader.remaining > 0 {
        if let width = plan.flagsWidth {
          flags = try reader.uint(width: width)
        } else {
          flags = try reader.uintUnchecked()
        }
      }
      if plan.fields[i].isExternal {
        values.append(.null)
        continue
      }
      values.append(try field(plan, i, flags, from: &reader, depth: depth))
    }
    return .object(Record(layout: plan.layout, values: values))
  }

  @inline(__always)
  private func field(
    _ plan: StructPlan, _ i: Int, _ flags: UInt64, from reader: inout Reader, depth: Int
  ) throws(DecodingError) -> Value {
    func isSet(_ bit: Int) -> Bool { flags >> UInt64(bit) & 1 == 1 && plan.fields[i].exists(at: version) }
    switch plan.fields[i].presence {
    case .always: return try node(plan.fields[i].node, from: &reader, depth: depth + 1)
    case .bit(let bit):
      return isSet(bit) ? try node(plan.fields[i].node, from: &reader, depth: depth + 1) : plan.fields[i].absent
    case .flag(let bit): return isSet(bit) ? true : plan.fields[i].absent
    case .bits(let first, let width):
      guard plan.fields[i].exists(at: version) else { return plan.fields[i].absent }
      return .unsigned(flags >> UInt64(first) & (1 << UInt64(width) - 1))
    case .inline(let child, let presence, let first):
      if let presence, !isSet(presence) { return plan.fields[i].absent }
      return try structure(
        schema.structs[child], from: &reader, depth: depth + 1, inlineFlags: flags >> UInt64(first))
    }
  }
}

extension Schema {
  /// The fewest bytes that a value takes, as far as it is known without following structs.
  func minimumSize(_ node: Node) -> Int {
    switch node {
    case .primitive(let primitive): primitive.minimumSize
    case .structure(_, framed: true), .enumeration, .array, .record, .versioned: 1
    case .structure(let index, framed: false):
      structs[index].fields.reduce(0) { sum, field in
        guard case .always = field.presence, case .primitive(let primitive) = field.node else { return sum }
        return sum + primitive.minimumSize
      }
    case .external(let codec): codec.minimumSize
    }
  }
}
