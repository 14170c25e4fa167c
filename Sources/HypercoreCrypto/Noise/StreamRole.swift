/// Which side of a connection somebody is on: roles choose keys, constants and the order of the handshake.
public enum StreamRole: Sendable, Hashable {
  /// The side that connects and speaks first.
  case initiator
  /// The side that accepts.
  case responder

  /// The other side.
  public var opposite: StreamRole { self == .initiator ? .responder : .initiator }
}
