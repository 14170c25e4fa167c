import CompactEncoding

/// The second pass of encoding: writes a value that ``MeasurePass`` has accepted.
struct WritePass {
  let schema: Schema
  let version: Int
  let frames: [Int]
  private var frame = 0

  init(schema: Schema, version: Int, frames: [Int]) {
    self.schema = schema
    self.version = version
    self.frames = frames
  }

  mutating func root(_ root: Encoding.Root, _ value: Value, into writer: inout Writer) {
    switch root {
    case .structure(let plan): structure(plan, value, into: &writer)
    case .node(.structure(let index, _)): structure(schema.structs[index], value, into: &writer)
    case .node(let node): self.node(node, value, into: &writer)
    }
  }

  private mutating func node(_ node: Node, _ value: Value, into writer: inout Writer) {
    switch (node, value) {
    case (.primitive(let primitive), _): primitive.encode(value, into: &writer)
    case (.structure(let index, let framed), _):
      if framed {
        writer.uint(UInt64(frames[frame]))
        frame += 1
      }
      structure(schema.structs[index], value, into: &writer)
    case (.enumeration(let index), _):
      writer.uint(checked { () throws(EncodingError) in try schema.enums[index].number(value) })
    case (.array(let element), .array(let items)):
      writer.uint(UInt64(items.count))
      for item in items { self.node(schema.nodes[element], item, into: &writer) }
    case (.record(let key, let content), .object(let record)):
      writer.uint(UInt64(record.count))
      for (name, value) in record.members {
        self.node(schema.nodes[key], schema.key(name, schema.nodes[key]), into: &writer)
        self.node(schema.nodes[content], value, into: &writer)
      }
    case (.versioned(let index), _):
      let (number, choice) = checked { () throws(EncodingError) in try schema.versioned[index].choose(for: value) }
      writer.uint(number)
      structure(schema.structs[choice.structure], value, into: &writer)
    case (.external(let codec), _): codec.encode(value, into: &writer)
    case (.array, _), (.record, _): preconditionFailure("encoding a value that was not measured")
    }
  }

  private func checked<T>(_ body: () throws(EncodingError) -> T) -> T {
    do { return try body() } catch { preconditionFailure("encoding a value that was not measured: \(error)") }
  }

  private mutating func structure(
    _ plan: StructPlan, _ value: Value, into writer: inout Writer, isInline: Bool = false
  ) {
    guard case .object(let record) = value else { preconditionFailure("encoding a value that was not measured") }
    let values = plan.arrange(record)
    for i in plan.fields.indices where !plan.fields[i].isExternal {
      if i == plan.flagsPosition, !isInline {
        let flags = plan.flags(values, schema, version)
        if let width = plan.flagsWidth { writer.uint(flags, width: width) } else { writer.uint(flags) }
      }
      switch plan.fields[i].presence {
      case .always: node(plan.fields[i].node, values[i], into: &writer)
      case .bit:
        if values[i].isTruthy, plan.fields[i].exists(at: version) {
          node(plan.fields[i].node, values[i], into: &writer)
        }
      case .flag, .bits: break
      case .inline(let child, let presence, _):
        if presence == nil || (values[i].isTruthy && plan.fields[i].exists(at: version)) {
          structure(schema.structs[child], values[i], into: &writer, isInline: true)
        }
      }
    }
  }
}
