/// z-base-32: the alphabet in which keys are printed.
///
/// Bits are taken most significant first in groups of five, the last group padded with zeros. The alphabet, for the
/// values 0 to 31, is `ybndrfg8ejkmcpqxot1uwisza345h769`.
///
/// Source: spec 01 §2.
public enum ZBase32 {
  /// The characters of the values 0 to 31.
  public static let alphabet = "ybndrfg8ejkmcpqxot1uwisza345h769"

  private static let digits = Array(alphabet.utf8)

  /// Value of each character, 255 for those outside the alphabet.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 128)
    for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
  }()

  /// The text of `bytes`: ⌈8 · count / 5⌉ characters.
  public static func encode(_ bytes: some Collection<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 8 + 4) / 5)
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 5 {
        count -= 5
        text.append(digits[Int(bits >> count & 31)])
      }
    }
    if count > 0 { text.append(digits[Int(bits << (5 - count) & 31)]) }
    return String(decoding: text, as: UTF8.self)
  }

  /// The ⌊5 · count / 8⌋ whole bytes that `text` spells. Bits that fill no byte are ignored, whatever their value, so
  /// several texts stand for the same bytes.
  ///
  /// - Throws: `invalidCharacter` at the first character outside the alphabet (upper case is outside), `invalidLength`
  ///   for a count of characters that no encoding has.
  public static func decode(_ text: some StringProtocol) throws(KeyIdentifierError) -> [UInt8] {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count: UInt32 = 0
    var position = 0
    for unit in text.utf16 {
      guard unit < 128, values[Int(unit)] < 32 else {
        throw .invalidCharacter(String(decoding: [unit], as: UTF16.self), position: position)
      }
      bits = bits << 5 | UInt32(values[Int(unit)])
      count += 5
      position += 1
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
      }
    }
    guard [0, 2, 4, 5, 7].contains(position % 8) else { throw .invalidLength(position) }
    return bytes
  }
}
