/// `any`: a value that tells its own kind.
///
/// | tag | then | tag | then |
/// |---|---|---|---|
/// | 0 null | nothing | 5 negative integer | `int` |
/// | 1 boolean | `bool` | 6 other number | `float64` |
/// | 2 text | `string` | 7 array | `uint` count, `any` … |
/// | 3 bytes | `buffer` | 8 object | `uint` count, (`string` name, `any`) … |
/// | 4 integer ≥ 0 | `uint` | 9 date | `int` milliseconds |
///
/// The tag is a `uint`. Integers beyond ±(2^53 − 1) and big integers have no form.
enum AnyCoding {
  static func measure(_ value: Value, _ size: inout Size, depth: Int) throws(EncodingError) {
    guard depth < maximumNesting else { throw .tooDeep(limit: maximumNesting) }
    size.byte()
    switch value {
    case .undefined, .null: break
    case .bool: size.byte()
    case .string(let text): size.string(text)
    case .bytes(let bytes): size.buffer(bytes)
    case .integer(let number):
      guard number.magnitude <= maximumSafeInteger else { throw .tooLarge }
      size.uint(number < 0 ? try value.safeZigzag() : UInt64(number))
    case .double(let number):
      if let integer = integer(number) {
        size.uint(UInt64(integer))
      } else {
        if number == number.rounded(), number.isFinite { throw .tooLarge }
        size.raw(8)
      }
    case .array(let items):
      size.uint(UInt64(items.count))
      for item in items { try measure(item, &size, depth: depth + 1) }
    case .object(let record):
      size.uint(UInt64(record.count))
      for (name, value) in record.members {
        size.string(name)
        try measure(value, &size, depth: depth + 1)
      }
    case .date: size.int(try value.dateValue())
    case .bigint(let number): throw .unsupported("big integer \(number)")
    }
  }

  /// A zero of either sign: the only whole number that ``Value/number(_:)`` leaves as a double and peers write as 4.
  private static func integer(_ number: Double) -> Int64? { number == 0 ? 0 : nil }

  static func encode(_ value: Value, into writer: inout Writer) throws(EncodingError) {
    switch value {
    case .undefined, .null: writer.uint8(0)
    case .bool(let value):
      writer.uint8(1)
      writer.bool(value)
    case .string(let text):
      writer.uint8(2)
      writer.string(text)
    case .bytes(let bytes):
      writer.uint8(3)
      writer.buffer(bytes)
    case .integer(let number):
      writer.uint8(number < 0 ? 5 : 4)
      if number < 0 { writer.int(number) } else { writer.uint(UInt64(number)) }
    case .double(let number):
      writer.uint8(integer(number) == nil ? 6 : 4)
      if let integer = integer(number) { writer.uint(UInt64(integer)) } else { writer.float64(number) }
    case .array(let items):
      writer.uint8(7)
      writer.uint(UInt64(items.count))
      for item in items { try encode(item, into: &writer) }
    case .object(let record):
      writer.uint8(8)
      writer.uint(UInt64(record.count))
      for (name, value) in record.members {
        writer.string(name)
        try encode(value, into: &writer)
      }
    case .date(let milliseconds):
      writer.uint8(9)
      writer.int(milliseconds)
    case .bigint(let number): throw .unsupported("big integer \(number)")
    }
  }

  static func decode(from reader: inout Reader, depth: Int) throws(DecodingError) -> Value {
    guard depth < maximumNesting else { throw .invalid("Value is nested deeper than \(maximumNesting) levels") }
    let tag = try reader.uint()
    switch tag {
    case 0: return .null
    case 1: return .bool(try reader.bool())
    case 2: return .string(try reader.string())
    case 3: return .bytes(try reader.buffer())
    case 4: return .unsigned(try reader.uintUnchecked())
    case 5: return try Primitive.int.decode(from: &reader)
    case 6: return .number(try reader.float64())
    case 7:
      var items: [Value] = []
      for _ in 0..<(try reader.unboundedCount(minimumSize: 1)) {
        items.append(try decode(from: &reader, depth: depth + 1))
      }
      return .array(items)
    case 8:
      var members: [(String, Value)] = []
      for _ in 0..<(try reader.unboundedCount(minimumSize: 2)) {
        members.append((try reader.string(), try decode(from: &reader, depth: depth + 1)))
      }
      return .object(members)
    case 9: return .date(milliseconds: try reader.date())
    default: throw .unknown(what: "type", value: tag)
    }
  }
}

extension Reader {
  /// A count of items that is limited by the remaining bytes alone.
  mutating func unboundedCount(minimumSize: Int) throws(DecodingError) -> Int {
    let count = try uint()
    guard count <= UInt64(remaining / minimumSize) else { throw .outOfBounds(needed: count, remaining: remaining) }
    return Int(count)
  }
}
