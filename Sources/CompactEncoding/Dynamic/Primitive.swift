/// A type of the compact encoding that is known by name and has no parameters.
///
/// The raw value is the name that the reference gives to it.
public enum Primitive: String, Sendable, Hashable, CaseIterable {
  /// Unsigned integers: of variable length, and of a fixed width.
  case uint, uint8, uint16, uint24, uint32, uint40, uint48, uint56, uint64
  /// Signed integers in zig-zag form over the unsigned type of the same width.
  case int, int8, int16, int24, int32, int40, int48, int56, int64
  /// Unsigned integers, big endian.
  case uint32be, uint64be
  /// Integers beyond 2^53 − 1: 64 bits wide, or of any size.
  case biguint64, bigint64, biguint, bigint
  /// An order-preserving integer.
  case lexint
  /// IEEE 754 numbers.
  case float32, float64
  /// One byte, 1 or 0.
  case bool
  /// Bytes behind their length. Nothing and no bytes are the same in `optionalBuffer`, read as null.
  case buffer, optionalBuffer
  /// Text behind its byte length, in UTF-8.
  case string, utf8
  /// Text behind the byte length of what it spells.
  case ascii, hex, base64, ucs2, utf16le
  /// Bytes of a fixed length.
  case fixed32, fixed64
  /// Everything up to the end.
  case raw
  /// Nothing.
  case none
  /// Milliseconds since 1970-01-01 UTC, as `int`.
  case date
  /// JSON text behind its byte length; up to the end; with a newline behind it.
  case json
  case rawJSON = "raw.json"
  case ndjson
  /// A port number.
  case port
  /// Addresses of hosts as text.
  case ipv4, ipv6, ip
  /// Addresses of hosts with a port: objects with `host` and `port`, when read also `family`.
  case ipv4Address, ipv6Address, ipAddress
  /// Numbers of one width behind their count.
  case uint8array, uint16array, uint32array, int8array, int16array, int32array, float32array, float64array
  /// Pairs of texts behind their count.
  case stringRecord
  /// A tag, then a value of the kind it names.
  case any
}

extension Primitive {
  /// Bytes of the fixed-width integers, nil for every other type.
  @inlinable
  var integerWidth: Int? {
    switch self {
    case .uint8, .int8: 1
    case .uint16, .int16, .port: 2
    case .uint24, .int24: 3
    case .uint32, .int32: 4
    case .uint40, .int40: 5
    case .uint48, .int48: 6
    case .uint56, .int56: 7
    case .uint64, .int64: 8
    default: nil
    }
  }

  /// The fewest bytes that a value of the type takes.
  public var minimumSize: Int {
    switch self {
    case .none, .raw, .rawJSON: 0
    case .fixed32: 32
    case .fixed64: 64
    case .float32, .uint32be, .ipv4: 4
    case .float64, .uint64be, .biguint64, .bigint64: 8
    case .ip: 5
    case .ipv6: 16
    case .ipv4Address: 6
    case .ipv6Address: 18
    case .ipAddress: 7
    default: integerWidth ?? 1
    }
  }

  /// What decoding gives for a field of this type that was not written.
  public var absent: Value {
    switch self {
    case .uint, .uint8, .uint16, .uint24, .uint32, .uint40, .uint48, .uint56, .uint64, .int, .int8, .int16, .int24,
      .int32, .int40, .int48, .int56, .int64, .uint32be, .uint64be, .float32, .float64, .lexint, .port, .biguint64,
      .bigint64, .biguint, .bigint:
      .integer(0)
    case .bool: .bool(false)
    default: .null
    }
  }
}
