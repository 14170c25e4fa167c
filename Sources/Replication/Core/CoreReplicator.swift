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

  // What the log is.

  /// The log as it was last seen.
  var state = LogCondition()
  let local: LocalBlocks
  let verifier: BlockVerifier
  private var observer: Hypercore?
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

  // What came.

  var gathered: [Gathered] = []
  var gatheredNodes: [TreeNode] = []
  var gatheredByteCount = 0
  /// Proofs of blocks that lead to nodes that are not known yet.
  var waiting: [Gathered] = []

  // How it runs.

  /// The newest time that anybody told, in milliseconds.
  private(set) var now: UInt64 = 0
  /// Counts flushes.
  private(set) var round: UInt64 = 0
  private var isFlushing = false
  /// Somebody else changed the log, so that blocks may be stored that were asked of peers.
  var sawForeignChange = false
  private var isWoken = false
  /// A flush was asked for inside a transaction, and is due when that has ended.
  private(set) var isDelayed = false
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

  // MARK: Running

  /// The end of a read: everything that came is checked and stored as one transaction, then requests are answered and
  /// made. Also to be called when a carrier of one of the peers takes output again.
  public func flush() {
    guard !isFlushing, !isClosed else { return }
    guard !log.context.isInTransaction else {
      isDelayed = true
      return
    }
    isFlushing = true
    isDelayed = false
    repeat {
      isWoken = false
      round += 1
      let carriers = corkCarriers()
      storeGathered()
      run()
      for carrier in carriers {
        carrier.mux.uncork(unwrapsSingle: true)
        if carrier.mux.queuedByteCount > 0 { carrier.setNeedsFlush() }
      }
      finishCompletions()
    } while isWoken && !isClosed
    isFlushing = false
  }

  private func corkCarriers() -> [any MuxCarrier] {
    var carriers: [any MuxCarrier] = []
    for peer in peers where !carriers.contains(where: { $0 === peer.carrier }) {
      carriers.append(peer.carrier)
      peer.carrier.mux.cork()
    }
    return carriers
  }

  /// Answers requests and makes new ones, on one state of the store.
  private func run() {
    if state.version == nil { look() }
    do {
      for _ in 0..<Self.durabilityAttempts {
        let version = try durableVersion()
        let isDone = try log.context.read {
          let current = try condition()
          if let version, current.version != version { return false }
          try absorb(current)
          for peer in peers where peer.isActive {
            if peer.owesSync { sendSync(to: peer) }
            try peer.serve()
          }
          try schedule()
          return true
        }
        if isDone { break }
      }
      // Another process found out.
      if state.isFrozen { stop() }
      settleAsks()
    } catch {
      storeFailed(error)
    }
  }

  /// How often it is tried to see a state of an own log that is durable while others write it.
  private static let durabilityAttempts = 4

  /// For a log that is signed here: makes it durable and tells which state that is. Nobody may hear of a block of ours
  /// that a power failure could take back.
  private func durableVersion() throws -> Hypercore.ContentVersion? {
    guard log.keyPair != nil else { return nil }
    let version = try log.context.read { try log.contentVersion() }
    try log.context.makeDurable()
    return version
  }

  private func finishCompletions() {
    if didChange {
      didChange = false
      onChange?()
    }
    let done = completions
    completions = []
    for completion in done { completion() }
  }

  /// Something new is wanted or known: it takes effect now, or with the flush that runs.
  func runSoon() {
    guard !isClosed else { return }
    if isFlushing { isWoken = true } else { flush() }
  }

  /// A message of this peer came, and the end of the read will follow.
  func needsFlush(_ peer: CorePeer) {
    if gatheredByteCount > settings.maximumGatheredByteCount { flush() }
  }

  func advance(to time: UInt64) { now = max(now, time) }

  // MARK: Looking at the log

  /// The log as it is, in the open transaction.
  func condition() throws -> LogCondition {
    let version = try log.contentVersion()
    if version == state.version { return state }
    return LogCondition(
      tree: try log.currentTree(), contiguousLength: log.contiguousLength, knowsManifest: log.manifest != nil,
      isCompat: log.isCompat, isFrozen: log.isFrozen, version: version)
  }

  /// Looks at the log for the first time.
  private func look() {
    guard state.version == nil else { return }
    do {
      let observer = try log.observer()
      observer.onEvent = { [outside] event in
        if case .truncate(let length, _) = event { outside.cut = min(length, outside.cut ?? .max) }
      }
      observer.onClear = { [outside] range in outside.clears.append(range) }
      self.observer = observer
      try log.context.read { try absorb(condition()) }
    } catch {
      storeFailed(error)
    }
  }

  /// The log may have grown, shrunk or been cleared by somebody: what changed is announced. For own blocks to be
  /// called only when they are as durable as they have to be.
  public func logChanged() { if state.version != nil { runSoon() } }

  func storeFailed(_ error: any Error) {
    storeFailure = (String(describing: error), now + settings.storeRetryMilliseconds)
    verifier.forget()
  }
}

/// A log as it was seen at one moment.
struct LogCondition {
  var tree = MerkleTree()
  var contiguousLength: UInt64 = 0
  var knowsManifest = false
  var isCompat = false
  var isFrozen = false
  var version: Hypercore.ContentVersion?

  var length: UInt64 { tree.length }
  var fork: UInt64 { tree.fork }
  /// Whether everything but the version is the same.
  func hasSameHead(as other: LogCondition) -> Bool {
    tree == other.tree && contiguousLength == other.contiguousLength && knowsManifest == other.knowsManifest
      && isFrozen == other.isFrozen
  }

  /// The manifest can be sent.
  var hasManifest: Bool { knowsManifest && !isCompat }
}

/// What others truncated and cleared. An object of its own, so that nobody refers to a replicator weakly, which would make
/// every use of it slower.
final class OutsideChanges {
  /// The shortest length that the log had meanwhile.
  var cut: UInt64?
  /// Blocks that were cleared.
  var clears: [Range<UInt64>] = []
}
