/// The messages of a log's channel, by their type in the muxer.
///
/// ```
/// 0 sync       flags ‖ fork ‖ length ‖ remoteLength
/// 1 request    RequestMessage of Hypercore
/// 2 cancel     request
/// 3 data       DataMessage of Hypercore
/// 4 noData     request ‖ flags ‖ [reason]
/// 5 want       start ‖ length ‖ [flags]
/// 6 unwant     start ‖ length ‖ [flags]
/// 7 bitfield   start ‖ uint32 array
/// 8 range      flags ‖ start ‖ [length]
/// 9 extension  string name ‖ the rest
/// ```
///
/// All scalars are `uint`. Bytes behind the known fields are ignored.
///
/// Source: spec 02 §5.1.
public enum MessageType: UInt64, Sendable, CaseIterable {
  case sync, request, cancel, data, noData, want, unwant, bitfield, range, `extension`
}
