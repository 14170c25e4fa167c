import Protomux
import Replication
import Transport

/// One connection over which one log is replicated, and nothing else. Belongs to the event loop.
final class SparseSession: ConnectionSession, @unchecked Sendable {
  private let replicator: CoreReplicator
  private var peer: CorePeer?
  /// Called when the connection is gone.
  var onClose: ((TransportError) -> Void)?

  init(_ replicator: CoreReplicator, _ connection: Connection) {
    self.replicator = replicator
    peer = try? replicator.open(
      on: connection, role: connection.role, handshakeHash: connection.handshakeHash)
  }

  func handle(_ event: MuxEvent, on connection: Connection) throws(ProtomuxError) {
    switch event {
    case .offered(let key): connection.mux.reject(key)
    case .opened(let channel, let handshake):
      if let peer, peer.channel == channel { try peer.opened(handshake: handshake, now: connection.now) }
    case .message(let channel, let type, let payload):
      if let peer, peer.channel == channel { try peer.receive(type: type, payload: payload, now: connection.now) }
    case .closed(let channel, _):
      guard let peer, peer.channel == channel else { return }
      peer.closed()
      self.peer = nil
      replicator.flush()
      // Nothing else runs here.
      connection.close()
    }
  }

  func readCompleted(on connection: Connection) { replicator.flush() }

  var nextDeadline: UInt64? {
    [replicator.nextDeadline, peer?.nextDeadline].compactMap { $0 }.min()
  }

  func expire(at now: UInt64, on connection: Connection) {
    peer?.expire(at: now)
    replicator.expire(at: now)
    replicator.flush()
  }

  func closed(_ reason: TransportError) {
    peer?.closed()
    peer = nil
    replicator.flush()
    onClose?(reason)
  }
}
