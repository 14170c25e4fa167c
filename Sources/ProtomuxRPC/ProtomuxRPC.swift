/// # Protomux RPC
///
/// Requests and responses on one channel of a muxer. Both ends may ask and answer; a channel has the protocol name
/// `protomux-rpc` and an id that the application chooses, by convention the server's public key.
///
/// | type | message |
/// |---|---|
/// | 0 | request: `uint id ‖ string method ‖ value` (the rest) |
/// | 1 | response: `flags (1 byte) ‖ uint id ‖ value` (the rest), or an error |
///
/// Ids count up from 1 per direction. Id 0 is an event: nobody answers. Responses come in any order; one with an unknown
/// id is ignored, since its request may have timed out. There is no cancellation on the wire, no heartbeat and no
/// streaming.
///
/// Flags: 1 error, 2 it has a code, 4 it has a cause, 8 the cause has a context. An error is
/// `string message ‖ [string code] ‖ [string cause message ‖ string cause code, empty for none ‖ [string context]]`.
/// The codes on the wire are `UNKNOWN_METHOD`, `REQUEST_ERROR`, `DECODE_ERROR` and `ENCODE_ERROR`; an error with another
/// code is read as one without.
///
/// Values are opaque here. By default the reference writes them with a length (``RPCValue``), while services usually
/// send a structure as it is. The handshake of the channel is empty unless both sides agreed on another, such as
/// ``CapabilityHandshake``.
///
/// ``RPCEndpoint`` is one end of a channel without I/O and without a clock: it says its next deadline and is told the
/// time.
///
/// Source: spec 02 §12.
public enum ProtomuxRPC {
  /// The protocol name of RPC channels.
  public static let protocolName = "protomux-rpc"
}
