public import Autobase
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import Registry
public import Replication

/// Keeps a node going as a member of a cluster: connects the base, the replication of its logs, and time.
///
/// A machine without I/O, so that it drives a process as well as a simulation. Who holds it
///
/// * calls ``start(at:)`` once;
/// * passes on what connections say to the ``replicator``, and calls ``received(at:)`` soon after ``onStored``, once for
///   all that came in at that moment;
/// * calls ``committed(at:)`` after a commit of its own to the store, and ``follow(at:)`` after one of another process;
/// * calls ``expire(at:)`` when ``nextDeadline`` has come.
///
/// What comes with one read is one transaction that need not wait for the disk: it can be fetched again. What the node
/// itself writes, an acknowledgement for example, is on disk before anybody hears of it.
///
/// A failure of the store does not end anything: it is told, and after a while the node tries again.
public final class NodeDriver {
  /// Times and limits.
  public struct Settings: Sendable {
    /// When an indexer acknowledges what others wrote.
    public var acknowledging = AckTimer.Settings()
    /// After a failure of the store, when to try again, in milliseconds.
    public var retryMilliseconds: UInt64 = 1_000

    /// The defaults.
    public init() {}
  }

  /// The node.
  public let node: RegistryNode
  /// The logs of the node's store on all connections.
  public let replicator: StoreReplicator
  /// Told of what an operator should know.
  public var onEvent: ((NodeEvent) -> Void)?
  /// Why the base cannot be brought up to date at the moment; nil when it can.
  public private(set) var problem: String?

  let settings: Settings
  private let acknowledger: Acknowledger
  private var retryTime: UInt64?
  /// The commits of others that were taken in, as the store's context counts them.
  private var followedGeneration: UInt64?
  private var seen: Membership
  var wanted: [WantedCore] = []
  var topic: WakeupTopic?
  var fetching: Set<FetchedBlock> = []
  /// Whether something of others was stored since the base was brought up to date.
  private var hasStored = false
  /// Told when ``received(at:)`` has something to do.
  public var onStored: (() -> Void)?

  /// What changes seldom, and is told when it does.
  private struct Membership: Equatable {
    var isIndexer: Bool
    var isWriter: Bool
    var viewKey: Fixed32?

    init(_ node: RegistryNode) {
      isIndexer = node.base.isIndexer
      isWriter = node.base.isWritable
      viewKey = try? node.base.view(RegistryView.name).key
    }
  }

  /// Drives a node; nothing happens before ``start(at:)``.
  ///
  /// - Parameter generator: where random delays come from.
  public init(
    _ node: RegistryNode, replicator: StoreReplicator, settings: Settings = Settings(),
    generator: any RandomNumberGenerator
  ) {
    self.node = node
    self.replicator = replicator
    self.settings = settings
    acknowledger = Acknowledger(node.base, settings: settings.acknowledging, generator: generator)
    seen = Membership(node)
  }

  // MARK: What happens

  /// Begins.
  public func start(at now: UInt64) {
    // What a peer says of a log may show how far behind the node is.
    replicator.onPeer = { [unowned self] _, _, change in if change == .opened { didStore() } }
    joinTopic()
    advance(at: now)
  }

  func didStore() {
    guard !hasStored else { return }
    hasStored = true
    onStored?()
  }

  /// Blocks of others were stored: brings the base up to date with them.
  public func received(at now: UInt64) {
    guard hasStored else { return }
    hasStored = false
    acknowledger.bump(now: now)
    advance(at: now)
  }

  /// The node has committed something on its own: tells the others.
  public func committed(at now: UInt64) { attempt(at: now) {} }

  /// Another process may have committed something to the store: takes it in. Nothing happens when the commit that woke
  /// the caller was the node's own, as most are.
  public func follow(at now: UInt64) {
    let context = node.store.context
    if context.isCurrent, context.generation == followedGeneration { return }
    // What comes while this is dealt with belongs to the next call.
    try? context.read {}
    followedGeneration = context.generation
    advance(at: now)
  }

