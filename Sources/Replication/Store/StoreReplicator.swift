public import CompactEncoding
public import Hypercore
public import HypercoreCrypto
public import Protomux

/// The replication of all logs of a store over any number of connections.
///
/// ```
/// StoreReplicator ─┬─ CoreReplicator, one a log ───┐
///                  ├─ WakeupTopic, one a base ─────┤   CorePeer, WakeupPeer: one for each on each connection
///                  └─ ReplicationStream, one a connection ┘
/// ```
///
/// Logs in use (``activate(_:policy:)``) are offered on every connection, when it begins or when they come into use, and
/// again from time to time where they were rejected.
/// Other stored logs are opened when a peer asks for them by discovery key, served while it is there, and closed when
/// nobody needed them for some seconds. A log that is not stored is never created: the peer gets a REJECT.
///
/// What peers can make this side hold is bounded: answers are made only while the carrier takes them
/// (``ReplicationSettings/maximumQueuedByteCount``), what came with one read is stored before the next one, requests that
/// wait are counted over all logs of a connection (``StoreReplicationSettings/maximumQueuedRequests``), and logs are opened
/// for peers only when they are stored.
///
/// A machine without I/O or a clock, on the thread that the store belongs to. Whoever drives it
///
/// * makes a stream for each connection and passes on what its muxer says;
/// * calls ``flush()`` at the end of each read, ``expire(at:)`` no later than ``nextDeadline``, and
///   ``logsChanged()`` after each commit to the store, by whichever process.
///
/// Source: spec 02 §10.
public final class StoreReplicator {
  /// Where logs are that are not in use.
  public let store: any LogStore
  /// Bounds and choices.
  public let settings: StoreReplicationSettings
  /// Decides whether a peer's wish to have a stored log opened is granted; everybody's is when nil.
  public var admits: ((ReplicationStream, Fixed32) -> Bool)?
  /// Gives the topic that a peer asks for by its identifier, when it is not among ``topics``.
  public var onUnknownTopic: ((ReplicationStream, Fixed32) -> WakeupTopic?)?
  /// Called when a connection came or went.
  public var onStream: ((ReplicationStream) -> Void)?
  /// Called when a peer proved that it knows a log, or went away, or does not have it.
  public var onPeer: ((ReplicationStream, CoreReplicator, CorePeerChange) -> Void)?

  /// The connections, in the order in which they came.
  public private(set) var streams: [ReplicationStream] = []
  /// The topics that are offered or answered, by identifier.
  public private(set) var topics: [Fixed32: WakeupTopic] = [:]
  var cores: [Fixed32: AttachedCore] = [:]
  private var touched: [AttachedCore] = []
  private var now: UInt64 = 0
  private var nextIdleCheck: UInt64?

  /// A replication without connections, of a store.
  public init(store: any LogStore, settings: StoreReplicationSettings = .init()) {
    self.store = store
    self.settings = settings
  }

  // MARK: Connections

  /// Takes a connection on, whose handshake is complete: offers all logs and topics in use on it, in one batch with
  /// whatever is sent there until its carrier writes.
  public func attach(
    _ carrier: any MuxCarrier, role: StreamRole, handshakeHash: [UInt8], remotePublicKey: Fixed32? = nil, now: UInt64
  ) -> ReplicationStream {
    tell(now)
    let stream = ReplicationStream(
      self, carrier: carrier, role: role, handshakeHash: handshakeHash, remotePublicKey: remotePublicKey)
    streams.append(stream)
    for core in sorted(cores.values) where core.isActive { stream.open(core) }
    for topic in topics.values.sorted(by: { $0.identifier < $1.identifier }) where topic.isActive { stream.open(topic) }
    onStream?(stream)
    return stream
  }

  func remove(_ stream: ReplicationStream) {
    guard let index = streams.firstIndex(where: { $0 === stream }) else { return }
    streams.remove(at: index)
    scheduleIdleCheck()
    onStream?(stream)
  }

  // MARK: Logs

  /// Replicates a log with every peer, now and later.
  ///
  /// - Parameters:
  ///   - log: on its default state; kept until ``deactivate(_:)``.
  ///   - policy: what is downloaded; with ``DownloadPolicy/none`` the log is only served.
  @discardableResult
  public func activate(_ log: Hypercore, policy: DownloadPolicy = .everything) -> CoreReplicator {
    let core: AttachedCore
    if let known = cores[log.discoveryKey] {
      core = known
    } else {
      core = AttachedCore(CoreReplicator(log, settings: settings.core), ownsSession: false)
      cores[log.discoveryKey] = core
    }
    let wasActive = core.isActive
    core.isActive = true
    if core.replicator.downloadPolicy != policy { core.replicator.downloadPolicy = policy }
    // Said of everything in use, also of what is only served, as the reference does: a peer that has no use for the log yet
    // would close the channel otherwise, and not hear of what is appended.
    core.replicator.isDownloading = true
    touch(core)
    if !wasActive || policy != .none { for stream in streams { stream.open(core) } }
    return core.replicator
  }

  /// Stops to offer a log and to ask for news of it. Peers that have it open are served as long as they want.
  public func deactivate(_ discoveryKey: Fixed32) {
    guard let core = cores[discoveryKey], core.isActive else { return }
    core.isActive = false
    core.replicator.downloadPolicy = .none
    core.replicator.isDownloading = false
    touch(core)
    scheduleIdleCheck()
  }

  /// The replication of a log, in use or just served; nil when it takes no part.
  public func core(_ discoveryKey: Fixed32) -> CoreReplicator? { cores[discoveryKey]?.replicator }

