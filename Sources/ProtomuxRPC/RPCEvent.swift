/// Something that happened at an end of an RPC channel.
public enum RPCEvent: Hashable, Sendable {
  /// The other side calls a method; answer with `respond` unless it is an event.
  case request(RPCRequest)
  /// A call ended: with its response, a time-out, or the closing of the channel.
  case finished(id: UInt64, Result<[UInt8], RPCError>)
}
