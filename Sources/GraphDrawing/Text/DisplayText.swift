/// Bytes that others wrote, as text that is safe to show: no control character, nothing that changes the direction of
/// writing, nothing invisible; and how much room it takes.
public enum DisplayText {
  /// The beginning of a value in quotation marks; how many bytes it has when it is no text.
  ///
  /// - Parameters:
  ///   - bytes: the first bytes of the value.
  ///   - length: how many bytes it has.
  ///   - limit: about how many characters are shown.
  ///   - isASCII: whether all other characters are spelled, too.
  public static func preview(_ bytes: [UInt8], length: Int, limit: Int = 80, isASCII: Bool = false) -> String {
    let size = length == 1 ? "1 byte" : "\(length) bytes"
    guard length > 0, let text = text(bytes, isWhole: bytes.count >= length) else { return size }
    var result = ""
    var used = 0
    for scalar in text.unicodeScalars {
      let piece = escape(scalar, isASCII: isASCII)
      used += width(piece)
      if used > limit { return "\"\(result)\"" + ellipsis(isASCII) }
      result += piece
    }
    return "\"\(result)\"" + (bytes.count < length ? ellipsis(isASCII) : "")
  }

  /// All scalars that could disturb, spelled as `\n` or `\u{…}`.
  public static func escape(_ text: String, isASCII: Bool = false) -> String {
    text.unicodeScalars.reduce(into: "") { $0 += escape($1, isASCII: isASCII) }
  }

  /// How many columns of a terminal a text takes.
  public static func width(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + width($1) } }

  /// The beginning of a text that takes no more columns; with an ellipsis where something is left out.
  public static func cut(_ text: String, to room: Int, isASCII: Bool = false) -> String {
    guard width(text) > room else { return text }
    let mark = ellipsis(isASCII)
    guard room > mark.count else { return String(mark.prefix(max(room, 0))) }
    var result = ""
    var used = mark.count
    for scalar in text.unicodeScalars {
      used += width(scalar)
      if used > room { break }
      result.unicodeScalars.append(scalar)
    }
    return result + mark
  }

  static func ellipsis(_ isASCII: Bool) -> String { isASCII ? "..." : "…" }

  /// The bytes as text; nil when they are none. Of the beginning of a value the last character can be cut off.
  private static func text(_ bytes: [UInt8], isWhole: Bool) -> String? {
    var bytes = bytes[...]
    if !isWhole, let last = bytes.suffix(4).lastIndex(where: { $0 & 0xc0 != 0x80 }), bytes[last] >= 0xc0 {
      bytes = bytes[..<last]
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    // Line ends, tabs and the escape character come up in texts, the other control characters in numbers.
    return text.unicodeScalars.contains { $0.value < 32 && !"\t\n\r\u{1b}".unicodeScalars.contains($0) } ? nil : text
  }

  private static func escape(_ scalar: Unicode.Scalar, isASCII: Bool) -> String {
    switch scalar {
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    case "\\": return "\\\\"
    case "\"": return "\\\""
    case " "..."~": return String(scalar)
    default: break
    }
    let isShown =
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
        .spaceSeparator:
        false
      // Variation selectors change how much room the character before them takes, which terminals do not agree on.
      default: !isASCII && !scalar.properties.isVariationSelector
      }
    return isShown ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
  }

  /// Two columns for what East Asian scripts and pictures take, none for marks that stand on other characters.
  private static func width(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.value {
    case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff,
      0xfe10...0xfe19, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x16fe0...0x18cff, 0x1aff0...0x1b2ff,
      0x1f200...0x1f265, 0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f7e0...0x1f7eb, 0x1f90c...0x1faff,
      0x20000...0x3fffd:
      return 2
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return scalar.properties.isEmojiPresentation ? 2 : 1
    }
  }
}
