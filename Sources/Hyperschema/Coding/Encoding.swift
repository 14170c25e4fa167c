public import CompactEncoding

/// How values of one type are written and read at one schema version.
public struct Encoding: Sendable {
  let schema: Schema
  let root: Root
  /// The schema version that is written and read.
  public let version: Int

  enum Root: Sendable {
    case node(Node)
    case structure(StructPlan)
  }

  /// The names of a struct's fields, nil for any other type. Records that share this layout are encoded fastest; all
  /// decoded records do.
  public var layout: Record.Layout? {
    switch root {
    case .structure(let plan): plan.layout
    case .node(.structure(let index, _)): schema.structs[index].layout
    case .node: nil
    }
  }

  /// The encoded bytes of a value, behind `prefix`.
  ///
  /// - Throws: ``EncodingError`` when the value does not fit the type.
  public func encode(_ value: Value, after prefix: [UInt8] = []) throws(EncodingError) -> [UInt8] {
    var measure = MeasurePass(schema: schema, version: version)
    try measure.root(root, value)
    var write = WritePass(schema: schema, version: version, frames: measure.frames)
    return Writer.bytes(count: prefix.count + measure.size.count) { writer in
      writer.raw(prefix)
      write.root(root, value, into: &writer)
    }
  }

  /// The value at the start of `bytes`. Trailing bytes are ignored.
  ///
  /// - Throws: ``DecodingError`` when the bytes are too few or break a rule.
  public func decode(_ bytes: [UInt8]) throws(DecodingError) -> Value {
    var reader = Reader(bytes.span.bytes)
    return try decode(from: &reader)
  }

  /// Reads a value and leaves the reader behind it. Allocates no more than the remaining bytes can fill, times the
  /// number of fields of a struct.
  public func decode(from reader: inout Reader) throws(DecodingError) -> Value {
    let pass = ReadPass(schema: schema, version: version)
    switch root {
    case .structure(let plan): return try pass.structure(plan, from: &reader, depth: 0)
    case .node(.structure(let index, _)):  // at the top nothing is framed
      return try pass.structure(schema.structs[index], from: &reader, depth: 0)
    case .node(let node): return try pass.node(node, from: &reader, depth: 0)
    }
  }
}

extension StructPlan {
  /// The values of the fields in order, whatever layout the record has.
  @inline(__always)
  func arrange(_ record: Record) -> [Value] {
    record.layout === layout ? record.values : layout.names.map { record[$0] }
  }

  /// The flags of a struct's values at a schema version.
  func flags(_ values: [Value], _ schema: Schema, _ version: Int) -> UInt64 {
    var flags: UInt64 = 0
    for i in fields.indices where !fields[i].isExternal {
      switch fields[i].presence {
      case .always: break
      case .bit(let bit), .flag(let bit):
        if values[i].isTruthy, fields[i].exists(at: version) { flags |= 1 << UInt64(bit) }
      case .bits(let first, let width):
        guard fields[i].exists(at: version) else { break }
        flags |= (values[i].bitPattern & (1 << UInt64(width) - 1)) << UInt64(first)
      case .inline(let structure, let presence, let first):
        if let presence {
          guard values[i].isTruthy, fields[i].exists(at: version) else { break }
          flags |= 1 << UInt64(presence)
        }
        guard case .object(let record) = values[i] else { break }
        let plan = schema.structs[structure]
        flags |= plan.flags(plan.arrange(record), schema, version) << UInt64(first)
      }
    }
    return flags
  }
}

extension Value {
  /// The low bits of a number as the reference's bit operators see it; 0 for what is no number.
  fileprivate var bitPattern: UInt64 {
    switch self {
    case .integer(let value): UInt64(bitPattern: value)
    case .bool(true): 1
    default: integer.map { UInt64(bitPattern: $0) } ?? 0
    }
  }
}
