import CompactEncoding
import HypercoreCrypto

/// Keys and their texts in z-base-32, both ways, with the last ones remembered: a stream tells the same few keys over
/// and over.
final class KeyTexts {
  /// Characters of a text.
  static let textLength = 52

  /// A text as seven words, the last one overlapping the one before.
  private typealias Words = InlineArray<7, UInt64>

  private struct Entry {
    var words: Words
    var key: Fixed32
    var isUsed = false
  }

  private static let slotCount = 256
  private var byText: [Entry]
  private var byKey: [Entry]

  init() {
    let empty = Entry(words: Words(repeating: 0), key: Fixed32())
    byText = [Entry](repeating: empty, count: Self.slotCount)
    byKey = byText
  }

  /// The key whose text is at `text`, ``textLength`` characters long; nil when it is none.
  func key(_ text: UnsafeRawPointer) -> Fixed32? {
    let words = Self.words(text)
    let slot = Self.slot(words[0] ^ words[3])
    if byText[slot].isUsed, Self.areEqual(byText[slot].words, words) { return byText[slot].key }
    let string = String(decoding: UnsafeRawBufferPointer(start: text, count: Self.textLength), as: UTF8.self)
    guard let key = try? KeyIdentifier.decode(string) else { return nil }
    byText[slot] = Entry(words: words, key: key, isUsed: true)
    return key
  }

  /// Writes the text of a key to `target`, ``textLength`` characters.
  func write(_ key: Fixed32, to target: UnsafeMutableRawPointer) {
    let slot = Self.slot(key.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
    if !(byKey[slot].isUsed && byKey[slot].key == key) {
      let words = Array(KeyIdentifier.encode(key).utf8).withUnsafeBytes { bytes in
        Self.words(bytes.baseAddress.unsafelyUnwrapped)
      }
      byKey[slot] = Entry(words: words, key: key, isUsed: true)
    }
    for i in 0..<7 { target.storeBytes(of: byKey[slot].words[i], toByteOffset: Self.offset(i), as: UInt64.self) }
  }

  @inline(__always)
  private static func offset(_ word: Int) -> Int { min(8 * word, textLength - 8) }

  @inline(__always)
  private static func words(_ text: UnsafeRawPointer) -> Words {
    var words = Words(repeating: 0)
    for i in 0..<7 { words[i] = text.loadUnaligned(fromByteOffset: offset(i), as: UInt64.self) }
    return words
  }

  @inline(__always)
  private static func areEqual(_ a: Words, _ b: Words) -> Bool {
    var difference: UInt64 = 0
    for i in 0..<7 { difference |= a[i] ^ b[i] }
    return difference == 0
  }

  @inline(__always)
  private static func slot(_ hash: UInt64) -> Int { Int((hash &* 0x9e37_79b9_7f4a_7c15) >> 56) }
}
