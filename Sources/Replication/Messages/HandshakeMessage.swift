public import CompactEncoding

/// What an OPEN of a log's channel carries: the proof that its sender knows the log's key, and what it can do.
///
/// ```
/// uint flags (1 seeks with padding) ‖ fixed32 capability
/// ```
///
/// Source: spec 02 §5.
public struct HandshakeMessage: Hashable, Sendable {
  /// Whether seek requests with a padding are understood.
  public var seeks: Bool
  /// `ReplicationCapability` of the sender's role on the secure stream.
  public var capability: Fixed32

  /// A handshake.
  public init(seeks: Bool = true, capability: Fixed32) {
    self.seeks = seeks
    self.capability = capability
  }
}

extension HandshakeMessage: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.uint(seeks ? 1 : 0)
    size.fixed32()
  }

  public func encode(into writer: inout Writer) {
    writer.uint(seeks ? 1 : 0)
    writer.fixed32(capability)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    seeks = try reader.uint() & 1 != 0
    capability = try reader.fixed32()
  }
}
