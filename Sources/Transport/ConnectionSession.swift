public import CompactEncoding
public import Protomux

/// The other side of a connection that proved its key.
public struct Peer: Hashable, Sendable {
  /// Its static public key.
  public let publicKey: Fixed32
  /// Where it connects from, or where it was found.
  public let address: TransportAddress

  /// Whether it is on this machine.
  public var isLocal: Bool { address.isLocal }
}

/// What runs over a connection once the other side proved its key. Called on the connection's event loop only.
public protocol ConnectionSession: AnyObject {
  /// Something happened on the muxer.
  ///
  /// - Throws: what ends the connection.
  func handle(_ event: MuxEvent, on connection: Connection) throws(ProtomuxError)

  /// Everything that was read at once was handled; what is sent now still goes into the same write.
  func readCompleted(on connection: Connection)

  /// The other side took output, and ``Connection/isWritable`` is true again; what is sent now is written at once.
  func outputTaken(on connection: Connection)

  /// When ``expire(at:on:)`` has to be called, in milliseconds of the connection's clock.
  var nextDeadline: UInt64? { get }

  /// It is that late.
  func expire(at now: UInt64, on connection: Connection)

  /// Whether nothing more should be read for now.
  var isOverloaded: Bool { get }

  /// Finish what was begun, take on nothing new, then close the connection.
  func drain(on connection: Connection)

  /// The connection is gone. Called once.
  func closed(_ reason: TransportError)
}

extension ConnectionSession {
  public func readCompleted(on connection: Connection) {}
  public func outputTaken(on connection: Connection) {}
  public var nextDeadline: UInt64? { nil }
  public func expire(at now: UInt64, on connection: Connection) {}
  public var isOverloaded: Bool { false }
  public func drain(on connection: Connection) { connection.close() }
}
