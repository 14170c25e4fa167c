import JSON

extension Primitive {
  /// Adds the number of bytes that ``encode(_:into:)`` will write for `value`.
  ///
  /// - Throws: ``EncodingError`` when the value does not fit the type. A value that was measured can be encoded.
  public func measure(_ value: Value, _ size: inout Size) throws(EncodingError) {
    switch self {
    case .uint: size.uint(try value.safeUnsigned())
    case .string, .utf8:
      guard case .string(let text) = value else { throw value.mismatch("text") }
      size.string(text)
    case .fixed32:
      _ = try value.bytesValue(count: 32)
      size.fixed32()
    case .buffer: size.buffer(try value.bytesValue())
    case .optionalBuffer: size.buffer(try value.optionalBytesValue())
    case .int: size.uint(try value.safeZigzag())
    case .bool: size.byte()
    case .none: break
    default: try measureRare(value, &size)
    }
  }

  private func measureRare(_ value: Value, _ size: inout Size) throws(EncodingError) {
    switch self {
    case .fixed64:
      _ = try value.bytesValue(count: 64)
      size.fixed64()
    case .float32:
      _ = try value.numberValue()
      size.raw(4)
    case .float64:
      _ = try value.numberValue()
      size.raw(8)
    case .uint8, .uint16, .uint24, .uint32, .uint40, .uint48, .uint56, .uint64, .uint32be, .uint64be, .port:
      _ = try value.safeUnsigned()
      size.raw(minimumSize)
    case .int8, .int16, .int24, .int32, .int40, .int48, .int56, .int64:
      _ = try value.safeZigzag()
      size.raw(minimumSize)
    case .biguint64:
      _ = try value.biguint64Value()
      size.raw(8)
    case .bigint64:
      _ = try value.bigint64Value()
      size.raw(8)
    case .biguint:
      let number = try value.bigIntegerValue()
      if number.isNegative { throw .notPositive }
      size.biguint(number)
    case .bigint: size.bigint(try value.bigIntegerValue())
    case .lexint: size.lexint(try value.lexintValue())
    case .ascii, .hex, .base64, .ucs2, .utf16le: size.buffer(try spelled(value))
    case .raw: size.raw(try value.bytesValue().count)
    case .rawJSON: size.raw(try text(value).count)
    case .json, .ndjson: size.buffer(try text(value))
    case .date: size.int(try value.dateValue())
    case .ipv4: size.value(try value.parsed(IPv4Address.self, "an IPv4 address"))
    case .ipv6: size.value(try value.parsed(IPv6Address.self, "an IPv6 address"))
    case .ip: size.value(try value.parsed(IPAddress.self, "an IP address"))
    case .ipv4Address: size.value(try value.address(IPv4Address.self, "an IPv4 address"))
    case .ipv6Address: size.value(try value.address(IPv6Address.self, "an IPv6 address"))
    case .ipAddress: size.value(try value.address(IPAddress.self, "an IP address"))
    case .uint8array, .int8array: size.integers(try value.integers(UInt8.self))
    case .uint16array, .int16array: size.integers(try value.integers(UInt16.self))
    case .uint32array, .int32array: size.integers(try value.integers(UInt32.self))
    case .float32array: size.integers(try value.numbers().map { Float($0).bitPattern })
    case .float64array: size.integers(try value.numbers().map(\.bitPattern))
    case .stringRecord: try Codec.record(.primitive(.string), .primitive(.string)).measure(value, &size)
    case .any: try AnyCoding.measure(value, &size, depth: 0)
    case .uint, .int, .string, .utf8, .fixed32, .buffer, .optionalBuffer, .bool, .none: try measure(value, &size)
    }
  }

