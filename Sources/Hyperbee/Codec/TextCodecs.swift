import CompactEncoding
public import JSON

/// Bytes as they are: the codec named `binary`.
public struct BinaryCodec: BeeCodec, Sendable {
  /// The codec.
  public init() {}
  /// The bytes themselves.
  public func encode(_ value: [UInt8]) -> [UInt8] { value }
  /// The bytes themselves.
  public func decode(_ bytes: [UInt8]) -> [UInt8] { bytes }
}

/// Text in one of the encodings `utf-8`, `ascii`, `hex`, `base64`, `utf16le` (also named `ucs2`).
public enum TextCodec: String, BeeCodec, Sendable, CaseIterable {
  /// UTF-8; ill-formed bytes read as U+FFFD.
  case utf8 = "utf-8"
  /// The low byte of every UTF-16 code unit; bytes are read without their high bit.
  case ascii
  /// Text that spells bytes in hex. Text from the first pair on that is no hex is dropped.
  case hex
  /// Text that spells bytes in base 64.
  case base64
  /// UTF-16, little endian.
  case utf16le

  /// The codec of that name, also under its other names.
  public init?(name: String) {
    switch name {
    case "utf8": self = .utf8
    case "ucs2", "ucs-2", "utf-16le": self = .utf16le
    default: self.init(rawValue: name)
    }
  }

  /// The bytes of a text; see the cases for what does not fit.
  public func encode(_ value: String) -> [UInt8] {
    switch self {
    case .utf8: Array(value.utf8)
    case .ascii: TextEncoding.ascii(value)
    case .hex: hexPrefix(value)
    case .base64: Base64.decode(skippingOthers: value)
    case .utf16le: TextEncoding.utf16(value)
    }
  }

  /// The text of bytes.
  public func decode(_ bytes: [UInt8]) -> String {
    switch self {
    case .utf8: String(decoding: bytes, as: UTF8.self)
    case .ascii: TextEncoding.ascii(decoding: bytes)
    case .hex: Hex.encode(bytes)
    case .base64: Base64.encode(bytes)
    case .utf16le: TextEncoding.utf16(decoding: bytes)
    }
  }

  private func hexPrefix(_ text: String) -> [UInt8] {
    let digits = text.utf8.prefix { Hex.decode(String(decoding: [$0, 0x30], as: UTF8.self)) != nil }
    return Hex.decode(String(decoding: digits.prefix(digits.count & ~1), as: UTF8.self)) ?? []
  }
}

/// JSON text without spaces; `ndjson` ends it with a line feed. Null is stored as "no value".
public struct JSONCodec: BeeCodec, Sendable {
  private let isLine: Bool

  /// The codec `json`, or `ndjson`.
  public init(isLine: Bool = false) { self.isLine = isLine }

  /// One line of JSON text.
  public func encode(_ value: JSON) -> [UInt8] { value.utf8() + (isLine ? [0x0a] : []) }

  /// The value of JSON text.
  ///
  /// - Throws: `JSONError` when the bytes are no JSON.
  public func decode(_ bytes: [UInt8]) throws -> JSON { try JSON(parsing: bytes) }

  /// Whether the value is null.
  public func isAbsent(_ value: JSON) -> Bool { value.isNull }
}
