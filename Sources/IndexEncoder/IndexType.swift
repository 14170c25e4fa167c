/// How a field of a key is written.
public enum IndexType: String, Sendable, Hashable, CaseIterable {
  /// A number from 0 to 2^53 − 1, or +∞.
  case uint = "UINT"
  /// Bytes.
  case buffer = "BUFFER"
  /// Text, as UTF-8.
  case string = "STRING"
  /// A truth value, written as the number 1 or 0.
  case bool = "BOOL"

  /// The key type of a schema's primitive type, or nil when that type cannot be part of a key.
  public init?(primitive name: String) {
    switch name {
    case "uint", "uint8", "uint16", "uint24", "uint32", "uint40", "uint48", "uint56", "uint64": self = .uint
    case "string", "utf8", "ascii", "hex", "base64": self = .string
    case "fixed32", "fixed64", "buffer": self = .buffer
    case "bool": self = .bool
    default: return nil
    }
  }
}
