public import CompactEncoding

/// Which blocks the sender has: bit i of word w stands for block start + 32·w + i.
///
/// ```
/// uint start (a multiple of 32) ‖ uint word count ‖ words, each 32 bits little-endian
/// ```
///
/// Source: spec 02 §5.1.
public struct BitfieldMessage: Hashable, Sendable {
  /// First block.
  public var start: UInt64
  /// The bits.
  public var words: [UInt32]

  /// Bits from `start` on.
  public init(start: UInt64, words: [UInt32]) {
    self.start = start
    self.words = words
  }
}

extension BitfieldMessage: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.uint(start)
    size.integers(words)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(start)
    writer.integers(words)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    start = try reader.uint()
    words = try reader.integers()
  }
}
