import CompactEncoding

/// The first pass of encoding: checks a value against its type and adds up its size.
///
/// The size of every frame is noted in the order in which frames begin, so that the second pass need not add it up
/// again: deep nesting would cost quadratic time.
struct MeasurePass {
  let schema: Schema
  let version: Int
  var size = Size()
  var frames: [Int] = []
  private var depth = 0

  init(schema: Schema, version: Int) {
    self.schema = schema
    self.version = version
  }

  mutating func root(_ root: Encoding.Root, _ value: Value) throws(EncodingError) {
    switch root {
    case .structure(let plan): try structure(plan, value)
    case .node(.structure(let index, _)): try structure(schema.structs[index], value)
    case .node(let node): try self.node(node, value)
    }
  }

  private mutating func node(_ node: Node, _ value: Value) throws(EncodingError) {
    switch node {
    case .primitive(let primitive): try primitive.measure(value, &size)
    case .structure(let index, framed: false): try structure(schema.structs[index], value)
    case .structure(let index, framed: true):
      let frame = frames.count
      frames.append(0)
      let start = size.count
      try structure(schema.structs[index], value)
      frames[frame] = size.count - start
      size.uint(UInt64(size.count - start))
    case .enumeration(let index): size.uint(try schema.enums[index].number(value))
    case .array(let element):
      guard case .array(let items) = value else { throw .typeMismatch(expected: "an array", found: value.kind) }
      size.uint(UInt64(items.count))
      try descend { (pass) throws(EncodingError) in
        for item in items { try pass.node(pass.schema.nodes[element], item) }
      }
    case .record(let key, let content):
      guard case .object(let record) = value else { throw .typeMismatch(expected: "an object", found: value.kind) }
      size.uint(UInt64(record.count))
      try descend { (pass) throws(EncodingError) in
        for (name, value) in record.members {
          try pass.node(pass.schema.nodes[key], pass.schema.key(name, pass.schema.nodes[key]))
          try pass.node(pass.schema.nodes[content], value)
        }
      }
    case .versioned(let index):
      let (number, choice) = try schema.versioned[index].choose(for: value)
      size.uint(number)
      try structure(schema.structs[choice.structure], value)
    case .external(let codec): try codec.measure(value, &size)
    }
  }

  private mutating func descend(
    _ body: (inout MeasurePass) throws(EncodingError) -> Void
  ) throws(EncodingError) {
    guard depth < maximumNesting else { throw .tooDeep(limit: maximumNesting) }
    depth += 1
    try body(&self)
    depth -= 1
  }

  private mutating func structure(
    _ plan: StructPlan, _ value: Value, isInline: Bool = false
  ) throws(EncodingError) {
    guard case .object(let record) = value else { throw .typeMismatch(expected: plan.name, found: value.kind) }
    guard depth < maximumNesting else { throw .tooDeep(limit: maximumNesting) }
    depth += 1
    let values = plan.arrange(record)
    if plan.flagsPosition >= 0, plan.writesFlags, !isInline {
      if let width = plan.flagsWidth { size.raw(width) } else { size.uint(plan.flags(values, schema, version)) }
    }
    for i in plan.fields.indices where !plan.fields[i].isExternal {
      do throws(EncodingError) {
        switch plan.fields[i].presence {
        case .always: try node(plan.fields[i].node, values[i])
        case .bit:
          if values[i].isTruthy, plan.fields[i].exists(at: version) { try node(plan.fields[i].node, values[i]) }
        case .flag, .bits: break
        case .inline(let structure, let presence, _):
          if presence == nil || (values[i].isTruthy && plan.fields[i].exists(at: version)) {
            try self.structure(schema.structs[structure], values[i], isInline: true)
          }
        }
      } catch {
        throw .field(plan.layout.names[i], error)
      }
    }
    depth -= 1
  }
}

extension Schema {
  /// The name of an object's member as a value of a key type.
  func key(_ name: String, _ node: Node) -> Value {
    if case .primitive(let primitive) = node, primitive.absent == 0, let number = Double(name) {
      return .number(number)
    }
    return .string(name)
  }
}

extension EnumPlan {
  /// The number that is written for a value.
  ///
  /// - Throws: ``EncodingError/unknownEnum(_:)`` for a number above the last or a text that is no key.
  func number(_ value: Value) throws(EncodingError) -> UInt64 {
    if strings {
      guard case .string(let key) = value, let index = indexes[key] else {
        throw .unknownEnum(value.string ?? value.kind)
      }
      return offset + UInt64(index)
    }
    guard let number = value.double else { throw .typeMismatch(expected: "the number of a key", found: value.kind) }
    guard number >= 0 else { throw .notPositive }
    guard let exact = value.unsigned, exact < offset + UInt64(keys.count) else { throw .unknownEnum("\(number)") }
    return exact
  }

  /// The value that a number stands for. Numbers are not checked; a number without a key's text is null.
  func value(_ number: UInt64) -> Value {
    guard strings else { return .unsigned(number) }
    guard number >= offset, number - offset < UInt64(keys.count) else { return .null }
    return .string(keys[Int(number - offset)])
  }
}

extension VersionedPlan {
  /// The version of a value, by default the last, and the struct that holds it.
  func choose(for value: Value) throws(EncodingError) -> (version: UInt64, choice: Case) {
    let given = value["version"]
    guard !given.isAbsent else {
      guard let last = cases.last else { throw .unsupportedVersion(0) }
      return (last.version, last)
    }
    guard let version = given.unsigned else {
      throw .typeMismatch(expected: "a version number", found: given.kind)
    }
    guard let choice = choose(version) else { throw .unsupportedVersion(version) }
    return (version, choice)
  }
}
