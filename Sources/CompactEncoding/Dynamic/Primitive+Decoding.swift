import JSON

extension Primitive {
  /// Reads a value of the type.
  ///
  /// Integers above 2^53 − 1 are rounded to doubles, as the reference does.
  @inlinable
  public func decode(from reader: inout Reader) throws(DecodingError) -> Value {
    switch self {
    case .uint: .unsigned(try reader.uintUnchecked())
    case .string, .utf8: .string(try reader.string())
    case .fixed32: .bytes(try reader.raw(count: 32))
    case .buffer: .bytes(try reader.buffer())
    default: try decodeRare(from: &reader)
    }
  }

  @usableFromInline
  func decodeRare(from reader: inout Reader) throws(DecodingError) -> Value {
    switch self {
    case .uint, .string, .utf8, .fixed32, .buffer: try decode(from: &reader)
    case .int: Self.signed(try reader.uintUnchecked())
    case .bool: .bool(try reader.bool())
    case .fixed64: .bytes(try reader.fixed64())
    case .optionalBuffer: try reader.optionalBuffer().map { .bytes($0) } ?? .null
    case .raw: .bytes(reader.rest())
    case .none: .null
    case .uint8, .uint16, .uint24, .uint32, .uint40, .uint48, .uint56, .uint64, .port:
      .unsigned(try reader.uint(width: minimumSize))
    case .int8, .int16, .int24, .int32, .int40, .int48, .int56, .int64:
      Self.signed(try reader.uint(width: minimumSize))
    case .uint32be: .unsigned(UInt64(try reader.uint32BigEndian()))
    case .uint64be: .unsigned(try reader.uint64BigEndian())
    case .biguint64: .bigint(BigInteger(try reader.uint64()))
    case .bigint64: .bigint(BigInteger(try reader.bigint64()))
    case .biguint: .bigint(try reader.biguint())
    case .bigint: .bigint(try reader.bigint())
    case .lexint: .unsigned(try reader.lexint())
    case .float32: .number(Double(try reader.float32()))
    case .float64: .number(try reader.float64())
    case .ascii: .string(TextEncoding.ascii(decoding: try reader.buffer()))
    case .hex: .string(Hex.encode(try reader.buffer()))
    case .base64: .string(Base64.encode(try reader.buffer()))
    case .ucs2, .utf16le: .string(TextEncoding.utf16(decoding: try reader.buffer()))
    case .date: .date(milliseconds: try reader.date())
    case .json, .ndjson: try Self.json(try reader.buffer())
    case .rawJSON: try Self.json(reader.rest())
    case .ipv4: .string(try IPv4Address(from: &reader).description)
    case .ipv6: .string(try IPv6Address(from: &reader).description)
    case .ip: .string(try IPAddress(from: &reader).description)
    case .ipv4Address: Self.address(try SocketAddress<IPv4Address>(from: &reader), family: 4)
    case .ipv6Address: Self.address(try SocketAddress<IPv6Address>(from: &reader), family: 6)
    case .ipAddress: try Self.ipAddress(from: &reader)
    case .uint8array: Self.array(try reader.integers(of: UInt8.self))
    case .uint16array: Self.array(try reader.integers(of: UInt16.self))
    case .uint32array: Self.array(try reader.integers(of: UInt32.self))
    case .int8array: Self.array(try reader.integers(of: Int8.self))
    case .int16array: Self.array(try reader.integers(of: Int16.self))
    case .int32array: Self.array(try reader.integers(of: Int32.self))
    case .float32array:
      .array(try reader.integers(of: UInt32.self).map { .number(Double(Float(bitPattern: $0))) })
    case .float64array: .array(try reader.integers(of: UInt64.self).map { .number(Double(bitPattern: $0)) })
    case .stringRecord: try Codec.record(.primitive(.string), .primitive(.string)).decode(from: &reader)
    case .any: try AnyCoding.decode(from: &reader, depth: 0)
    }
  }

  /// The number of a zig-zag form, rounded to a double when peers could not hold it.
  private static func signed(_ zigzag: UInt64) -> Value {
    let value = zigzagDecode(zigzag)
    return value.magnitude <= maximumSafeInteger ? .integer(value) : .double(Double(value))
  }

  private static func array(_ items: [some FixedWidthInteger]) -> Value { .array(items.map { .integer(Int64($0)) }) }

  private static func json(_ text: [UInt8]) throws(DecodingError) -> Value {
    do throws(JSONError) {
      return Value(try JSON(parsing: text))
    } catch {
      throw .invalid(error.description)
    }
  }

  private static let addressLayout = Record.Layout(["host", "family", "port"])

  private static func address(_ address: SocketAddress<some CustomStringConvertible>, family: UInt8) -> Value {
    let values: [Value] = [.string(address.host.description), .integer(Int64(family)), .integer(Int64(address.port))]
    return .object(Record(layout: addressLayout, values: values))
  }

  private static func ipAddress(from reader: inout Reader) throws(DecodingError) -> Value {
    let address = try SocketAddress<IPAddress>(from: &reader)
    return Self.address(address, family: address.host.family)
  }
}
