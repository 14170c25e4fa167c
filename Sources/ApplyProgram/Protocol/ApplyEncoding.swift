import CompactEncoding
import JSON

/// How values and blocks stand in the lines of `ab-apply(5)`. The program chooses.
public enum ApplyEncoding: String, Sendable, Hashable, CaseIterable {
  /// A string of lowercase hex digits.
  case hex
  /// A string.
  case utf8
  /// The value is JSON text, and stands there as it is.
  case json
}

extension ApplyEncoding {
  /// The object that carries bytes to the program: `{"value":…}`, or `{"hex":…}` for bytes that are not of the kind that
  /// the program chose.
  func carried(_ bytes: [UInt8]) -> JSONObject {
    switch self {
    case .hex: JSONObject([("value", .string(Hex.encode(bytes)))])
    case .utf8:
      if let text = String(validating: bytes, as: UTF8.self) {
        JSONObject([("value", .string(text))])
      } else {
        JSONObject([("hex", .string(Hex.encode(bytes)))])
      }
    case .json:
      if let value = try? JSON(parsing: bytes) {
        JSONObject([("value", value)])
      } else {
        JSONObject([("hex", .string(Hex.encode(bytes)))])
      }
    }
  }

  /// The bytes in an object of ``carried(_:)``; with ``json``, the text without spaces. Nil when there are none.
  func bytes(in object: JSON) -> [UInt8]? {
    if let value = object["value"] { return bytes(of: value) }
    return object["hex"]?.string.flatMap { Hex.decode($0) }
  }

  /// The bytes of a block that the program appends; nil when the value is not of this kind.
  func bytes(of value: JSON) -> [UInt8]? {
    switch self {
    case .hex: value.string.flatMap { Hex.decode($0) }
    case .utf8: value.string.map { Array($0.utf8) }
    case .json: value.utf8()
    }
  }
}
