extension Writer {
  /// The low `width` bytes (1 to 8) of a signed integer's zig-zag form. Higher bits are dropped.
  public mutating func int(_ value: Int64, width: Int) { uint(zigzagEncode(value), width: width) }

  /// Four bytes, big endian.
  @inlinable public mutating func uint32BigEndian(_ value: UInt32) { uint32(value.byteSwapped) }
  /// Eight bytes, big endian.
  @inlinable public mutating func uint64BigEndian(_ value: UInt64) { uint64(value.byteSwapped) }

  /// The zig-zag form of a 64-bit integer in eight bytes (`bigint64`).
  @inlinable public mutating func bigint64(_ value: Int64) { uint64(zigzagEncode(value)) }

  /// The magnitude of an integer of any size: `uint` count of 64-bit words, words least significant first (`biguint`).
  public mutating func biguint(_ value: BigInteger) { words(value.words) }

  /// A signed integer of any size: the zig-zag form as `biguint`.
  public mutating func bigint(_ value: BigInteger) { words(value.zigzagWords) }

  private mutating func words(_ words: [UInt64]) {
    uint(UInt64(words.count))
    for word in words { uint64(word) }
  }

  /// An order-preserving integer. It must be below 2^32.
  public mutating func lexint(_ value: UInt64) {
    precondition(value < 1 << 32, "a lexint is below 2^32")
    guard value > 250 else { return uint8(UInt8(value)) }
    let width = lexintSize(value) - 1
    uint8(UInt8(250 + width))
    let rest = value - 251
    for i in (0..<width).reversed() { uint8(UInt8(truncatingIfNeeded: rest >> (8 * i))) }
  }

  /// The value of a bit field of `length` bits (at most 64), in the `uint` form that its length takes. From 8 bits on
  /// it has a leading byte, whatever the value.
  public mutating func bitfield(_ value: UInt64, length: Int) {
    let width = bitfieldSize(length: length) - 1
    guard width > 0 else { return uint8(UInt8(truncatingIfNeeded: value)) }
    uint8(width == 2 ? 0xfd : width == 4 ? 0xfe : 0xff)
    uint(value, width: width)
  }

  /// Integers of a fixed width behind a `uint` count of them (`uint16array`, `int32array` …): little endian, two's
  /// complement.
  public mutating func integers<T: FixedWidthInteger & BitwiseCopyable>(_ items: [T]) {
    uint(UInt64(items.count))
    for item in items { store(item) }
  }

  /// Milliseconds since 1970-01-01 UTC.
  public mutating func date(_ milliseconds: Int64) { int(milliseconds) }
}

extension Size {
  /// An unsigned integer of any size.
  public mutating func biguint(_ value: BigInteger) { words(value.words.count) }
  /// A signed integer of any size.
  public mutating func bigint(_ value: BigInteger) { words(value.zigzagWords.count) }
  /// An order-preserving integer below 2^32.
  public mutating func lexint(_ value: UInt64) { count += lexintSize(value) }
  /// A bit field of `length` bits.
  public mutating func bitfield(length: Int) { count += bitfieldSize(length: length) }
  /// Integers of a fixed width behind their count.
  public mutating func integers<T: FixedWidthInteger>(_ items: [T]) {
    uint(UInt64(items.count))
    raw(items.count * MemoryLayout<T>.size)
  }
  /// Milliseconds since 1970-01-01 UTC.
  public mutating func date(_ milliseconds: Int64) { int(milliseconds) }

  private mutating func words(_ count: Int) {
    uint(UInt64(count))
    raw(8 * count)
  }
}

/// Bytes of an order-preserving integer: 1 up to 250, else a leading byte and as many as the number itself needs.
func lexintSize(_ value: UInt64) -> Int {
  value < 251 ? 1 : value < 1 << 8 ? 2 : value < 1 << 16 ? 3 : value < 1 << 24 ? 4 : 5
}

/// Bytes of a bit field: 1 below 8 bits, else a leading byte and 2, 4 or 8.
func bitfieldSize(length: Int) -> Int {
  precondition((0...64).contains(length), "a bit field has at most 64 bits")
  return length < 8 ? 1 : length <= 16 ? 3 : length <= 32 ? 5 : 9
}
