/// How it stands with a peer that a node wants to be connected to.
public struct PeerStatus: Sendable, Equatable {
  /// What is going on.
  public enum State: Sendable, Equatable {
    /// Connected for that long; by this side or by the other one, which then comes from `address`.
    case connected(milliseconds: UInt64, address: TransportAddress, isOutgoing: Bool)
    /// Connecting for that long.
    case connecting(milliseconds: UInt64)
    /// Connecting again in that time, because of what happened last; nil before the first attempt.
    case waiting(milliseconds: UInt64, because: TransportError?)
    /// Not connecting any more: the node is ending.
    case stopped
  }

  /// The peer.
  public let peer: PeerAddress
  /// What is going on.
  public let state: State
  /// Connections so far.
  public let connectionCount: Int
}

extension PeerStatus: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch state {
    case .connected(let time, let address, let isOutgoing):
      isOutgoing ? "connected for \(time / 1_000) s" : "connected for \(time / 1_000) s, by \(address)"
    case .connecting: "connecting"
    case .waiting(_, nil): "about to connect"
    case .waiting(let time, let reason?): "connecting again in \((time + 999) / 1_000) s: \(reason)"
    case .stopped: "stopped"
    }
  }
}
