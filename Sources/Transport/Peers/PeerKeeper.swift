internal import CompactEncoding
public import HypercoreCrypto
internal import NIOCore
internal import NIOPosix

/// Keeps connections to a list of peers alive.
///
/// Each peer is connected to until there is a connection, by whichever side; after each failure the wait doubles
/// (``Backoff``). It starts over once a connection lasted ten seconds.
///
/// When two nodes connect to each other at the same time there are two connections, and both sides close the same one: of
/// connections started by different sides that one stays which the side with the greater public key started, and of two
/// started by the same side the newer one. A connection that stays but was silent for more than two keep-alives gives way
/// to any new one, since the other side may have forgotten it.
///
/// Everything but the functions that say so belongs to the event loop.
public final class PeerKeeper: @unchecked Sendable {
  /// Makes what runs over a connection; nil gives it up.
  public typealias MakeSession = @Sendable (Peer, Connection) -> (any ConnectionSession)?

  private struct Entry {
    var peer: PeerAddress
    var schedule: PeerSchedule
    /// The connection that stays.
    var connection: Connection?
  }

  private let eventLoop: any EventLoop
  private let keyPair: KeyPair
  private let settings: TransportSettings
  private let budget = ConnectionBudget()
  private let onChange: (@Sendable (PeerStatus) -> Void)?
  private var makeSession: MakeSession?
  private var entries: [Entry]
  private var alarm: Scheduled<Void>?
  private var generator = SystemRandomNumberGenerator()
  private var outgoing: [ObjectIdentifier: Connection] = [:]
  private var drained: EventLoopPromise<Void>?

  /// A keeper that connects to nobody before ``start(_:)``. From any thread.
  ///
  /// - Parameters:
  ///   - keyPair: proves this side's key.
  ///   - peers: the nodes to stay connected to; this node itself and repetitions of a key are left out.
  ///   - onChange: called on the event loop when a connection to a peer came, went, or could not be made.
  public init(
    on loop: TransportLoop, keyPair: KeyPair, peers: [PeerAddress], settings: TransportSettings = TransportSettings(),
    backoff: Backoff = Backoff(), onChange: (@Sendable (PeerStatus) -> Void)? = nil
  ) {
    eventLoop = loop.group.next()
    self.keyPair = keyPair
    self.settings = settings
    self.onChange = onChange
    var seen: Set<Fixed32> = [keyPair.publicKey]
    entries = peers.filter { seen.insert($0.publicKey).inserted }
      .map { Entry(peer: $0, schedule: PeerSchedule(backoff: backoff)) }
  }

  /// Starts to connect. From any thread.
  public func start(_ makeSession: @escaping MakeSession) {
    eventLoop.execute { [self] in
      self.makeSession = makeSession
      let now = milliseconds()
      for index in entries.indices where entries[index].connection == nil {
        entries[index].schedule.start(at: now, using: &generator)
      }
      armAlarm()
    }
  }

  // MARK: Asking

  /// How it stands with every peer, in the order they were given. From any thread.
  public func status() async -> [PeerStatus] {
    (try? await eventLoop.submit { [self] in currentStatus }.get()) ?? []
  }

  /// How it stands with every peer, in the order they were given.
  public var currentStatus: [PeerStatus] {
    let now = milliseconds()
    return entries.map { status(of: $0, at: now) }
  }

  private func status(of entry: Entry, at now: UInt64) -> PeerStatus {
    let state: PeerStatus.State
    switch entry.schedule.state {
    case .idle: state = .stopped
    case .waiting(let until, let reason): state = .waiting(milliseconds: until - min(now, until), because: reason)
    case .connecting(let since): state = .connecting(milliseconds: now - min(now, since))
    case .connected(let since):
      state = .connected(
        milliseconds: now - min(now, since), address: entry.connection?.address ?? entry.peer.address,
        isOutgoing: entry.connection?.role == .initiator)
    }
    return PeerStatus(peer: entry.peer, state: state, connectionCount: entry.schedule.connectionCount)
  }