  /// When ``expire(at:)`` is to be called, in milliseconds; nil for never, as things stand.
  public var nextDeadline: UInt64? {
    let base = node.base
    let own = [acknowledger.nextDeadline, base.fastForwardDeadline, base.recoveryDeadline].compactMap { $0 }.min()
    // After a failure nothing else is done before the retry.
    return [retryTime ?? own, replicator.nextDeadline].compactMap { $0 }.min()
  }

  /// Does what is due.
  public func expire(at now: UInt64) {
    if let time = replicator.nextDeadline, time <= now { replicator.expire(at: now) }
    if let time = retryTime, time <= now { return advance(at: now) }
    guard retryTime == nil else { return }
    let base = node.base
    if [base.fastForwardDeadline, base.recoveryDeadline].contains(where: { $0 ?? .max <= now }) { advance(at: now) }
    guard retryTime == nil, let time = acknowledger.nextDeadline, time <= now else { return }
    attempt(at: now) {
      try take()
      try acknowledger.run(now: now)
    }
  }

  // MARK: The base

  private func advance(at now: UInt64) {
    attempt(at: now) {
      try take()
      try fastForward(now)
      try confirmLocalLength(now)
    }
  }

  /// Lets a node write again whose log may have lost its end, once peers have confirmed where it ends.
  private func confirmLocalLength(_ now: UInt64) throws {
    guard node.base.isRecovering, let local = node.localKey,
      let core = replicator.core(discoveryKey(of: local))
    else { return }
    let peers = core.status.peers.filter(\.isOpen).map { peer in
      Autobase.LocalPeer(length: peer.length, isSynced: peer.hasSynced)
    }
    try node.base.confirmLocalLength(peers, now: now)
  }

  /// Goes on from a state that others have signed, when it is far ahead of what is applied here.
  private func fastForward(_ now: UInt64) throws {
    let base = node.base
    if let system = wanted.first(where: { $0.role == .view("_system") })?.key,
      let core = replicator.core(discoveryKey(of: system))
    {
      let length = core.status.remoteLength
      if length > base.length { base.noteRemoteLength(of: system, length) }
    }
    let before = base.length
    guard try base.fastForward(now: now) else { return }
    onEvent?(.fastForward(from: before, to: base.length))
  }

  /// Orders and applies what is new in the logs, in a transaction of its own: the base goes back to where it was when it
  /// must wait for blocks of views. Unless something of our own is in it, the commit does not wait for the disk.
  private func take() throws { try node.base.advance() }

  /// Runs `body`, then tells peers, the application and the timer what it led to.
  private func attempt(at now: UInt64, _ body: () throws -> Void) {
    do {
      try body()
      try acknowledger.update(now: now)
      note(nil)
      retryTime = nil
    } catch LogError.blockNotAvailable {
      // The base names the blocks, and they are being fetched.
      note(nil)
      retryTime = now + settings.retryMilliseconds
    } catch let error as StoreError where error.category == .temporary {
      // Somebody holds the store for long.
      retryTime = now + settings.retryMilliseconds
    } catch {
      retryTime = now + settings.retryMilliseconds
      note("\(error)")
    }
    tell(at: now)
  }

  func note(_ failure: String?) {
    guard failure != problem else { return }
    problem = failure
    onEvent?(failure.map { .failed($0) } ?? .recovered)
  }

  private func tell(at now: UInt64) {
    replicate()
    fetchMissing()
    lookUp()
    do { try replicator.logsChanged() } catch {
      retryTime = now + settings.retryMilliseconds
      note("\(error)")
    }
    let membership = Membership(node)
    let before = seen
    guard membership != before else { return }
    seen = membership
    if membership.isWriter != before.isWriter { onEvent?(membership.isWriter ? .becameWriter : .ceasedToBeWriter) }
    if membership.viewKey != before.viewKey { onEvent?(.viewMoved) }
    if membership.isIndexer != before.isIndexer { onEvent?(membership.isIndexer ? .becameIndexer : .ceasedToBeIndexer) }
  }
}
