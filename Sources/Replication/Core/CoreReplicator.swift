import CompactEncoding
public import Hypercore
public import HypercoreCrypto
public import Protomux

/// One log and all its peers, in both roles: it serves what is stored and fetches what is wanted.
///
/// A machine without I/O: messages come in through ``CorePeer``, everything that came with one read takes effect with
/// ``flush()``, and answers and requests leave through the muxers of the peers' carriers. It belongs to the thread
/// that its log belongs to.
public final class CoreReplicator {
  /// The log, on its default state.
  public let log: Hypercore
  /// Bounds and choices.
  public let settings: ReplicationSettings
  /// Whether news are wanted; told to peers. A channel that neither side wants is closed.
  public var isDownloading = true
  /// What is downloaded without being asked for.
  public var downloadPolicy: DownloadPolicy = .head
  /// Called when the log changed by what peers sent: it got longer, blocks were stored, a fork was followed, or it was
  /// frozen.
  public var onChange: (() -> Void)?
  /// The peers, in the order in which they came.
  public private(set) var peers: [CorePeer] = []

  var nextPeer = 0
  var nextToken: UInt64 = 0

  /// Replicates a log; nothing happens before the first ``open(on:role:handshakeHash:)``.
  public init(_ log: Hypercore, settings: ReplicationSettings = .init()) {
    self.log = log
    self.settings = settings
  }

  /// What pairs the channels of this log.
  public var pairKey: PairKey { PairKey(Replication.protocolName, log.discoveryKey.bytes) }

  /// Opens the log's channel on a connection; answers the other side's OPEN if one waits.
  ///
  /// - Parameters:
  ///   - role: the own role on the secure stream.
  ///   - handshakeHash: 64 bytes that identify the connection.
  /// - Throws: what opening a channel throws.
  public func open(
    on carrier: any MuxCarrier, role: StreamRole, handshakeHash: [UInt8]
  ) throws(ProtomuxError) -> CorePeer {
    let capability = ReplicationCapability.make(role, coreKey: log.key, handshakeHash: handshakeHash)
    let channel = try carrier.mux.open(
      pairKey, aliases: [Replication.protocolAlias], handshake: HandshakeMessage(capability: capability).encoded())
    nextPeer += 1
    let other: StreamRole = role == .initiator ? .responder : .initiator
    let peer = CorePeer(
      number: nextPeer, replicator: self, carrier: carrier, channel: channel,
      expectedCapability: ReplicationCapability.make(other, coreKey: log.key, handshakeHash: handshakeHash))
    peers.append(peer)
    carrier.setNeedsFlush()
    return peer
  }

  /// Asks for a block, until it is stored.
  ///
  /// - Parameter completion: called once, perhaps at once.
  @discardableResult
  public func get(
    _ index: UInt64, completion: @escaping (Result<Void, ReplicationError>) -> Void
  ) -> RequestToken { makeToken() }

  /// Asks where a byte offset lies, until the nodes that tell are stored.
  ///
  /// - Parameters:
  ///   - bytes: offset from the start of the log, paddings not counted.
  ///   - completion: called once with the block's index and the offset in it, perhaps at once.
  @discardableResult
  public func seek(
    bytes: UInt64, completion: @escaping (Result<(index: UInt64, offset: UInt64), ReplicationError>) -> Void
  ) -> RequestToken { makeToken() }

  /// Looks for a newer head until every peer has told that there is none.
  ///
  /// - Parameter completion: called once with whether the log changed, perhaps at once.
  @discardableResult
  public func update(completion: @escaping (Bool) -> Void) -> RequestToken { makeToken() }

  /// Takes back what was asked for; its completion is called with ``ReplicationError/cancelled``, that of an update
  /// with false.
  public func cancel(_ token: RequestToken) {}

  /// The log may have grown, shrunk or been cleared by somebody: what changed is announced. For own blocks to be
  /// called only when they are as durable as they have to be.
  public func logChanged() {}

  /// The end of a read: everything that came is checked and stored as one transaction, then requests are answered and
  /// made.
  public func flush() {}

  /// When ``expire(at:)`` has to be called, in milliseconds of the clock that ``CorePeer`` is told.
  public var nextDeadline: UInt64? { nil }

  /// It is that late.
  public func expire(at now: UInt64) {}

  /// Takes everything back and closes all channels.
  public func close() {}

  /// How it stands.
  public var status: CoreReplicationStatus {
    CoreReplicationStatus(
      key: log.key, length: log.length, contiguousLength: log.contiguousLength, fork: log.fork, remoteLength: 0,
      isFrozen: log.isFrozen, peers: [], waits: [])
  }

  /// Calls `handler` for every message of an application's extension. Nil ends that.
  public func registerExtension(_ name: String, handler: ((CorePeer, [UInt8]) -> Void)?) {}

  /// Sends a message of an application's extension to a peer, or to all.
  public func sendExtension(_ name: String, _ payload: [UInt8], to peer: CorePeer? = nil) {}

  func makeToken() -> RequestToken {
    nextToken += 1
    return RequestToken(number: nextToken)
  }

  func remove(_ peer: CorePeer) { peers.removeAll { $0 === peer } }
}
