public import CompactEncoding
import Hypercore
import HypercoreCrypto

/// One node of a base: it reads the logs of all writers it knows, orders their nodes, applies them to views, and writes
/// its own log. See the module's head comment.
///
/// A synchronous state machine over a store: it does something when it is told that something is new
/// (``advance()``) or to be written (``append(_:)-(UInt8)``), and then all of it in one transaction. Several processes
/// may hold the same base: what another one has written is noticed at the next call. An instance belongs to one thread
/// at a time.
public final class Autobase {
  /// The base's key: the core key of the bootstrap writer.
  public let key: Fixed32
  /// Where everything rests.
  public let storage: any BaseStorage
  /// The 32 bytes by which blocks are encrypted; nil in a base that is not.
  public let encryptionKey: Fixed32?
  /// The local writer's log; nil in a node that only reads.
  public let local: (any LocalLog)?
  let application: any Application
  let options: Options
  let identity: ViewIdentity

  private(set) var system: SystemView
  private(set) var encryption: View
  private(set) var userViews: [View] = []
  var linearizer = Linearizer(indexers: [])
  var readers = ReaderSet()
  /// Writers that `apply` added, to be opened.
  var wantedWriters: [Fixed32] = []
  /// Values queued for the local log; nil for an ack.
  var queue: [Queued] = []
  var updates = UpdateLog()
  /// Length of the system view whose content is final.
  public internal(set) var indexedLength: UInt64 = 0
  /// The info at ``indexedLength``.
  var indexedInfo = SystemInfo()
  /// The signers of the present system core.
  var sources: [CheckpointSource] = []
  /// What the local writer's newest block says of its signatures.
  var own = CheckpointState()
  /// The newest signature of each view by its name, with the core it is for: what did not change is not signed again.
  var signatures: [String: (key: Fixed32, value: IndexCheckpoint)] = [:]
  /// The boot record as it is stored.
  var storedBoot: BootRecord?
  var isCaughtUp = false
  /// Whether memory may differ from the store, after a failure.
  var needsReload = false
  var isClosed = false

  /// Settings of a base.
  public struct Options: Sendable {
    /// Whether strangers may write nodes that `apply` can accept.
    public var isOptimistic: Bool
    /// Most nodes taken into the graph before they are applied.
    public var nodesPerRound: Int

    /// The defaults.
    public init(isOptimistic: Bool = false, nodesPerRound: Int = 4096) {
      self.isOptimistic = isOptimistic
      self.nodesPerRound = nodesPerRound
    }
  }

  struct Queued {
    var value: [UInt8]?
    var isOptimistic = false
  }

  init(_ found: BaseIdentity, storage: any BaseStorage, application: any Application, options: Options) throws {
    key = found.key
    local = found.local
    encryptionKey = found.encryptionKey
    identity = ViewIdentity(baseKey: found.key, encryptionKey: found.encryptionKey)
    self.storage = storage
    self.application = application
    self.options = options
    let genesis = try ViewSet(genesis: identity, application.viewNames, storage)
    system = try SystemView(View(name: SystemView.name, storage: genesis.system))
    encryption = try View(name: ViewSet.encryptionName, storage: genesis.encryption)
    for (name, core) in zip(application.viewNames, genesis.user) {
      userViews.append(try View(name: name, storage: core.storage, cipher: viewEncryption(name)))
    }
  }

  /// The view with this name.
  public func view(_ name: String) throws(AutobaseError) -> View {
    guard let view = userViews.first(where: { $0.name == name }) else { throw .unknownView(name) }
    return view
  }
}

extension Autobase {
  /// Starts again from what is stored. Views stay the same objects; their forks change.
  ///
  /// Done by itself after a failure, and when another process has written.
  public func reload() throws {
    guard !isClosed else { throw AutobaseError.closed }
    queue.removeAll()
    wantedWriters.removeAll()
    try load()
  }

  /// Ends the base: nothing can be appended, and views no longer change.
  public func close() { isClosed = true }

  /// Reads the state that the store holds.
  func load() throws {
    needsReload = true
    let boot = try local?.userData(UserDataKey.boot).map { try BootRecord(decoding: $0) }
    let cores: ViewSet
    if let boot {
      guard let core = try storage.view(key: boot.key) else {
        throw AutobaseError.corrupt("the system core \(boot.key) is not stored")
      }
      system = try SystemView(View(name: SystemView.name, storage: core, cipher: viewEncryption(SystemView.name)))
      indexedInfo = try system.info(at: boot.systemLength)
      cores = try ViewSet(indexedInfo, system: core, identity, application.viewNames, storage)
    } else {
      cores = try ViewSet(genesis: identity, application.viewNames, storage)
      system = try SystemView(
        View(name: SystemView.name, storage: cores.system, cipher: viewEncryption(SystemView.name)))
      indexedInfo = SystemInfo()
    }
    encryption = try View(name: ViewSet.encryptionName, storage: cores.encryption)
    for (view, core) in zip(userViews, cores.user) {
      try view.reload(core.storage)
      view.mappedIndex = core.mappedIndex
    }
    system.reservedViews = cores.reservedViews
    storedBoot = boot
    indexedLength = boot?.systemLength ?? 0
    updates = try UpdateLog(local?.records() ?? [])
    own = CheckpointState()
    isCaughtUp = false
    try restart()
    if !storage.isReadOnly {
      for view in allViews { try view.storage.remember(name: view.name, of: key) }
    }
    needsReload = false
  }

  /// Whether another process has written what is kept in memory here.
  var isStale: Bool {
    if needsReload { return true }
    if let local, let reader = readers[local.key], isCaughtUp, local.length != reader.window.length { return true }
    return system.view.isStale || userViews.contains { $0.isStale }
  }
}

/// Keys of the small local values that a base keeps in its logs' user data (spec 03 §1.1).
enum UserDataKey {
  static let referrer = "referrer"
  static let local = "autobase/local"
  static let boot = "autobase/boot"
  static let wakeup = "autobase/wakeup"
  static let encryption = "autobase/encryption"
  static let view = "autobase/view"
}
