/// 32 bytes held inline: a core key, a discovery key, a hash, a public key, a namespace.
///
/// Hashing and comparing work on four words, so that dictionaries keyed by core keys need no allocation.
/// The order is that of the bytes, as in the field's tie-break rules.
@frozen
public struct Fixed32: Sendable {
  @usableFromInline var words: InlineArray<4, UInt64>

  /// 32 zero bytes.
  @inlinable public init() { words = InlineArray(repeating: 0) }

  /// Exactly 32 bytes, or nil for any other count.
  @inlinable
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    self.init(unchecked: bytes.span.bytes, at: 0)
  }

  /// Exactly 32 bytes, or nil for any other count.
  @inlinable
  public init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count == 32 else { return nil }
    self.init()
    _ = Swift.withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
  }

  @inlinable
  init(unchecked bytes: RawSpan, at offset: Int) {
    self.init()
    for i in 0..<4 { words[i] = bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset + 8 * i, as: UInt64.self) }
  }

  /// 32 bytes filled in by `body`, which must write all of them.
  @inlinable
  public init(unsafeUninitialized body: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
    self.init()
    try Swift.withUnsafeMutableBytes(of: &words, body)
  }

  /// The bytes as an array.
  @inlinable public var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

  /// Calls `body` with the 32 bytes.
  @inlinable
  public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try Swift.withUnsafeBytes(of: words, body)
  }
}

extension Fixed32: Hashable {
  @inlinable
  public static func == (a: Fixed32, b: Fixed32) -> Bool {
    a.words[0] == b.words[0] && a.words[1] == b.words[1] && a.words[2] == b.words[2] && a.words[3] == b.words[3]
  }

  @inlinable
  public func hash(into hasher: inout Hasher) {
    for i in 0..<4 { hasher.combine(words[i]) }
  }
}

extension Fixed32: Comparable {
  @inlinable
  public static func < (a: Fixed32, b: Fixed32) -> Bool {
    for i in 0..<4 where a.words[i] != b.words[i] {
      return UInt64(bigEndian: a.words[i]) < UInt64(bigEndian: b.words[i])
    }
    return false
  }
}

extension Fixed32: CompactEncodable, CompactDecodable {
  @inlinable public func measure(_ size: inout Size) { size.fixed32() }
  @inlinable public func encode(into writer: inout Writer) { writer.fixed32(self) }
  @inlinable public init(from reader: inout Reader) throws(DecodingError) { self = try reader.fixed32() }
}

extension Fixed32: CustomStringConvertible {
  /// The bytes as 64 lowercase hex digits.
  public var description: String { Hex.encode(bytes) }
}
