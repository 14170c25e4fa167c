public import CompactEncoding

/// One entry of a clock as a block stores it: an input and the sequence number of its newest entry that is covered.
///
/// Encoded as `key fixed32, seq uint`.
public struct ClockEntry: Hashable, Sendable {
  /// The core key of the input.
  public var key: Fixed32
  /// The newest entry that is covered.
  public var seq: UInt64

  /// An entry with both fields.
  public init(key: Fixed32, seq: UInt64) {
    self.key = key
    self.seq = seq
  }

  static let minimumSize = 33
}

extension ClockEntry: CompactCodable {
  public func measure(_ size: inout Size) {
    size.fixed32()
    size.uint(seq)
  }

  public func encode(into writer: inout Writer) {
    writer.fixed32(key)
    writer.uint(seq)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    key = try reader.fixed32()
    seq = try reader.uint()
  }
}

extension CausalClock {
  /// The given entries; the last one of a key counts.
  public init(_ entries: some Sequence<ClockEntry>) {
    table = ClockTable(entries.map { (key: $0.key, length: $0.seq &+ 1) })
  }
}
