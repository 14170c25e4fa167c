public import CompactEncoding
public import HypercoreCrypto
public import Protomux

/// The replication of a store on one connection: hands what the muxer says to the logs and topics that it concerns.
public final class ReplicationStream {
  private struct Core {
    let peer: CorePeer
    let core: AttachedCore
  }
  private struct Topic {
    let peer: WakeupPeer
    /// Keeps the topic as long as its channel.
    let topic: WakeupTopic
  }

  /// The connection.
  public unowned let carrier: any MuxCarrier
  /// The own role on the secure stream.
  public let role: StreamRole
  /// 64 bytes that identify the connection.
  public let handshakeHash: [UInt8]
  /// Who is on the other side; nil when nobody said so.
  public let remotePublicKey: Fixed32?
  /// Whether the connection is gone.
  public private(set) var isClosed = false

  private unowned let store: StoreReplicator
  private var cores: [MuxChannel: Core] = [:]
  private var topics: [MuxChannel: Topic] = [:]
  /// The open channels by discovery key or topic, so that none is opened twice.
  private var channels: [PairKey: MuxChannel] = [:]
  /// How often a channel was opened again that the other side had closed.
  private var reopenings: [PairKey: Int] = [:]
  private static let maximumReopenings = 16
  private var rejections = Rejections()

  init(
    _ store: StoreReplicator, carrier: any MuxCarrier, role: StreamRole, handshakeHash: [UInt8],
    remotePublicKey: Fixed32?
  ) {
    self.store = store
    self.carrier = carrier
    self.role = role
    self.handshakeHash = handshakeHash
    self.remotePublicKey = remotePublicKey
  }

  /// Logs whose channel is open on this side, answered or not.
  public var coreCount: Int { cores.count }

  /// The peer of a log on this connection; nil when the log's channel is not open.
  public func peer(of core: CoreReplicator) -> CorePeer? {
    channels[core.pairKey].flatMap { cores[$0]?.peer }
  }

  /// The peer of a topic on this connection; nil when the topic's channel is not open.
  public func peer(of topic: WakeupTopic) -> WakeupPeer? {
    channels[topic.pairKey].flatMap { topics[$0]?.peer }
  }

  /// Whether some log was offered, and the other side has not yet said whether it has it, or in what state.
  public var isAwaitingPeers: Bool { cores.values.contains { !$0.peer.isOpen || !$0.peer.hasSynced } }

  // MARK: Channels

  /// Opens a log's channel unless it is open.
  func open(_ core: AttachedCore) {
    let key = core.replicator.pairKey
    guard !isClosed, channels[key] == nil else { return }
    // The muxer refuses only when it has no ids left; then the other side cannot be offered more.
    guard let peer = try? core.replicator.open(on: carrier, role: role, handshakeHash: handshakeHash) else { return }
    channels[key] = peer.channel
    cores[peer.channel] = Core(peer: peer, core: core)
    core.idleCheckCount = 0
    store.touch(core)
  }

  /// Opens a topic's channel unless it is open.
  func open(_ topic: WakeupTopic) {
    guard !isClosed, channels[topic.pairKey] == nil else { return }
    guard let peer = try? topic.open(on: carrier, role: role, handshakeHash: handshakeHash) else { return }
    channels[topic.pairKey] = peer.channel
    topics[peer.channel] = Topic(peer: peer, topic: topic)
  }

  /// The other side opened a channel: opens this end when it is one of a log that is stored or of a topic.
  ///
  /// - Returns: whether it is open now; when not, the channel is to be rejected.
  /// - Throws: what ends the connection.
  public func answer(_ key: PairKey, now: UInt64) throws(ProtomuxError) -> Bool {
    store.tell(now)
    let isLog = key.protocolName == Replication.protocolName || key.protocolName == Replication.protocolAlias
    guard isLog || key.protocolName == WakeupTopic.protocolName else { return false }
    guard let identifier = Fixed32(key.identifier) else {
      // As the reference: whoever names a log otherwise speaks another protocol.
      if isLog { throw .decoding(.outOfBounds(needed: 32, remaining: key.identifier.count)) }
      return false
    }
    if isLog {
      guard let core = store.find(identifier, for: self) else { return false }
      open(core)
      return channels[core.replicator.pairKey] != nil
    }
    guard let topic = store.topics[identifier] ?? store.onUnknownTopic?(self, identifier) else { return false }
    open(topic)
    return channels[topic.pairKey] != nil
  }

