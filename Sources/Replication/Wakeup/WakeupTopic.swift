public import CompactEncoding
public import HypercoreCrypto
public import Protomux

/// Tells peers who use the same base which logs have news, so that they need not replicate all of them.
///
/// One topic over all connections. A machine without I/O: messages come in through ``WakeupPeer``, answers leave through
/// the muxers of the peers' carriers. Channels have the protocol `wakeup` and the topic as id; both sides open them, with
/// a ``WakeupHandshake`` in which they prove that they know the topic's secret. A side that does not is hung up on.
///
/// Source: spec 02 §11.
public final class WakeupTopic {
  /// The protocol's name in a muxer.
  public static let protocolName = "wakeup"

  /// What all users of the topic know and others do not: the key of the base unless chosen otherwise.
  public let secret: Fixed32
  /// Under which the two ends find each other.
  public let identifier: Fixed32
  /// Whether the topic is in use. All peers are told when that changes. Only topics in use are offered to new connections;
  /// others answer.
  public var isActive: Bool {
    didSet {
      guard isActive != oldValue else { return }
      for peer in peers where !peer.isClosed { peer.send(.info(isActive: isActive)) }
    }
  }
  /// The peers, also those whose answer is still awaited, in the order in which they came.
  public private(set) var peers: [WakeupPeer] = []

  /// A peer asks which logs have news.
  public var onLookup: ((WakeupPeer, Fixed32?) -> Void)?
  /// A peer tells which logs have news.
  public var onAnnounce: ((WakeupPeer, [WakeupHint]) -> Void)?
  /// A peer proved that it knows the secret, or one that had became active or inactive, or went away.
  public var onPeer: ((WakeupPeer, WakeupPeer.Change) -> Void)?

  /// A topic without peers.
  ///
  /// - Parameter identifier: the discovery key of the secret when nil.
  public init(secret: Fixed32, identifier: Fixed32? = nil, isActive: Bool = true) {
    self.secret = secret
    self.identifier = identifier ?? discoveryKey(of: secret)
    self.isActive = isActive
  }

  /// What pairs the channels of this topic.
  public var pairKey: PairKey { PairKey(Self.protocolName, identifier.bytes) }

  /// Opens the topic's channel on a connection; answers the other side's OPEN if one waits.
  ///
  /// - Parameters:
  ///   - role: the own role on the secure stream.
  ///   - handshakeHash: 64 bytes that identify the connection.
  /// - Throws: what opening a channel throws.
  public func open(
    on carrier: any MuxCarrier, role: StreamRole, handshakeHash: [UInt8]
  ) throws(ProtomuxError) -> WakeupPeer {
    let own = WakeupCapability.make(role, secret: secret, handshakeHash: handshakeHash)
    let channel = try carrier.mux.open(
      pairKey, handshake: WakeupHandshake(capability: own, isActive: isActive).encoded())
    let peer = WakeupPeer(
      topic: self, carrier: carrier, channel: channel,
      expected: WakeupCapability.make(role.opposite, secret: secret, handshakeHash: handshakeHash))
    peers.append(peer)
    carrier.setNeedsFlush()
    return peer
  }

  /// Asks all peers which logs have news; also those whose answer to the channel is still awaited.
  public func lookup(hash: Fixed32? = nil) {
    for peer in peers { peer.send(.lookup(hash: hash)) }
  }

  /// Tells all peers that have proved to know the secret which logs have news.
  public func announce(_ hints: [WakeupHint]) {
    for peer in peers where peer.isOpen { peer.announce(hints) }
  }

  /// Closes all channels.
  public func close() {
    for peer in peers { peer.hangUp() }
  }

  func remove(_ peer: WakeupPeer) { peers.removeAll { $0 === peer } }
}
