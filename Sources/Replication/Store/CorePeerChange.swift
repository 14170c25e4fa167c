/// What became of a log on a connection.
public enum CorePeerChange: Hashable, Sendable {
  /// The other side has the log, and proved that it knows its key.
  case opened
  /// The other side does not have the log, or does not show it to this side.
  case rejected
  /// The channel ended; the other side was known to have the first blocks of the log up to a length.
  case closed(contiguousLength: UInt64)
}
