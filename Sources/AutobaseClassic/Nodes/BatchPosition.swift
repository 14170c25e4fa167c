public import CompactEncoding

/// The place of a node in its batch: how many members come before it and how many after it.
///
/// Encoded as `index uint, rest uint`.
public struct BatchPosition: Hashable, Sendable {
  /// Members before this one.
  public var index: UInt64
  /// Members after this one.
  public var rest: UInt64

  /// The place with so many members before and after it; without arguments, that of a node on its own.
  public init(index: UInt64 = 0, rest: UInt64 = 0) {
    self.index = index
    self.rest = rest
  }

  /// Whether this is the first member.
  public var isFirst: Bool { index == 0 }
  /// Whether this is the last member.
  public var isLast: Bool { rest == 0 }
  /// Whether the batch has only one member.
  public var isSingle: Bool { index == 0 && rest == 0 }
  /// Number of members; nil when there is no such number.
  public var count: UInt64? {
    let (sum, isTooLarge) = index.addingReportingOverflow(rest)
    return isTooLarge || sum == .max ? nil : sum + 1
  }
}

extension BatchPosition: CompactCodable {
  public func measure(_ size: inout Size) {
    size.uint(index)
    size.uint(rest)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(index)
    writer.uint(rest)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    index = try reader.uint()
    rest = try reader.uint()
  }
}
