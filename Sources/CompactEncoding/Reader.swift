/// Reads compact-encoded primitives from borrowed bytes.
///
/// Every read checks its bounds first and leaves the position unchanged when it throws `outOfBounds`.
public struct Reader: ~Escapable {
  @usableFromInline let bytes: RawSpan
  /// Byte offset of the next read from the start of the input.
  @inlinable public var position: Int { offset }
  @usableFromInline var offset: Int
  @usableFromInline var emptyItemCount = 0

  /// A reader at the start of `bytes`.
  @inlinable
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) {
    self.bytes = bytes
    offset = 0
  }

  /// Number of bytes not read yet.
  @inlinable public var remaining: Int { bytes.byteCount - offset }

  /// Checks that `count` bytes remain and moves behind them; returns where they start.
  @inlinable
  mutating func take(_ count: UInt64) throws(DecodingError) -> Int {
    guard count <= UInt64(remaining) else { throw .outOfBounds(needed: count, remaining: remaining) }
    let start = offset
    offset += Int(count)
    return start
  }

  @inlinable
  mutating func load<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws(DecodingError) -> T {
    let start = try take(UInt64(MemoryLayout<T>.size))
    return T(littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: T.self))
  }

  // MARK: Integers

  /// A variable-length unsigned integer of up to 64 bits, whatever its value.
  @inlinable
  public mutating func uintUnchecked() throws(DecodingError) -> UInt64 {
    let first = try uint8()
    switch first {
    case 0xfd: return UInt64(try uint16())
    case 0xfe: return UInt64(try uint32())
    case 0xff: return try uint64()
    default: return UInt64(first)
    }
  }

  /// A variable-length unsigned integer of at most 2^53 − 1: a length, an index, a size, a counter.
  @inlinable
  public mutating func uint() throws(DecodingError) -> UInt64 {
    let value = try uintUnchecked()
    guard value <= maximumSafeInteger else { throw .numberTooLarge(value) }
    return value
  }

  /// A signed integer in zig-zag form over `uint`.
  @inlinable
  public mutating func int() throws(DecodingError) -> Int64 { zigzagDecode(try uint()) }

  /// One byte.
  @inlinable public mutating func uint8() throws(DecodingError) -> UInt8 { try load(UInt8.self) }
  /// Two bytes, little endian.
  @inlinable public mutating func uint16() throws(DecodingError) -> UInt16 { try load(UInt16.self) }
  /// Four bytes, little endian.
  @inlinable public mutating func uint32() throws(DecodingError) -> UInt32 { try load(UInt32.self) }
  /// Eight bytes, little endian, whatever the value.
  @inlinable public mutating func uint64() throws(DecodingError) -> UInt64 { try load(UInt64.self) }

  /// An unsigned little-endian integer of `width` bytes (1 to 8).
  public mutating func uint(width: Int) throws(DecodingError) -> UInt64 {
    precondition((1...8).contains(width), "an integer is 1 to 8 bytes wide")
    let start = try take(UInt64(width))
    var value: UInt64 = 0
    for i in 0..<width { value |= UInt64(bytes.unsafeLoad(fromByteOffset: start + i, as: UInt8.self)) << (8 * i) }
    return value
  }

  // MARK: Other primitives

  /// One byte; only 1 is true.
  @inlinable public mutating func bool() throws(DecodingError) -> Bool { try uint8() == 1 }

  /// A 32-bit IEEE 754 number.
  public mutating func float32() throws(DecodingError) -> Float { Float(bitPattern: try uint32()) }
  /// A 64-bit IEEE 754 number.
  public mutating func float64() throws(DecodingError) -> Double { Double(bitPattern: try uint64()) }

  /// `count` bytes as they are.
  @inlinable
  public mutating func raw(count: Int) throws(DecodingError) -> [UInt8] {
    precondition(count >= 0, "a byte count is not negative")
    let start = try take(UInt64(count))
    return bytes.extracting(start..<start + count).array
  }

  /// Everything up to the end of the input.
  @inlinable
  public mutating func rest() -> [UInt8] {
    let start = offset
    offset = bytes.byteCount
    return bytes.extracting(start..<offset).array
  }

  /// Bytes behind a `uint` length. Length 0 is an empty array.
  @inlinable
  public mutating func buffer() throws(DecodingError) -> [UInt8] {
    let count = try uint()
    let start = try take(count)
    return bytes.extracting(start..<start + Int(count)).array
  }

  /// Bytes behind a `uint` length, where length 0 means absent.
  @inlinable
  public mutating func optionalBuffer() throws(DecodingError) -> [UInt8]? {
    let bytes = try buffer()
    return bytes.isEmpty ? nil : bytes
  }

  /// UTF-8 behind a `uint` byte length; ill-formed sequences become U+FFFD.
  @inlinable
  public mutating func string() throws(DecodingError) -> String {
    let count = try uint()
    let start = try take(count)
    return bytes.extracting(start..<start + Int(count)).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// 32 bytes: a key, a hash, a discovery key.
  @inlinable
  public mutating func fixed32() throws(DecodingError) -> Fixed32 {
    let start = try take(32)
    return Fixed32(unchecked: bytes, at: start)
  }

  /// 64 bytes: an Ed25519 signature, a Noise hash.
  @inlinable public mutating func fixed64() throws(DecodingError) -> [UInt8] { try raw(count: 64) }

  // MARK: Containers

  /// A count of items, refused above 2^20 and above what the remaining bytes could hold.
  ///
  /// - Parameter minimumSize: the fewest bytes an item can take; bounds what a hostile count can make us allocate.
  @inlinable
  public mutating func count(minimumSize: Int = 1) throws(DecodingError) -> Int {
    let count = try uint()
    guard count <= maximumArrayCount else { throw .arrayTooBig(count) }
    guard count * UInt64(minimumSize) <= UInt64(remaining) else {
      throw .outOfBounds(needed: count * UInt64(minimumSize), remaining: remaining)
    }
    return Int(count)
  }

  /// A count of items that may take no bytes at all: at most ``maximumEmptyItemCount`` more than bytes remain.
  @inlinable
  public mutating func countOfEmptyItems() throws(DecodingError) -> Int {
    let count = try uint()
    guard count <= UInt64(remaining + maximumEmptyItemCount) else { throw .arrayTooBig(count) }
    return Int(count)
  }

  /// Counts an item that was read from no bytes. Of those there may be ``maximumEmptyItemCount`` in all: arrays of
  /// arrays of nothing would otherwise grow with the square of their bytes.
  @inlinable
  public mutating func countEmptyItem() throws(DecodingError) {
    emptyItemCount += 1
    guard emptyItemCount <= maximumEmptyItemCount else { throw .arrayTooBig(UInt64(emptyItemCount)) }
  }

  /// An array of items with their own encoding.
  ///
  /// - Parameter minimumSize: the fewest bytes an item can take, at least 1.
  @inlinable
  public mutating func array<T: CompactDecodable>(
    of type: T.Type = T.self, minimumSize: Int = 1
  )
    throws(DecodingError) -> [T]
  {
    let count = try count(minimumSize: minimumSize)
    var items: [T] = []
    items.reserveCapacity(count)
    for _ in 0..<count { items.append(try T(from: &self)) }
    return items
  }

  /// Reads one value of type `T`.
  @inlinable
  public mutating func value<T: CompactDecodable>(_ type: T.Type = T.self) throws(DecodingError) -> T {
    try T(from: &self)
  }

  /// A value inside a length-prefixed frame. Bytes of the frame that the value does not read are skipped.
  ///
  /// - Throws: `outOfBounds` when the frame is longer than the input, or the value longer than its frame.
  @inlinable
  public mutating func frame<T: CompactDecodable>(_ type: T.Type = T.self) throws(DecodingError) -> T {
    let count = try uint()
    let start = try take(count)
    var inner = Reader(bytes.extracting(start..<start + Int(count)))
    return try T(from: &inner)
  }

  /// The bytes of a length-prefixed frame, as a reader confined to it.
  @inlinable
  @_lifetime(copy self)
  public mutating func frameReader() throws(DecodingError) -> Reader {
    let count = try uint()
    let start = try take(count)
    return Reader(bytes.extracting(start..<start + Int(count)))
  }
}

/// 2^53 − 1, the largest integer a JavaScript peer can write.
public let maximumSafeInteger: UInt64 = 0x1f_ffff_ffff_ffff

/// The most items an array may announce when read: 2^20.
public let maximumArrayCount: UInt64 = 0x100000

/// How many items of arrays may be read from no bytes.
public let maximumEmptyItemCount = 64

/// Maps a signed number to an unsigned one: n ≥ 0 → 2n, n < 0 → −2n − 1.
@inlinable
public func zigzagEncode(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value << 1) ^ (value >> 63)) }

/// The inverse of ``zigzagEncode(_:)``.
@inlinable
public func zigzagDecode(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }

extension RawSpan {
  /// A copy of the bytes.
  @inlinable
  public var array: [UInt8] {
    withUnsafeBytes { source in
      [UInt8](unsafeUninitializedCapacity: source.count) { target, count in
        UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
        count = source.count
      }
    }
  }
}
