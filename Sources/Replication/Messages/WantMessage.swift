public import CompactEncoding

/// Asks which of a range of blocks the receiver has, and to be told of changes; as *unwant* it ends that.
///
/// ```
/// uint start ‖ uint length ‖ [uint flags (1 any), only when not zero]
/// ```
///
/// Source: spec 02 §5.1, §6.4.
public struct WantMessage: Hashable, Sendable {
  /// First block.
  public var start: UInt64
  /// Number of blocks.
  public var length: UInt64
  /// One block of the range is enough.
  public var any: Bool

  /// A range.
  public init(start: UInt64, length: UInt64, any: Bool = false) {
    self.start = start
    self.length = length
    self.any = any
  }
}

extension WantMessage: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.uint(start)
    size.uint(length)
    if any { size.uint(1) }
  }

  public func encode(into writer: inout Writer) {
    writer.uint(start)
    writer.uint(length)
    if any { writer.uint(1) }
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    start = try reader.uint()
    length = try reader.uint()
    any = reader.remaining > 0 ? try reader.uint() & 1 != 0 : false
  }
}
