/// # JSON
///
/// A JSON value that keeps the order of object members (RFC 8259, ECMA-404).
///
/// Order matters here: schema files are compared byte for byte with those of other builders, and records keep their
/// members in insertion order on the wire. The writer produces what `JSON.stringify` does: no spaces, members in
/// order, `/` not escaped, control characters as `\b \f \n \r \t` or `\u00xx`, lone surrogates impossible. With an
/// indentation of two spaces it matches `JSON.stringify(value, null, 2)`.
///
/// The parser takes UTF-8, bounds nesting at ``JSON/maximumDepth`` and refuses everything RFC 8259 does not allow:
/// trailing commas, comments, leading zeros, unescaped control characters, unpaired surrogates, ill-formed UTF-8,
/// text behind the value. A repeated member keeps its first place and takes the last value.
public enum JSON: Sendable, Hashable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without fraction or exponent that fits 64 bits.
  case integer(Int64)
  /// Any other number.
  case double(Double)
  /// Text.
  case string(String)
  /// Values in order.
  case array([JSON])
  /// Members in order.
  case object(JSONObject)

  /// The deepest nesting of arrays and objects the parser follows.
  public static let maximumDepth = 256
}

extension JSON {
  /// The member named `key` when this is an object that has it, else nil.
  public subscript(key: String) -> JSON? {
    if case .object(let object) = self { object[key] } else { nil }
  }

  /// The element at `index` when this is an array that has it, else nil.
  public subscript(index: Int) -> JSON? {
    if case .array(let items) = self, items.indices.contains(index) { items[index] } else { nil }
  }

  /// The text when this is a string.
  public var string: String? { if case .string(let text) = self { text } else { nil } }
  /// The elements when this is an array.
  public var array: [JSON]? { if case .array(let items) = self { items } else { nil } }
  /// The members when this is an object.
  public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }
  /// The value when this is a boolean.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// Whether this is `null`.
  public var isNull: Bool { self == .null }

  /// The number when this is an integer of 64 bits, or a double without fraction in that range.
  public var integer: Int64? {
    switch self {
    case .integer(let value): value
    case .double(let value): Int64(exactly: value)
    default: nil
    }
  }

  /// The number when this is a non-negative integer.
  public var unsigned: UInt64? {
    switch self {
    case .integer(let value): UInt64(exactly: value)
    case .double(let value): UInt64(exactly: value)
    default: nil
    }
  }

  /// The number when this is any number.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(elements)) }
  public init(nilLiteral: ()) { self = .null }
}
