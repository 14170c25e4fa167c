/// What carries a muxer: a socket, a pipe, or a simulated wire.
///
/// Protocols send on ``mux`` and say that there is something to send; the carrier takes the frames when it can.
public protocol MuxCarrier: AnyObject {
  /// The muxer of the connection.
  var mux: Protomux { get set }
  /// Has everything written that was sent on the muxer, with the read that is being handled or soon.
  func setNeedsFlush()
  /// Whether the other side takes output as fast as it is made. Whoever has much to send waits while it is false, until
  /// it is told that it is true again.
  var isWritable: Bool { get }
}

extension MuxCarrier {
  /// True for a carrier that takes everything.
  public var isWritable: Bool { true }
}
