/// What carries a muxer: a socket, a pipe, or a simulated wire.
///
/// Protocols send on ``mux`` and say that there is something to send; the carrier takes the frames when it can.
public protocol MuxCarrier: AnyObject {
  /// The muxer of the connection.
  var mux: Protomux { get set }
  /// Has everything written that was sent on the muxer, with the read that is being handled or soon.
  func setNeedsFlush()
}
