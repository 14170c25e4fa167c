/// Adds up the encoded size of a structure, in bytes, field by field.
public struct Size {
  /// Bytes counted so far.
  public var count = 0

  /// Nothing counted yet.
  @inlinable public init() {}

  /// A variable-length unsigned integer.
  @inlinable public mutating func uint(_ value: UInt64) { count += uintSize(value) }
  /// A signed integer in zig-zag form.
  @inlinable public mutating func int(_ value: Int64) { count += uintSize(zigzagEncode(value)) }
  /// `count` bytes as they are.
  @inlinable public mutating func raw(_ byteCount: Int) { count += byteCount }
  /// A flag byte, `uint8` or `bool`.
  @inlinable public mutating func byte() { count += 1 }
  /// Bytes behind their length.
  @inlinable public mutating func buffer(_ bytes: [UInt8]) { count += uintSize(UInt64(bytes.count)) + bytes.count }
  /// Bytes behind their length; absent takes one byte.
  @inlinable public mutating func optionalBuffer(_ bytes: [UInt8]?) { buffer(bytes ?? []) }
  /// UTF-8 behind its byte length.
  @inlinable public mutating func string(_ text: String) {
    let bytes = text.utf8.count
    count += uintSize(UInt64(bytes)) + bytes
  }
  /// 32 bytes.
  @inlinable public mutating func fixed32() { count += 32 }
  /// 64 bytes.
  @inlinable public mutating func fixed64() { count += 64 }

  /// A value with its own encoding.
  @inlinable public mutating func value(_ value: some CompactEncodable) { value.measure(&self) }

  /// An array with its count.
  @inlinable
  public mutating func array<T: CompactEncodable>(_ items: [T]) {
    uint(UInt64(items.count))
    for item in items { item.measure(&self) }
  }

  /// A value inside a length-prefixed frame.
  @inlinable
  public mutating func frame(_ value: some CompactEncodable) {
    var inner = Size()
    value.measure(&inner)
    count += uintSize(UInt64(inner.count)) + inner.count
  }
}

/// Number of bytes of a variable-length unsigned integer: 1, 3, 5 or 9.
@inlinable
public func uintSize(_ value: UInt64) -> Int {
  value <= 0xfc ? 1 : value <= 0xffff ? 3 : value <= 0xffff_ffff ? 5 : 9
}

/// Fills a buffer of the exact size that ``Size`` announced.
///
/// A write past the announced size is a programming error and stops the program: the check stays on in release
/// builds, since a silent overrun would corrupt a signed structure.
public struct Writer: ~Copyable {
  @usableFromInline let base: UnsafeMutableRawPointer
  @usableFromInline let capacity: Int
  /// Bytes written so far.
  @inlinable public var position: Int { offset }
  @usableFromInline var offset = 0

  @usableFromInline
  init(base: UnsafeMutableRawPointer, capacity: Int) {
    self.base = base
    self.capacity = capacity
  }

  /// Allocates `count` bytes and lets `body` fill all of them.
  @inlinable
  public static func bytes(count: Int, _ body: (inout Writer) -> Void) -> [UInt8] {
    guard count > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard let base = buffer.baseAddress else { preconditionFailure("an allocation has an address") }
      var writer = Writer(base: UnsafeMutableRawPointer(base), capacity: count)
      body(&writer)
      precondition(writer.position == count, "encoded size differs from the measured size")
      initialized = count
    }
  }

  @inlinable
  mutating func advance(_ count: Int) -> UnsafeMutableRawPointer {
    precondition(count <= capacity - offset, "encoded size exceeds the measured size")
    let target = base + offset
    offset += count
    return target
  }

  @inlinable
  mutating func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    advance(MemoryLayout<T>.size).storeBytes(of: value.littleEndian, as: T.self)
  }

  // MARK: Integers

  /// A variable-length unsigned integer in its shortest form.
  @inlinable
  public mutating func uint(_ value: UInt64) {
    if value <= 0xfc {
      store(UInt8(value))
    } else if value <= 0xffff {
      store(UInt8(0xfd))
      store(UInt16(value))
    } else if value <= 0xffff_ffff {
      store(UInt8(0xfe))
      store(UInt32(value))
    } else {
      store(UInt8(0xff))
      store(value)
    }
  }

  /// A signed integer in zig-zag form over `uint`.
  @inlinable public mutating func int(_ value: Int64) { uint(zigzagEncode(value)) }
  /// One byte.
  @inlinable public mutating func uint8(_ value: UInt8) { store(value) }
  /// Two bytes, little endian.
  @inlinable public mutating func uint16(_ value: UInt16) { store(value) }
  /// Four bytes, little endian.
  @inlinable public mutating func uint32(_ value: UInt32) { store(value) }
  /// Eight bytes, little endian.
  @inlinable public mutating func uint64(_ value: UInt64) { store(value) }

  /// The low `width` bytes (1 to 8) of a number, little endian. Higher bits are dropped.
  public mutating func uint(_ value: UInt64, width: Int) {
    precondition((1...8).contains(width), "an integer is 1 to 8 bytes wide")
    for i in 0..<width { store(UInt8(truncatingIfNeeded: value >> (8 * i))) }
  }

  // MARK: Other primitives

  /// One byte, 1 or 0.
  @inlinable public mutating func bool(_ value: Bool) { store(UInt8(value ? 1 : 0)) }
  /// A 32-bit IEEE 754 number.
  public mutating func float32(_ value: Float) { store(value.bitPattern) }
  /// A 64-bit IEEE 754 number.
  public mutating func float64(_ value: Double) { store(value.bitPattern) }

  /// Bytes as they are.
  @inlinable
  public mutating func raw(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { source in
      guard let from = source.baseAddress, source.count > 0 else { return }
      advance(source.count).copyMemory(from: from, byteCount: source.count)
    }
  }

  /// Bytes behind their length.
  @inlinable
  public mutating func buffer(_ bytes: [UInt8]) {
    uint(UInt64(bytes.count))
    raw(bytes)
  }

  /// Bytes behind their length; absent is length 0.
  @inlinable public mutating func optionalBuffer(_ bytes: [UInt8]?) { buffer(bytes ?? []) }

  /// UTF-8 behind its byte length.
  @inlinable
  public mutating func string(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      uint(UInt64(utf8.count))
      if let from = utf8.baseAddress, utf8.count > 0 {
        advance(utf8.count).copyMemory(from: from, byteCount: utf8.count)
      }
    }
  }

  /// 32 bytes.
  @inlinable
  public mutating func fixed32(_ value: Fixed32) {
    value.withUnsafeBytes { advance(32).copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: 32) }
  }

  /// 64 bytes; stops the program on any other size.
  @inlinable
  public mutating func fixed64(_ bytes: [UInt8]) {
    precondition(bytes.count == 64, "a fixed64 has 64 bytes")
    raw(bytes)
  }

  // MARK: Containers

  /// A value with its own encoding.
  @inlinable public mutating func value(_ value: some CompactEncodable) { value.encode(into: &self) }

  /// An array with its count.
  @inlinable
  public mutating func array<T: CompactEncodable>(_ items: [T]) {
    uint(UInt64(items.count))
    for item in items { item.encode(into: &self) }
  }

  /// A value inside a length-prefixed frame.
  @inlinable
  public mutating func frame(_ value: some CompactEncodable) {
    var inner = Size()
    value.measure(&inner)
    uint(UInt64(inner.count))
    value.encode(into: &self)
  }
}
