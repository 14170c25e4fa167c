/// Something that happened on the muxer.
///
/// Payloads are slices of the frame they came in.
public enum MuxEvent: Sendable, Equatable {
  /// The other side opened a channel that nothing here waits for. Answer with `open` or `reject`.
  case offered(PairKey)
  /// A channel is open on both sides; with the other side's handshake bytes.
  case opened(MuxChannel, handshake: ArraySlice<UInt8>)
  /// A message arrived. Types that the application does not know are to be ignored.
  case message(MuxChannel, type: UInt64, payload: ArraySlice<UInt8>)
  /// A channel closed: by the other side (also by REJECT or the end of the stream) or by this one.
  case closed(MuxChannel, isRemote: Bool)
}