  // MARK: Connections

  /// Decides whether a connection on which the other side just proved its key may stay; another one with the same peer is
  /// closed when it may. Connections with others than the keeper's peers always may.
  func admits(_ connection: Connection, with peer: Peer) -> Bool {
    guard let index = entries.firstIndex(where: { $0.peer.publicKey == peer.publicKey }) else { return true }
    let old = entries[index].connection
    if let old, old !== connection {
      guard prefers(connection, to: old, with: peer) else {
        old.probe()
        connection.fail(.duplicate)
        return false
      }
    }
    entries[index].connection = connection
    entries[index].schedule.connected(at: milliseconds())
    connection.onClose = { [self] reason in ended(peer.publicKey, connection, reason) }
    old?.fail(.duplicate)
    changed(index)
    return true
  }

  private func prefers(_ new: Connection, to old: Connection, with peer: Peer) -> Bool {
    if old.silenceMilliseconds > 2 * settings.keepAliveMilliseconds + 1_000 { return true }
    if new.role == old.role { return true }
    let isGreater = peer.publicKey.bytes.lexicographicallyPrecedes(keyPair.publicKey.bytes)
    return (new.role == .initiator) == isGreater
  }

  private func ended(_ key: Fixed32, _ connection: Connection, _ reason: TransportError) {
    guard let index = entries.firstIndex(where: { $0.peer.publicKey == key }),
      entries[index].connection === connection
    else { return }
    entries[index].connection = nil
    entries[index].schedule.ended(reason, at: milliseconds(), using: &generator)
    changed(index)
    armAlarm()
  }

  private func changed(_ index: Int) { onChange?(status(of: entries[index], at: milliseconds())) }

  // MARK: Connecting

  private func armAlarm() {
    alarm?.cancel()
    alarm = nil
    guard makeSession != nil, let time = entries.compactMap(\.schedule.nextDeadline).min() else { return }
    let deadline = NIODeadline.uptimeNanoseconds(min(time, UInt64.max / 2_000_000) * 1_000_000)
    alarm = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in ring() }
  }

  private func ring() {
    let now = milliseconds()
    for index in entries.indices where entries[index].schedule.dials(at: now) { dial(entries[index].peer) }
    armAlarm()
  }

  private func dial(_ peer: PeerAddress) {
    Connector.open(
      on: eventLoop, to: peer.address, serverKey: peer.publicKey, keyPair: keyPair, settings: settings, budget: budget
    ) { [self] remote, connection in
      guard let makeSession, admits(connection, with: remote) else { return nil }
      outgoing[ObjectIdentifier(connection)] = connection
      return makeSession(remote, connection)
    } onEnd: { [self] connection, reason in
      if let connection { outgoing[ObjectIdentifier(connection)] = nil }
      // With a connection that came in meanwhile, the state is no longer that of this attempt.
      if let index = entries.firstIndex(where: { $0.peer == peer }), entries[index].connection == nil,
        case .connecting = entries[index].schedule.state
      {
        entries[index].schedule.ended(reason, at: milliseconds(), using: &generator)
        changed(index)
        armAlarm()
      }
      if outgoing.isEmpty { drained?.succeed() }
    }
  }

  // MARK: Ending

  /// Connects no more, lets the sessions of the connections that this side made finish, and closes those that are open
  /// after the time. From any thread.
  public func drain(timeoutMilliseconds: UInt64) async {
    let done = eventLoop.makePromise(of: Void.self)
    eventLoop.execute { [self] in
      makeSession = nil
      alarm?.cancel()
      for index in entries.indices { entries[index].schedule.stop() }
      guard !outgoing.isEmpty else { return done.succeed() }
      drained = done
      for connection in outgoing.values {
        if timeoutMilliseconds > 0 { connection.session?.drain(on: connection) } else { connection.close() }
      }
      eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(clamping: min(timeoutMilliseconds, 1 << 40)))) {
        [self] in
        for connection in outgoing.values { connection.close() }
      }
    }
    try? await done.futureResult.get()
  }
}