  /// The replications of all logs that take part, in the order in which the logs were stored.
  public var coreReplicators: [CoreReplicator] {
    sorted(cores.values).map(\.replicator)
  }

  private func sorted(_ cores: some Sequence<AttachedCore>) -> [AttachedCore] {
    cores.sorted { $0.log.id.rawValue < $1.log.id.rawValue }
  }

  /// What went to and came from peers so far, by discovery key, for all logs that take part.
  public var traffic: [Fixed32: LogTraffic] { cores.mapValues(\.replicator.traffic) }

  /// Whether a log is in use.
  public func isActive(_ discoveryKey: Fixed32) -> Bool { cores[discoveryKey]?.isActive == true }

  /// The log that a peer asks for, if it is to be had.
  func find(_ discoveryKey: Fixed32, for stream: ReplicationStream) -> AttachedCore? {
    if let core = cores[discoveryKey] {
      return core.isActive || admits?(stream, discoveryKey) != false ? core : nil
    }
    guard settings.opensStoredLogs, admits?(stream, discoveryKey) != false,
      // A store that cannot be read has nothing to offer; what is wrong shows where it is read for somebody.
      let log = try? store.log(discoveryKey: discoveryKey)
    else { return nil }
    let replicator = CoreReplicator(log, settings: settings.core)
    replicator.downloadPolicy = .none
    replicator.isDownloading = false
    let core = AttachedCore(replicator, ownsSession: true)
    cores[discoveryKey] = core
    return core
  }

  // MARK: Topics

  /// Takes part in a topic: offers it on every connection if it is active, else answers.
  public func add(_ topic: WakeupTopic) {
    topics[topic.identifier] = topic
    if topic.isActive { for stream in streams { stream.open(topic) } }
  }

  /// Leaves a topic and closes its channels.
  public func remove(_ topic: WakeupTopic) {
    guard topics[topic.identifier] === topic else { return }
    topics[topic.identifier] = nil
    topic.close()
  }

  /// Offers a topic that became active on the connections where it is not open.
  public func activate(_ topic: WakeupTopic) {
    topic.isActive = true
    for stream in streams { stream.open(topic) }
  }

  // MARK: What happens

  /// Has a log flushed with the next ``flush()``: to be called after something was asked of its ``CoreReplicator``.
  public func touch(_ discoveryKey: Fixed32) {
    if let core = cores[discoveryKey] { touch(core) }
  }

  func touch(_ core: AttachedCore) {
    guard !core.isTouched else { return }
    core.isTouched = true
    touched.append(core)
  }

  /// The end of a read: what came is stored, answered, and followed up, log by log.
  public func flush() {
    while !touched.isEmpty {
      let cores = touched
      touched.removeAll(keepingCapacity: true)
      for core in cores {
        core.isTouched = false
        core.replicator.flush()
      }
    }
  }

  /// Somebody committed to the store: tells peers what changed in the logs that take part. What is signed here becomes
  /// durable before anybody hears of it.
  ///
  /// - Throws: when the store fails; then nobody was told, and the next call tries again.
  public func logsChanged() throws {
    guard let context = cores.values.first?.log.context else { return }
    var changed: [(core: AttachedCore, state: AttachedCore.State)] = []
    try context.read {
      for core in cores.values {
        let state = AttachedCore.State(core.log)
        if state != core.seen { changed.append((core, state)) }
      }
    }
    guard !changed.isEmpty else { return }
    if let own = changed.first(where: { $0.core.log.isWritable }) { try own.core.log.context.makeDurable() }
    for (core, state) in changed.sorted(by: { $0.core.log.id.rawValue < $1.core.log.id.rawValue }) {
      core.seen = state
      core.replicator.logChanged()
      touch(core)
    }
    flush()
  }

  // MARK: Time

  /// When ``expire(at:)`` has to be called, in milliseconds of the clock that streams are told.
  public var nextDeadline: UInt64? {
    var earliest = nextIdleCheck
    for core in cores.values {
      if let deadline = core.replicator.nextDeadline { earliest = min(earliest ?? deadline, deadline) }
    }
    for stream in streams {
      if let deadline = stream.nextDeadline { earliest = min(earliest ?? deadline, deadline) }
    }
    return earliest
  }

  /// It is that late.
  public func expire(at now: UInt64) {
    tell(now)
    for core in sorted(cores.values) {
      guard let deadline = core.replicator.nextDeadline, deadline <= now else { continue }
      core.replicator.expire(at: now)
      touch(core)
    }
    for stream in streams { stream.expire(at: now) }
    if let time = nextIdleCheck, time <= now { checkIdle() }
    flush()
  }

  func tell(_ now: UInt64) { self.now = max(self.now, now) }

  /// Looks for logs that nobody needs as long as there may be some.
  func scheduleIdleCheck() {
    if nextIdleCheck == nil { nextIdleCheck = now + settings.idleCheckMilliseconds }
  }

  private func checkIdle() {
    nextIdleCheck = nil
    for core in sorted(cores.values) {
      guard core.isIdle else {
        core.idleCheckCount = 0
        continue
      }
      core.idleCheckCount += 1
      if core.idleCheckCount < settings.idleCheckCount {
        scheduleIdleCheck()
        continue
      }
      cores[core.log.discoveryKey] = nil
      core.replicator.close()
      if core.ownsSession { core.log.close() }
    }
  }

  /// Ends the replication: closes all channels. The connections stay.
  public func close() {
    for stream in streams { stream.close() }
    for core in cores.values {
      core.replicator.close()
      if core.ownsSession { core.log.close() }
    }
    cores = [:]
    touched = []
    nextIdleCheck = nil
  }
}
