extension Reader {
  /// A signed integer in zig-zag form over `width` bytes (1 to 8).
  public mutating func int(width: Int) throws(DecodingError) -> Int64 { zigzagDecode(try uint(width: width)) }

  /// Four bytes, big endian.
  @inlinable public mutating func uint32BigEndian() throws(DecodingError) -> UInt32 { try uint32().byteSwapped }
  /// Eight bytes, big endian, whatever the value.
  @inlinable public mutating func uint64BigEndian() throws(DecodingError) -> UInt64 { try uint64().byteSwapped }

  /// Eight bytes holding the zig-zag form of a 64-bit integer (`bigint64`).
  @inlinable public mutating func bigint64() throws(DecodingError) -> Int64 { zigzagDecode(try uint64()) }

  /// An unsigned integer of any size: `uint` count of 64-bit words, words least significant first (`biguint`).
  public mutating func biguint() throws(DecodingError) -> BigInteger { BigInteger(words: try words()) }

  /// A signed integer of any size: the zig-zag form as `biguint`.
  public mutating func bigint() throws(DecodingError) -> BigInteger { BigInteger(zigzagWords: try words()) }

  private mutating func words() throws(DecodingError) -> [UInt64] {
    let count = try uint()
    guard count <= BigInteger.maximumWordCount else { throw .numberTooLarge(count) }
    guard count <= UInt64(remaining / 8) else { throw .outOfBounds(needed: count, remaining: remaining) }
    var words: [UInt64] = []
    words.reserveCapacity(Int(count))
    for _ in 0..<count { words.append(try uint64()) }
    return words
  }

  /// An order-preserving integer below 2^32.
  ///
  /// - Throws: `unknown` for the floating form of larger numbers, which no package of the family writes.
  public mutating func lexint() throws(DecodingError) -> UInt64 {
    let first = UInt64(try uint8())
    guard first > 250 else { return first }
    guard first < 255 else { throw .unknown(what: "lexint form", value: first) }
    let width = Int(first - 250)
    let start = try take(UInt64(width))
    var value: UInt64 = 0
    for i in 0..<width { value = value << 8 | UInt64(bytes.unsafeLoad(fromByteOffset: start + i, as: UInt8.self)) }
    return value + 251
  }

  /// The value of a bit field: a `uint`, whatever the length of the field.
  public mutating func bitfield() throws(DecodingError) -> UInt64 { try uintUnchecked() }

  /// Integers of a fixed width behind a `uint` count of them (`uint16array`, `int32array` …): little endian, two's
  /// complement.
  public mutating func integers<T: FixedWidthInteger & BitwiseCopyable>(
    of _: T.Type = T.self
  )
    throws(DecodingError) -> [T]
  {
    let width = UInt64(MemoryLayout<T>.size)
    let count = try uint()
    guard count <= UInt64(remaining) / width else { throw .outOfBounds(needed: count, remaining: remaining) }
    var items: [T] = []
    items.reserveCapacity(Int(count))
    for _ in 0..<count { items.append(try load(T.self)) }
    return items
  }

  /// Milliseconds since 1970-01-01 UTC.
  public mutating func date() throws(DecodingError) -> Int64 { try int() }
}
