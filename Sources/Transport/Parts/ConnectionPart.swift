public import Protomux

/// One of the protocols that share a connection: RPC as server or client, replication, or another.
///
/// A part owns the channels it opened, and hears of nothing else. Called on the connection's event loop only.
public protocol ConnectionPart: AnyObject {
  /// The other side opened a channel. A part that wants it opens its end now, under the same key.
  ///
  /// - Returns: whether it did. When no part wants the channel it is rejected.
  /// - Throws: what ends the connection.
  func answer(_ key: PairKey, on connection: Connection) throws(ProtomuxError) -> Bool

  /// Whether this part opened a channel, and did not yet hear of its end.
  func owns(_ channel: MuxChannel) -> Bool

  /// Something happened on a channel that this part owns.
  ///
  /// - Throws: what ends the connection.
  func handle(_ event: MuxEvent, on connection: Connection) throws(ProtomuxError)

  /// Everything that was read at once was handled; what is sent now still goes into the same write.
  func readCompleted(on connection: Connection)

  /// The other side took output, and ``Connection/isWritable`` is true again.
  func outputTaken(on connection: Connection)

  /// When ``expire(at:on:)`` has to be called, in milliseconds of the connection's clock.
  var nextDeadline: UInt64? { get }

  /// It is that late.
  func expire(at now: UInt64, on connection: Connection)

  /// Whether nothing more should be read for now.
  var isOverloaded: Bool { get }

  /// Finish what was begun and take on nothing new. Tell ``Connection/partDrained()`` when ``isDrained`` turns true later.
  func drain(on connection: Connection)

  /// Whether nothing that was begun is unfinished.
  var isDrained: Bool { get }

  /// The connection is gone. Called once.
  func closed(_ reason: TransportError)
}

extension ConnectionPart {
  public func readCompleted(on connection: Connection) {}
  public func outputTaken(on connection: Connection) {}
  public var nextDeadline: UInt64? { nil }
  public func expire(at now: UInt64, on connection: Connection) {}
  public var isOverloaded: Bool { false }
  public func drain(on connection: Connection) {}
  public var isDrained: Bool { true }
}
