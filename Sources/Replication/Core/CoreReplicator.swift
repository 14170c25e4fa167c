import CompactEncoding
public import Hypercore
public import HypercoreCrypto
public import Protomux

/// One log and all its peers, in both roles: it serves what is stored and fetches what is wanted.
///
/// A machine without I/O: messages come in through ``CorePeer``, everything that came with one read takes effect with
/// ``flush()``, and answers and requests leave through the muxers of the peers' carriers. It belongs to the thread
/// that its log belongs to. What is asked of it inside a transaction of that log's context takes effect later: see
/// ``nextDeadline``.
public final class CoreReplicator {
  /// The log, on its default state.
  public let log: Hypercore
  /// Bounds and choices.
  public let settings: ReplicationSettings
  /// Whether news are wanted; told to peers. A channel that neither side wants is closed.
  public var isDownloading = true {
    didSet { if oldValue != isDownloading { downloadingChanged() } }
  }
  /// What is downloaded without being asked for.
  public var downloadPolicy: DownloadPolicy = .head {
    didSet {
      guard oldValue != downloadPolicy else { return }
      for peer in peers { peer.cursor = 0 }
      runSoon()
    }
  }
  /// Called when the log changed by what peers sent: it got longer, blocks were stored, a fork was followed, or it was
  /// frozen.
  public var onChange: (() -> Void)?
  /// The peers, in the order in which they came.
  public private(set) var peers: [CorePeer] = []
  /// What went to and came from all peers so far. What a peer sent counts when it is stored, which may be after its
  /// channel was closed.
  public internal(set) var traffic = LogTraffic()

  // What the log is.

  /// The log as it was last seen.
  var state = LogCondition()
  /// A state of a log that is signed here that no power failure can take back.
  var durable: Hypercore.ContentVersion?
  let local: LocalBlocks
  let verifier: BlockVerifier
  var observer: Hypercore?
  /// What was truncated and cleared since the log was last seen.
  let outside = OutsideChanges()

  // What is wanted.

  var asks = Asks()
  /// Blocks that were asked for and are not stored.
  var inFlight = Bitfield(pageLimit: .max)
  /// How many peers more than one were asked for a block.
  var extraRequests: [UInt64: Int] = [:]
  var upgrade: (peer: CorePeer, length: UInt64, time: UInt64)?
  var reorg: ReorgSearch?
  /// Since when nothing comes although a shorter head would prove more.
  var stalled: UInt64?

  // What came.

  var gathered: [Gathered] = []
  var gatheredNodes: [TreeNode] = []
  var gatheredByteCount = 0
  /// Proofs of blocks that lead to nodes that are not known yet.
  var waiting: [Gathered] = []
  /// A request was refused, and what waits for its answer may wait in vain.
  var mayDropWaiting = false

  // How it runs.

  /// The newest time that anybody told, in milliseconds.
  var now: UInt64 = 0
  /// Counts flushes.
  var round: UInt64 = 0
  var isFlushing = false
  /// Somebody else changed the log, so that blocks may be stored that were asked of peers.
  var sawForeignChange = false
  var isWoken = false
  /// A flush was asked for inside a transaction, and is due when that has ended.
  var isDelayed = false
  var isClosed = false
  var storeFailure: (reason: String, retry: UInt64)?
  var completions: [() -> Void] = []
  var didChange = false
  var servedNodes: [TreeNode] = []
  var extensions: [String: (CorePeer, [UInt8]) -> Void] = [:]
  private var nextPeer = 0

  /// Replicates a log; nothing happens before the first ``open(on:role:handshakeHash:)``.
  public init(_ log: Hypercore, settings: ReplicationSettings = .init()) {
    self.log = log
    self.settings = settings
    local = LocalBlocks(log)
    verifier = BlockVerifier(log)
  }

  /// What pairs the channels of this log.
  public var pairKey: PairKey { PairKey(Replication.protocolName, log.discoveryKey.bytes) }

  // MARK: Peers

  /// Opens the log's channel on a connection; answers the other side's OPEN if one waits.
  ///
  /// - Parameters:
  ///   - role: the own role on the secure stream.
  ///   - handshakeHash: 64 bytes that identify the connection.
  /// - Throws: what opening a channel throws.
  public func open(
    on carrier: any MuxCarrier, role: StreamRole, handshakeHash: [UInt8]
  ) throws(ProtomuxError) -> CorePeer {
    look()
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

  func didOpen(_ peer: CorePeer) {
    do { try absorbDurably() } catch { storeFailed(error) }
    guard !state.isFrozen else { return peer.close() }
    let carrier = peer.carrier
    carrier.mux.cork()
    sendSync(to: peer)
    if local.contiguous > 0 {
      peer.send(.range, RangeMessage(start: 0, length: local.contiguous))
      if local.isComplete { peer.toldComplete = local.length }
    }
    carrier.mux.uncork(unwrapsSingle: true)
    carrier.setNeedsFlush()
  }

  func didClose(_ peer: CorePeer) {
    peers.removeAll { $0 === peer }
    for (_, entry) in peer.requests.outstanding { released(entry, by: peer, isRefusal: true) }
    if reorg?.peer === peer { reorg = nil }
    if upgrade?.peer === peer { upgrade = nil }
    runSoon()
  }

  /// Takes everything back and closes all channels.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    for peer in peers { peer.close() }
    failAll(.closed)
    observer?.close()
    finishCompletions()
  }
}
