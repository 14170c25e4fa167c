/// # Compact encoding
///
/// The byte format in which every structure of the Hypercore family is stored and sent. A structure is the plain
/// concatenation of its fields: no tags, no padding, no end mark. The reader must know the shape.
///
/// | primitive | bytes |
/// |---|---|
/// | `uint` n | n ≤ 0xfc: one byte; ≤ 0xffff: `fd` and 2 bytes; ≤ 0xffffffff: `fe` and 4 bytes; else `ff` and 8 bytes |
/// | `uint8` … `uint64` | 1 … 8 bytes |
/// | `int`, `int8` … `int64` | zig-zag (n ≥ 0 → 2n, n < 0 → −2n − 1), then the unsigned form of that width |
/// | `bool` | one byte, 1 or 0; any other byte reads as false |
/// | `float32`, `float64` | IEEE 754 |
/// | `buffer` | `uint` length, bytes |
/// | `string` | `uint` byte length, UTF-8 (ill-formed input is repaired with U+FFFD when read) |
/// | `fixed32`, `fixed64` | 32 or 64 bytes as they are |
/// | `array` | `uint` count (at most 2^20 when read), items |
/// | `frame` | `uint` byte length of the item, item; unread bytes of a frame are skipped |
/// | `raw` | the bytes up to the end of the input |
///
/// All integers are little endian unless their name ends in `be`. A reader accepts the longer forms of a `uint`
/// (`fd 00 00` is 0) and ignores bytes behind the last field it knows. Values above 2^53 − 1 are never written by
/// peers in JavaScript; ``Reader/uint()`` refuses them.
///
/// Writing takes two passes: ``CompactEncodable/measure(_:)`` adds up the exact size, then
/// ``CompactEncodable/encode(into:)`` fills one allocation of that size. Reading borrows the input
/// (``Reader`` does not escape) and never allocates more than the bytes that remain can fill.
///
/// Source: spec 01 §1, spec 04 §1.

/// A value with a compact encoding that can be written.
public protocol CompactEncodable {
  /// Adds the exact number of bytes that ``encode(into:)`` will write.
  func measure(_ size: inout Size)
  /// Writes the value. Writes exactly what ``measure(_:)`` announced.
  func encode(into writer: inout Writer)
}

/// A value with a compact encoding that can be read.
public protocol CompactDecodable {
  /// Reads one value and leaves the reader behind it.
  init(from reader: inout Reader) throws(DecodingError)
}

/// A value with a compact encoding.
public typealias CompactCodable = CompactEncodable & CompactDecodable

extension CompactEncodable {
  /// The encoded bytes, in one allocation of the exact size.
  @inlinable
  public func encoded() -> [UInt8] {
    var size = Size()
    measure(&size)
    return Writer.bytes(count: size.count) { writer in encode(into: &writer) }
  }
}

extension CompactDecodable {
  /// Decodes a value from the start of `bytes`. Trailing bytes are ignored, as the reference does: that is how
  /// fields are appended to a format over time.
  @inlinable
  public init(decoding bytes: [UInt8]) throws(DecodingError) {
    var reader = Reader(bytes.span.bytes)
    try self.init(from: &reader)
  }

  /// Decodes a value from the start of `bytes`. Trailing bytes are ignored.
  @inlinable
  public init(decoding bytes: RawSpan) throws(DecodingError) {
    var reader = Reader(bytes)
    try self.init(from: &reader)
  }
}
