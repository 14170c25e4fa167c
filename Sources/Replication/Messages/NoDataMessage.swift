public import CompactEncoding

/// Takes a request back; an answer that is on its way may still arrive: `uint request`.
///
/// Source: spec 02 §5.1.
public struct CancelMessage: Hashable, Sendable {
  /// The id of the request.
  public var request: UInt64

  /// Takes back the request with this id.
  public init(request: UInt64) { self.request = request }
}

extension CancelMessage: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) { size.uint(request) }
  public func encode(into writer: inout Writer) { writer.uint(request) }
  public init(from reader: inout Reader) throws(DecodingError) { request = try reader.uint() }
}

/// Says that a request is not answered: `uint request ‖ uint flags (1 reason present) ‖ [uint reason]`.
///
/// Senders older than reasons leave out the flags as well.
///
/// Source: spec 02 §5.1.
public struct NoDataMessage: Hashable, Sendable {
  /// Why there is no answer.
  public struct Reason: Hashable, Sendable, RawRepresentable {
    /// The number on the wire.
    public let rawValue: UInt64
    /// The reason with this number; unknown ones count as none.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// Nothing is said.
    public static let none = Reason(rawValue: 0)
    /// The block is not stored, or the log is at another fork.
    public static let notAvailable = Reason(rawValue: 1)
    /// The request makes no sense for this log.
    public static let invalidRequest = Reason(rawValue: 2)
  }

  /// The id of the request.
  public var request: UInt64
  /// Why.
  public var reason: Reason

  /// No answer to the request with this id.
  public init(request: UInt64, reason: Reason) {
    self.request = request
    self.reason = reason
  }
}

extension NoDataMessage: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.uint(request)
    size.uint(reason == .none ? 0 : 1)
    if reason != .none { size.uint(reason.rawValue) }
  }

  public func encode(into writer: inout Writer) {
    writer.uint(request)
    writer.uint(reason == .none ? 0 : 1)
    if reason != .none { writer.uint(reason.rawValue) }
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    request = try reader.uint()
    reason = .none
    guard reader.remaining > 0 else { return }
    if try reader.uint() & 1 != 0 { reason = Reason(rawValue: try reader.uint()) }
  }
}
