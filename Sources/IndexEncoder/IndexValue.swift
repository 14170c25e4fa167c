/// A field of a tuple.
public enum IndexValue: Sendable, Hashable {
  /// Not given at all. A UINT field refuses it.
  case undefined
  /// No value: counts as 0, false or empty.
  case null
  /// A number.
  case uint(UInt64)
  /// +∞, which sorts behind every number.
  case infinity
  /// Bytes.
  case buffer([UInt8])
  /// Text.
  case string(String)
  /// A truth value.
  case bool(Bool)

  /// The value as the reference prints it in messages.
  var text: String {
    switch self {
    case .undefined: "undefined"
    case .null: "null"
    case .uint(let number): String(number)
    case .infinity: "Infinity"
    case .buffer(let bytes): "\(bytes.count) bytes"
    case .string(let text): text
    case .bool(let value): String(value)
    }
  }

  /// Whether the value counts as true: not null, 0, or empty text.
  var isTruthy: Bool {
    switch self {
    case .undefined, .null: false
    case .uint(let number): number != 0
    case .infinity, .buffer: true
    case .string(let text): !text.isEmpty
    case .bool(let value): value
    }
  }
}
