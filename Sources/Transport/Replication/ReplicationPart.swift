public import Protomux
public import Replication

/// The replication of a store, as part of a connection. The store belongs to the event loop.
public final class ReplicationPart: ConnectionPart {
  /// The replication of the store on this connection.
  public let stream: ReplicationStream
  private let replicator: StoreReplicator
  private var isDraining = false

  /// Takes the connection on: offers all logs and topics in use on it. Called when the connection's session is made.
  public init(_ replicator: StoreReplicator, on connection: Connection, with peer: Peer) {
    self.replicator = replicator
    stream = replicator.attach(
      connection, role: connection.role, handshakeHash: connection.handshakeHash, remotePublicKey: peer.publicKey,
      now: connection.now)
  }

  public func answer(_ key: PairKey, on connection: Connection) throws(ProtomuxError) -> Bool {
    guard !isDraining else { return false }
    return try stream.answer(key, now: connection.now)
  }

  public func owns(_ channel: MuxChannel) -> Bool { stream.owns(channel) }

  public func handle(_ event: MuxEvent, on connection: Connection) throws(ProtomuxError) {
    try stream.handle(event, now: connection.now)
  }

  public func readCompleted(on connection: Connection) { replicator.flush() }

  public func outputTaken(on connection: Connection) { stream.outputTaken() }

  public var nextDeadline: UInt64? { replicator.nextDeadline }

  public func expire(at now: UInt64, on connection: Connection) { replicator.expire(at: now) }

  public var isOverloaded: Bool { stream.isOverloaded }

  /// Closes the channels: what was answered is sent, and nothing is lost, since blocks that are missing are asked for
  /// again on the next connection.
  public func drain(on connection: Connection) {
    isDraining = true
    stream.close()
  }

  public func closed(_ reason: TransportError) {
    stream.closed()
    replicator.flush()
  }
}
