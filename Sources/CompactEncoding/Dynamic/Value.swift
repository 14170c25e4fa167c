/// A value whose shape is known only at run time: what schemas, `any` and JSON carry.
///
/// The kinds are those of the reference's language, since formats depend on them: an optional field is written only
/// when its value is *truthy*, a missing member differs from null, and all numbers up to 2^53 − 1 are one kind.
public enum Value: Sendable {
  /// Nothing was given or declared.
  case undefined
  /// Known to be nothing.
  case null
  /// True or false.
  case bool(Bool)
  /// An integer. Peers cannot represent magnitudes above 2^53 − 1 in this kind.
  case integer(Int64)
  /// Any other number. Build it with ``number(_:)``, which keeps integers in ``integer(_:)``.
  case double(Double)
  /// An integer of any size.
  case bigint(BigInteger)
  /// A point in time, in milliseconds since 1970-01-01 UTC.
  case date(milliseconds: Int64)
  /// Text.
  case string(String)
  /// Bytes.
  case bytes([UInt8])
  /// Values in order.
  case array([Value])
  /// Named values in order.
  case object(Record)
}

extension Value {
  /// A number: an ``integer(_:)`` when it is one that a double holds exactly, else a ``double(_:)``.
  @inlinable
  public static func number(_ value: Double) -> Value {
    guard value.magnitude <= 0x1p53, let integer = Int64(exactly: value), !(value == 0 && value.sign == .minus) else {
      return .double(value)
    }
    return .integer(integer)
  }

  /// A number from any unsigned integer; above 2^53 − 1 it is rounded to a double, as the reference does.
  @inlinable
  public static func unsigned(_ value: UInt64) -> Value {
    value <= maximumSafeInteger ? .integer(Int64(value)) : .double(Double(value))
  }

  /// The bytes of a key or hash.
  @inlinable public static func fixed32(_ value: Fixed32) -> Value { .bytes(value.bytes) }

  /// An object with the given members, in the order of the reference (see ``Record/init(members:)``).
  public static func object(_ members: [(String, Value)]) -> Value { .object(Record(members: members)) }

  /// Whether the reference's language counts the value as true: everything but undefined, null, false, 0, NaN and "".
  @inlinable
  public var isTruthy: Bool {
    switch self {
    case .undefined, .null: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .double(let value): value != 0 && !value.isNaN
    case .bigint(let value): !value.words.isEmpty
    case .string(let text): !text.isEmpty
    case .date, .bytes, .array, .object: true
    }
  }

  /// Whether this is ``null`` or ``undefined``.
  @inlinable
  public var isAbsent: Bool {
    switch self {
    case .undefined, .null: true
    default: false
    }
  }

  /// The name of the kind, for messages.
  public var kind: String {
    switch self {
    case .undefined: "nothing"
    case .null: "null"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .double: "a number"
    case .bigint: "a big integer"
    case .date: "a date"
    case .string: "text"
    case .bytes: "bytes"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension Value {
  /// The member `name` when this is an object that has it, else ``undefined``.
  @inlinable
  public subscript(name: String) -> Value {
    if case .object(let record) = self { record[name] } else { .undefined }
  }

  /// The boolean, when it is one.
  @inlinable public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The text, when it is text.
  @inlinable public var string: String? { if case .string(let text) = self { text } else { nil } }
  /// The bytes, when it is bytes.
  @inlinable public var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
  /// The 32 bytes, when it is exactly that many bytes.
  @inlinable public var fixed32: Fixed32? { if case .bytes(let bytes) = self { Fixed32(bytes) } else { nil } }
  /// The elements, when it is an array.
  @inlinable public var array: [Value]? { if case .array(let items) = self { items } else { nil } }
  /// The members, when it is an object.
  @inlinable public var record: Record? { if case .object(let record) = self { record } else { nil } }

  /// The number, when it is an integer of 64 bits.
  @inlinable
  public var integer: Int64? {
    switch self {
    case .integer(let value): value
    case .double(let value): Int64(exactly: value)
    default: nil
    }
  }

  /// The number, when it is a non-negative integer.
  @inlinable
  public var unsigned: UInt64? {
    switch self {
    case .integer(let value): UInt64(exactly: value)
    case .double(let value): UInt64(exactly: value)
    default: nil
    }
  }

  /// The number, when it is one.
  @inlinable
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }
}

extension Value: Hashable {
  /// Values of one kind compare by content; an integer equals the double of the same number. Objects compare by
  /// members, whatever their order; a member that is undefined counts as missing.
  public static func == (a: Value, b: Value) -> Bool {
    switch (a, b) {
    case (.undefined, .undefined), (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.integer, .double), (.double, .integer), (.double, .double): a.double == b.double
    case (.bigint(let a), .bigint(let b)): a == b
    case (.date(let a), .date(let b)): a == b
    case (.string(let a), .string(let b)): a == b
    case (.bytes(let a), .bytes(let b)): a == b
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .undefined, .null: hasher.combine(0)
    case .bool(let value): hasher.combine(value)
    case .integer, .double: hasher.combine(double)
    case .bigint(let value): hasher.combine(value)
    case .date(let value): hasher.combine(value)
    case .string(let text): hasher.combine(text)
    case .bytes(let bytes): hasher.combine(bytes)
    case .array(let items): hasher.combine(items)
    case .object(let record): hasher.combine(record)
    }
  }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(arrayLiteral elements: Value...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, Value)...) { self = .object(elements) }
  public init(nilLiteral: ()) { self = .null }
}
