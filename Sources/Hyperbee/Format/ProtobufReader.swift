/// Reads protocol buffer fields out of part of a block. Every length is checked against the bytes that remain.
struct ProtobufReader {
  let bytes: [UInt8]
  private(set) var position: Int
  let end: Int

  init(_ bytes: [UInt8], in range: Range<Int>? = nil) {
    self.bytes = bytes
    position = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
  }

  var isAtEnd: Bool { position >= end }

  /// A base-128 number, least significant group first; nil when it is cut off or exceeds 64 bits.
  mutating func varint() -> UInt64? {
    guard position < end else { return nil }
    let first = bytes[position]
    if first < 0x80 {
      position += 1
      return UInt64(first)
    }
    var value: UInt64 = 0
    var shift: UInt64 = 0
    var index = position
    while index < end, shift < 64 {
      let byte = bytes[index]
      guard shift < 63 || byte <= 1 else { return nil }
      value |= UInt64(byte & 0x7f) << shift
      index += 1
      if byte < 0x80 {
        position = index
        return value
      }
      shift += 7
    }
    return nil
  }

  /// Where the bytes behind a length lie; nil when they are cut off.
  mutating func delimited() -> Range<Int>? {
    guard let count = varint(), count <= UInt64(end - position) else { return nil }
    let start = position
    position += Int(count)
    return start..<position
  }

  /// The next field of wire type 2, skipping others; nil at the end.
  ///
  /// - Throws: ``Malformed`` when a field is cut off or has a wire type that cannot be skipped.
  mutating func field() throws(Malformed) -> (number: UInt64, range: Range<Int>)? {
    while !isAtEnd {
      guard let tag = varint() else { throw Malformed() }
      switch tag & 7 {
      case 0: if varint() == nil { throw Malformed() }
      case 1: try skip(8)
      case 2:
        guard let range = delimited() else { throw Malformed() }
        return (tag >> 3, range)
      case 5: try skip(4)
      default: throw Malformed()
      }
    }
    return nil
  }

  private mutating func skip(_ count: Int) throws(Malformed) {
    guard end - position >= count else { throw Malformed() }
    position += count
  }

  /// The bytes are not a message.
  struct Malformed: Error {}
}
