import CompactEncoding
import IndexEncoder

/// The key of a collection or index: a number, then fields.
struct KeyPlan: Sendable {
  let id: UInt64
  let fields: [Field]

  /// A field of a key. The path is nil for the value that a map returned as it is.
  struct Field: Sendable {
    let path: FieldPath?
    let type: IndexType
  }

  /// The key of a record.
  ///
  /// - Parameter values: the values of the record in the order of its struct.
  @inline(__always)
  func encode(_ values: [Value]) throws(IndexError) -> [UInt8] {
    var key = IndexKeyWriter(prefix: id, capacity: 64)
    for field in fields {
      guard let path = field.path else { continue }
      try key.append(path.value(in: values), as: field.type)
    }
    return key.bytes
  }

  /// The key that a query names.
  func encode(query: Value) throws(IndexError) -> [UInt8] {
    var key = IndexKeyWriter(prefix: id, capacity: 64)
    for field in fields { try key.append(field.value(in: query), as: field.type) }
    return key.bytes
  }

  /// The range of keys that lie between partial records.
  ///
  /// - Parameter count: how many of the first fields a bound may name; by default all.
  func encode(range: Bounds<Value>, naming count: Int? = nil) throws(IndexError) -> KeyRange {
    let fields = fields.prefix(count ?? fields.count)
    var result = KeyRange()
    if let bound = range.gt { result.gt = try encode(bound: bound, fields, isClosed: true) }
    if let bound = range.gte { result.gte = try encode(bound: bound, fields, isClosed: false) }
    if let bound = range.lt { result.lt = try encode(bound: bound, fields, isClosed: false) }
    if let bound = range.lte { result.lte = try encode(bound: bound, fields, isClosed: true) }
    IndexEncoder([], prefix: id).confine(&result)
    return result
  }

  /// Fields up to the first that is not given; a short key that closes a range gets `ff` behind it.
  private func encode(
    bound: Value, _ named: ArraySlice<Field>, isClosed: Bool
  ) throws(IndexError) -> [UInt8] {
    var key = IndexKeyWriter(prefix: id, capacity: 64)
    var count = 0
    for field in named {
      let value = field.value(in: bound)
      if case .undefined = value { break }
      try key.append(value, as: field.type)
      count += 1
    }
    if isClosed, count < fields.count { key.bytes.append(0xff) }
    return key.bytes
  }

  /// The values of a stored key's fields.
  func decode(_ key: [UInt8]) throws(IndexError) -> [Value] {
    var reader = IndexKeyReader(key)
    _ = try reader.uint()
    var values: [Value] = []
    values.reserveCapacity(fields.count)
    for field in fields { values.append(try reader.dynamicValue(of: field.type)) }
    return values
  }
}

extension KeyPlan.Field {
  func value(in query: Value) -> Value { path.map { $0.value(in: query) } ?? query }
}

extension IndexKeyWriter {
  /// Appends a dynamic value as a key field, with the reference's reading of values of other kinds.
  mutating func append(_ value: Value, as type: IndexType) throws(IndexError) {
    switch (type, value) {
    case (.string, .string(let text)): append(string: text)
    case (.string, .null), (.string, .undefined): append(string: "")
    case (.buffer, .bytes(let data)): append(buffer: data)
    case (.buffer, .null): append(buffer: [])
    case (.uint, .integer(let number)) where number >= 0: try append(uint: UInt64(number))
    case (.uint, .integer(let number)): bytes.append(UInt8(truncatingIfNeeded: number))
    case (.uint, .null): append(bool: false)
    case (.uint, .bool(let flag)): append(bool: flag)
    case (.uint, .double(let number)): try append(number)
    case (.bool, _): append(bool: value.isTruthy)
    case (.uint, .undefined): throw .invalidNumber("undefined")
    case (.uint, .string(let text)): throw .invalidNumber(text)
    case (.uint, _): throw .invalidNumber(value.kind)
    case (.string, _), (.buffer, _): throw .invalidValue(expected: type, found: value.kind)
    }
  }

  /// A number that is no integer of 64 bits: +∞ has a form of its own, fractions lose theirs.
  private mutating func append(_ number: Double) throws(IndexError) {
    if number == .infinity {
      appendInfinity()
    } else if let integer = Int64(exactly: number.rounded(.towardZero)), number <= Double(maximumSafeInteger) {
      try append(.integer(integer), as: .uint)
    } else {
      throw .invalidNumber("\(number)")
    }
  }
}

extension IndexKeyReader {
  mutating func dynamicValue(of type: IndexType) throws(IndexError) -> Value {
    if isAtEnd { return type == .uint ? 0 : .null }
    switch type {
    case .uint: return try uint().map(Value.unsigned) ?? .double(.infinity)
    case .bool: return .bool(try uint() != 0)
    case .buffer: return .bytes(try buffer())
    case .string: return .string(try string())
    }
  }
}
