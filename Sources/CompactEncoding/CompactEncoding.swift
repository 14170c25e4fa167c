/// # Compact encoding
///
/// The byte format in which every structure of the Hypercore family is stored and sent. A structure is the plain
/// concatenation of its fields: no tags, no padding, no end mark. The reader must know the shape.
///
/// | primitive | bytes |
/// |---|---|
/// | `uint` n | n ≤ 0xfc: one byte; ≤ 0xffff: `fd` and 2 bytes; ≤ 0xffffffff: `fe` and 4 bytes; else `ff` and 8 bytes |
/// | `uint8`, `uint16`, `uint24` … `uint64` | 1 … 8 bytes; higher bits are dropped |
/// | `uint32be`, `uint64be` | 4, 8 bytes, big endian |
/// | `int`, `int8` … `int64` | zig-zag (n ≥ 0 → 2n, n < 0 → −2n − 1), then the unsigned form of that width |
/// | `biguint64`, `bigint64` | 8 bytes, the signed one in zig-zag form |
/// | `biguint`, `bigint` | `uint` count of 64-bit words (0 for zero), at most 1024 when read, words least significant first; `bigint` zig-zags first |
/// | `lexint` n | n < 251: one byte; else `fb` `fc` `fd` `fe` for n < 2^8, 2^16, 2^24, 2^32, and n − 251 in 1 to 4 bytes big endian. Sorts as the numbers do |
/// | `bool` | one byte, 1 or 0; any other byte reads as false |
/// | `float32`, `float64` | IEEE 754 |
/// | `buffer` | `uint` length, bytes |
/// | `optionalBuffer` | the same, where no bytes and nothing are one and read as null |
/// | `string` | `uint` byte length, UTF-8 (ill-formed input is repaired with U+FFFD when read) |
/// | `ascii`, `hex`, `base64`, `ucs2` | `uint` byte length, the bytes that the text spells |
/// | `fixed32`, `fixed64`, `fixed(n)` | 32, 64 or n bytes as they are |
/// | `date` | `int` milliseconds since 1970-01-01 UTC |
/// | `json`, `ndjson` | `uint` byte length, JSON text without spaces, for `ndjson` a newline behind it |
/// | `port` | `uint16` |
/// | `ipv4`, `ipv6` | 4 or 16 bytes in network order |
/// | `ip` | family byte 4 or 6 (others read as 6), then the address |
/// | `ipv4Address`, `ipv6Address`, `ipAddress` | the address, then `port` |
/// | `bitfield(n)` | n < 8: one byte; ≤ 16: `fd` and 2 bytes; ≤ 32: `fe` and 4; ≤ 64: `ff` and 8, whatever the value |
/// | `uint8array` … `float64array` | `uint` count of numbers, the numbers as they are (signed ones in two's complement) |
/// | `array` | `uint` count (at most 2^20 when read), items |
/// | `record` | `uint` count, then key and value of each pair, in the order of the object |
/// | `frame` | `uint` byte length of the item, item; unread bytes of a frame are skipped |
/// | `any` | `uint` tag, then the value: 0 null, 1 `bool`, 2 `string`, 3 `buffer`, 4 `uint`, 5 negative `int`, 6 `float64`, 7 `uint` count and `any` …, 8 `uint` count and (`string`, `any`) …, 9 `date` |
/// | `raw` | the bytes up to the end of the input |
/// | `none` | nothing |
///
/// All integers are little endian unless their name ends in `be`. A reader accepts the longer forms of a `uint`
/// (`fd 00 00` is 0) and ignores bytes behind the last field it knows. Values above 2^53 − 1 are never written by
/// peers in JavaScript; ``Reader/uint()`` refuses them.
///
/// Writing takes two passes: ``CompactEncodable/measure(_:)`` adds up the exact size, then
/// ``CompactEncodable/encode(into:)`` fills one allocation of that size. Reading borrows the input
/// (``Reader`` does not escape) and never allocates more than the bytes that remain can fill.
///
/// Structures known when the program is written are types with these two protocols. Those known only when it runs are
/// ``Value``s, written and read by a ``Codec`` or ``Primitive`` that is known by name.
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
