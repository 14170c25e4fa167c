internal import Protomux
public import ProtomuxRPC

/// Answers calls. Called on the server's event loop, which does nothing else meanwhile.
public protocol RPCService: AnyObject, Sendable {
  /// Answers the calls of all connections that arrived since the last time, in order of arrival per connection.
  ///
  /// The replies are written after this returns: whoever makes the batch durable here has made it durable before anybody
  /// hears of it.
  ///
  /// - Returns: one outcome for each call; those of events are ignored.
  func respond(to calls: [RPCCall]) -> [RPCOutcome]
}

/// How a call ends.
public enum RPCOutcome: Sendable {
  /// With a value.
  case value([UInt8])
  /// With a failure that the caller is told.
  case failure(RPCError)
  /// Later: the service will call ``RPCCall/reply(_:)``.
  case deferred
}

/// A call and who made it.
public struct RPCCall: Sendable {
  /// Who calls.
  public let peer: Peer
  /// Method and value.
  public let request: RPCRequest

  let part: RPCServerPart
  let channel: MuxChannel

  /// Answers a call whose outcome was `deferred`. From any thread; once.
  public func reply(_ result: Result<[UInt8], RPCError>) {
    guard !request.isEvent else { return }
    part.connection.execute { [self] connection in
      part.respondLater(to: request.id, on: channel, result)
      connection.setNeedsFlush()
    }
  }
}
