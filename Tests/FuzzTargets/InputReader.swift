/// Takes the decisions and the pieces of an input apart, for targets that try more than one call.
struct InputReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position >= bytes.count }

  /// The next byte; 0 at the end.
  mutating func byte() -> UInt8 {
    guard position < bytes.count else { return 0 }
    defer { position += 1 }
    return bytes[position]
  }

  /// A number below `limit`.
  mutating func number(below limit: Int) -> Int { Int(byte()) % limit }

  /// A number of any size: one byte says how many follow.
  mutating func number() -> UInt64 {
    let first = byte()
    guard first >= 0xf8 else { return UInt64(first) }
    var value: UInt64 = 0
    for _ in 0...(first - 0xf8) { value = value << 8 | UInt64(byte()) }
    return value
  }

  /// Bytes behind their number: one byte, or two big endian from 0x80 on.
  mutating func piece() -> [UInt8] {
    let first = Int(byte())
    let count = first < 0x80 ? first : (first & 0x7f) << 8 | Int(byte())
    return take(count)
  }

  /// Everything that is left.
  mutating func rest() -> [UInt8] { take(.max) }

  private mutating func take(_ count: Int) -> [UInt8] {
    let end = min(bytes.count, position + min(count, bytes.count))
    defer { position = end }
    return Array(bytes[min(position, end)..<end])
  }

  /// An input from which ``piece()`` takes these pieces.
  static func pieces(_ pieces: [[UInt8]]) -> [UInt8] {
    pieces.flatMap { piece in
      let count = min(piece.count, 0x7fff)
      let head = count < 0x80 ? [UInt8(count)] : [UInt8(0x80 | count >> 8), UInt8(count & 0xff)]
      return head + piece.prefix(count)
    }
  }
}