  /// Writes `value`, which ``measure(_:_:)`` must have accepted: anything else stops the program.
  public func encode(_ value: Value, into writer: inout Writer) {
    do {
      switch self {
      case .uint: writer.uint(try value.safeUnsigned())
      case .string, .utf8:
        guard case .string(let text) = value else { throw value.mismatch("text") }
        writer.string(text)
      case .fixed32, .fixed64, .raw: writer.raw(try value.bytesValue())
      case .buffer: writer.buffer(try value.bytesValue())
      case .optionalBuffer: writer.buffer(try value.optionalBytesValue())
      case .int: writer.uint(try value.safeZigzag())
      case .bool: writer.bool(value.isTruthy)
      case .none: break
      default: try encodeRare(value, into: &writer)
      }
    } catch {
      preconditionFailure("encoding a value that was not measured: \(error)")
    }
  }

  private func encodeRare(_ value: Value, into writer: inout Writer) throws(EncodingError) {
    switch self {
    case .float32: writer.float32(Float(try value.numberValue()))
    case .float64: writer.float64(try value.numberValue())
    case .uint8, .uint16, .uint24, .uint32, .uint40, .uint48, .uint56, .uint64, .port:
      writer.uint(try value.safeUnsigned(), width: minimumSize)
    case .int8, .int16, .int24, .int32, .int40, .int48, .int56, .int64:
      writer.uint(try value.safeZigzag(), width: minimumSize)
    case .uint32be: writer.uint32BigEndian(UInt32(truncatingIfNeeded: try value.safeUnsigned()))
    case .uint64be: writer.uint64BigEndian(try value.safeUnsigned())
    case .biguint64: writer.uint64(try value.biguint64Value())
    case .bigint64: writer.bigint64(try value.bigint64Value())
    case .biguint: writer.biguint(try value.bigIntegerValue())
    case .bigint: writer.bigint(try value.bigIntegerValue())
    case .lexint: writer.lexint(try value.lexintValue())
    case .ascii, .hex, .base64, .ucs2, .utf16le: writer.buffer(try spelled(value))
    case .rawJSON: writer.raw(try text(value))
    case .json, .ndjson: writer.buffer(try text(value))
    case .date: writer.int(try value.dateValue())
    case .ipv4: writer.value(try value.parsed(IPv4Address.self, "an IPv4 address"))
    case .ipv6: writer.value(try value.parsed(IPv6Address.self, "an IPv6 address"))
    case .ip: writer.value(try value.parsed(IPAddress.self, "an IP address"))
    case .ipv4Address: writer.value(try value.address(IPv4Address.self, "an IPv4 address"))
    case .ipv6Address: writer.value(try value.address(IPv6Address.self, "an IPv6 address"))
    case .ipAddress: writer.value(try value.address(IPAddress.self, "an IP address"))
    case .uint8array, .int8array: writer.integers(try value.integers(UInt8.self))
    case .uint16array, .int16array: writer.integers(try value.integers(UInt16.self))
    case .uint32array, .int32array: writer.integers(try value.integers(UInt32.self))
    case .float32array: writer.integers(try value.numbers().map { Float($0).bitPattern })
    case .float64array: writer.integers(try value.numbers().map(\.bitPattern))
    case .stringRecord: Codec.record(.primitive(.string), .primitive(.string)).encode(value, into: &writer)
    case .any: try AnyCoding.encode(value, into: &writer)
    case .uint, .int, .string, .utf8, .fixed32, .fixed64, .buffer, .optionalBuffer, .raw, .bool, .none:
      encode(value, into: &writer)
    }
  }

  /// The bytes that a text spells.
  private func spelled(_ value: Value) throws(EncodingError) -> [UInt8] {
    let text = try value.textValue()
    switch self {
    case .hex:
      guard let bytes = Hex.decode(text) else { throw .typeMismatch(expected: "hex digits", found: "other text") }
      return bytes
    case .base64:
      guard let bytes = Base64.decode(text) else { throw .typeMismatch(expected: "base64", found: "other text") }
      return bytes
    case .ascii: return TextEncoding.ascii(text)
    default: return TextEncoding.utf16(text)
    }
  }

  /// The value as JSON text.
  private func text(_ value: Value) throws(EncodingError) -> [UInt8] {
    if case .undefined = value { throw value.mismatch("a JSON value") }
    var text = JSON(value).utf8()
    if self == .ndjson { text.append(0x0a) }
    return text
  }
}
