public import CompactEncoding

/// What the system view says about one writer.
///
/// Encoded as `flags uint {1: isIndexer, 2: isRemoved} · length uint` (spec 03 §2.5).
public struct Member: Sendable, Hashable {
  /// Whether its nodes are votes.
  public var isIndexer: Bool
  /// Whether it is no member any more, or never was one.
  public var isRemoved: Bool
  /// Number of its nodes that have been applied.
  public var length: UInt64

  /// A member record.
  public init(isIndexer: Bool, isRemoved: Bool, length: UInt64) {
    self.isIndexer = isIndexer
    self.isRemoved = isRemoved
    self.length = length
  }
}

extension Member: CompactCodable {
  public func measure(_ size: inout Size) {
    size.uint(flags)
    size.uint(length)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(flags)
    writer.uint(length)
  }

  private var flags: UInt64 { (isIndexer ? 1 : 0) | (isRemoved ? 2 : 0) }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try reader.uint()
    isIndexer = flags & 1 != 0
    isRemoved = flags & 2 != 0
    length = try reader.uint()
  }
}