  /// Whether a channel is one of this object's.
  public func owns(_ channel: MuxChannel) -> Bool { cores[channel] != nil || topics[channel] != nil }

  /// Something happened on a channel. What it changes takes effect at the latest with ``StoreReplicator/flush()``.
  ///
  /// - Throws: what ends the connection.
  public func handle(_ event: MuxEvent, now: UInt64) throws(ProtomuxError) {
    switch event {
    case .offered: return
    case .message(let channel, let type, let payload):
      if let known = cores[channel] {
        store.touch(known.core)
        try known.peer.receive(type: type, payload: payload, now: now)
      } else if let known = topics[channel] {
        try known.peer.receive(type: type, payload: payload)
      }
    case .opened(let channel, let handshake):
      if let known = cores[channel] {
        store.touch(known.core)
        try known.peer.opened(handshake: handshake, now: now)
        rejections.remove(known.core.replicator.pairKey)
        store.onPeer?(self, known.core.replicator, .opened)
      } else if let known = topics[channel] {
        try known.peer.opened(handshake: handshake)
      }
    case .closed(let channel, let isRemote):
      store.tell(now)
      channelClosed(channel, isRemote: isRemote, now: now)
    }
  }

  private func channelClosed(_ channel: MuxChannel, isRemote: Bool, now: UInt64) {
    if let known = topics.removeValue(forKey: channel) {
      channels[known.topic.pairKey] = nil
      known.peer.closed()
    }
    guard let known = cores.removeValue(forKey: channel) else { return }
    let replicator = known.core.replicator
    channels[replicator.pairKey] = nil
    let wasOpen = known.peer.isOpen
    // Both sides may have said that they want nothing, and this one changed its mind before it heard of the end.
    let reopens =
      isRemote && wasOpen && !isClosed && replicator.isDownloading && !known.peer.remote.downloading
      && reopenings[replicator.pairKey, default: 0] < Self.maximumReopenings
    known.peer.closed()
    store.touch(known.core)
    store.scheduleIdleCheck()
    if isRemote, !wasOpen, !isClosed, known.core.isActive { rejections.add(replicator.pairKey, now: now) }
    store.onPeer?(
      self, replicator, wasOpen ? .closed(contiguousLength: known.peer.have.contiguous) : .rejected)
    guard reopens else { return }
    reopenings[replicator.pairKey, default: 0] += 1
    open(known.core)
  }

  /// When ``expire(at:)`` has something to do; nil for never, as things stand.
  var nextDeadline: UInt64? { rejections.nextTime }

  /// Offers again what was rejected long enough ago and is still in use.
  func expire(at now: UInt64) {
    for key in rejections.takeDue(now) {
      let core = Fixed32(key.identifier).flatMap { store.cores[$0] }
      if let core, core.isActive, channels[key] == nil { open(core) } else { rejections.remove(key) }
    }
  }

  /// Channels in an order that is the same in every run.
  private func inOrder(_ channels: some Sequence<MuxChannel>) -> [MuxChannel] {
    channels.sorted { $0.identifier < $1.identifier }
  }

  /// The other side took output: goes on with what waited for that.
  public func outputTaken() {
    for channel in inOrder(cores.keys) { if let known = cores[channel] { store.touch(known.core) } }
    store.flush()
  }

  /// Whether so many requests wait to be answered that no more should be read.
  public var isOverloaded: Bool {
    guard !carrier.isWritable else { return false }
    return cores.values.reduce(0) { $0 + $1.peer.queue.count } > store.settings.maximumQueuedRequests
  }

  /// Closes all channels of this object; the connection stays.
  public func close() {
    guard !isClosed else { return }
    for channel in inOrder(cores.keys) + inOrder(topics.keys) { carrier.mux.close(channel) }
    carrier.setNeedsFlush()
    closed()
  }

  /// The connection is gone.
  public func closed() {
    guard !isClosed else { return }
    isClosed = true
    for channel in inOrder(cores.keys) + inOrder(topics.keys) { channelClosed(channel, isRemote: true, now: 0) }
    store.remove(self)
  }
}
