/// Text forms of bytes other than UTF-8.
public enum TextEncoding {
  /// The low byte of each UTF-16 unit.
  public static func ascii(_ text: String) -> [UInt8] { text.utf16.map { UInt8(truncatingIfNeeded: $0) } }

  /// One character for the low seven bits of each byte.
  public static func ascii(decoding bytes: [UInt8]) -> String {
    String(decoding: bytes.map { $0 & 0x7f }, as: UTF8.self)
  }

  /// UTF-16 units, little endian.
  public static func utf16(_ text: String) -> [UInt8] { text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] } }

  /// Text from UTF-16 units; a byte without a partner is dropped.
  public static func utf16(decoding bytes: [UInt8]) -> String {
    let units = stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
    return String(decoding: units, as: UTF16.self)
  }
}
