import CompactEncoding
import Glibc

/// Reads lines of the most frequent types without a JSON tree: nodes, blocks of logs and blocks of views, as our tools
/// write them.
///
/// It takes only what it understands to the last byte: `type` first, no white space, no escapes, each member at most
/// once and of the usual kind. For every other line it answers nil, and the general parser decides what it is.
package final class LineScanner {
  private let keys = KeyTexts()
  private let hex = HexTables()

  /// A scanner.
  package init() {}

  /// The record of a line, or nil when the general parser has to look at it.
  package func record(_ line: UnsafeRawBufferPointer) -> StreamRecord? {
    guard let base = line.baseAddress else { return nil }
    var cursor = LineCursor(position: base, end: base + line.count, keys: keys, hex: hex)
    guard cursor.take("{\"type\":\""), let type = cursor.restOfString() else { return nil }
    if type.is("node") { return cursor.node().map { .node($0) } }
    if type.is("block") { return cursor.block().map { .block($0) } }
    if type.is("append") { return cursor.append().map { .append($0) } }
    return nil
  }
}

/// A place in a line.
struct LineCursor {
  var position: UnsafeRawPointer
  let end: UnsafeRawPointer
  let keys: KeyTexts
  let hex: HexTables

  /// Passes the given bytes; false when others are there.
  @inline(__always)
  mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard end - position >= count, memcmp(position, text.utf8Start, count) == 0 else { return false }
    position += count
    return true
  }

  /// What follows up to the next quotation mark, which is passed. Whoever takes it makes sure that it holds no escape.
  @inline(__always)
  mutating func restOfString() -> UnsafeRawBufferPointer? {
    guard let quote = memchr(position, Int32(UInt8(ascii: "\"")), end - position) else { return nil }
    let text = UnsafeRawBufferPointer(start: position, count: UnsafeRawPointer(quote) - position)
    position = UnsafeRawPointer(quote) + 1
    return text
  }

  /// The name of the next member; its value follows. Nil at the end of the object, or when neither is there.
  @inline(__always)
  mutating func memberName() -> UnsafeRawBufferPointer? {
    guard take(",\"") else { return nil }
    guard let name = restOfString(), take(":") else {
      // What was passed is no end of a member: the line must not look as if it ended here.
      position = end
      return nil
    }
    return name
  }

  /// Whether the object and the line end here.
  @inline(__always)
  var isAtEnd: Bool { end - position == 1 && position.load(as: UInt8.self) == UInt8(ascii: "}") }

  /// An integer of up to 15 digits.
  @inline(__always)
  mutating func number() -> UInt64? {
    var value: UInt64 = 0
    let start = position
    while position < end {
      let digit = position.load(as: UInt8.self) &- 48
      guard digit < 10 else { break }
      value = value &* 10 &+ UInt64(digit)
      position += 1
      if position - start > 15 { return nil }
    }
    let count = position - start
    guard count == 1 || count > 1 && start.load(as: UInt8.self) != 48, position < end else { return nil }
    switch position.load(as: UInt8.self) {
    case UInt8(ascii: ","), UInt8(ascii: "}"): return value
    default: return nil
    }
  }

  /// A string of hex digits.
  @inline(__always)
  mutating func bytes() -> [UInt8]? {
    guard take("\""), let text = restOfString() else { return nil }
    return hex.decode(text)
  }

  /// A key in z-base-32.
  @inline(__always)
  mutating func key() -> Fixed32? {
    guard end - position > KeyTexts.textLength + 1, take("\"") else { return nil }
    guard let key = keys.key(position) else { return nil }
    position += KeyTexts.textLength
    return take("\"") ? key : nil
  }

  @inline(__always)
  mutating func flag() -> Bool? { take("true") ? true : take("false") ? false : nil }

  /// An array of places.
  @inline(__always)
  mutating func heads() -> [StreamNode.Head]? {
    guard take("[") else { return nil }
    var heads: [StreamNode.Head] = []
    if take("]") { return heads }
    while true {
      guard take("{\"core\":"), let core = key(), take(",\"length\":"), let length = number(), take("}") else {
        return nil
      }
      heads.append(StreamNode.Head(core: core, length: length))
      if take("]") { return heads }
      guard take(",") else { return nil }
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Whether the bytes are those of `text`.
  @inline(__always)
  func `is`(_ text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount && (count == 0 || memcmp(baseAddress.unsafelyUnwrapped, text.utf8Start, count) == 0)
  }
}
