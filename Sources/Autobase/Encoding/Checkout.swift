public import CompactEncoding

/// A position in a log: the first ``length`` blocks of the core ``key``. As an element of a clock, or of a node's heads,
/// it names the node at that 1-based position.
///
/// Encoded as `key fixed32, length uint` (spec 03 §2.1).
public struct Checkout: Sendable, Hashable {
  /// The core key.
  public var key: Fixed32
  /// Number of blocks.
  public var length: UInt64

  /// The first `length` blocks of `key`.
  public init(key: Fixed32, length: UInt64) {
    self.key = key
    self.length = length
  }

  /// The fewest bytes an encoded checkout takes.
  static let minimumSize = 33
}

extension Checkout: CompactCodable {
  public func measure(_ size: inout Size) {
    size.fixed32()
    size.uint(length)
  }

  public func encode(into writer: inout Writer) {
    writer.fixed32(key)
    writer.uint(length)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    key = try reader.fixed32()
    length = try reader.uint()
  }
}

extension Checkout: CustomStringConvertible {
  /// The first bytes of the key, and the length.
  public var description: String { "\(key.description.prefix(8)):\(length)" }
}

extension Reader {
  /// A clock: an array of checkouts, in the order written.
  public mutating func clock() throws(DecodingError) -> [Checkout] { try array(minimumSize: Checkout.minimumSize) }
}
