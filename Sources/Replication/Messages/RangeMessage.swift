public import CompactEncoding

/// Blocks that the sender has now, or no longer has.
///
/// ```
/// uint flags (1 drop, 2 the length is 1 and left out) ‖ uint start ‖ [uint length]
/// ```
///
/// Source: spec 02 §5.1, §6.4.
public struct RangeMessage: Hashable, Sendable {
  /// The sender has them no longer.
  public var drop: Bool
  /// First block.
  public var start: UInt64
  /// Number of blocks.
  public var length: UInt64

  /// A range.
  public init(drop: Bool = false, start: UInt64, length: UInt64) {
    self.drop = drop
    self.start = start
    self.length = length
  }
}

extension RangeMessage: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.uint(0)
    size.uint(start)
    if length != 1 { size.uint(length) }
  }

  public func encode(into writer: inout Writer) {
    writer.uint((drop ? 1 : 0) | (length == 1 ? 2 : 0))
    writer.uint(start)
    if length != 1 { writer.uint(length) }
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try reader.uint()
    drop = flags & 1 != 0
    start = try reader.uint()
    length = flags & 2 != 0 ? 1 : try reader.uint()
  }
}
