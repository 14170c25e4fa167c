public import CompactEncoding
import Hypercore
import HypercoreCrypto

/// One node of a base: it reads the logs of all writers it knows, orders their nodes, applies them to views, and writes
/// its own log. See the module's head comment.
///
/// A synchronous state machine over a store: it does something when it is told that something is new
/// (``advance()``) or to be written (``append(_:)``), and then all of it in one transaction. It belongs to one thread
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

  let system: SystemView
  let encryption: View
  let userViews: [View]
  var linearizer: Linearizer
  var readers: [Fixed32: WriterReader] = [:]
  /// Keys of open readers in the order in which they were opened.
  var readerOrder: [Fixed32] = []
  /// Writers that `apply` added, to be opened.
  var wantedWriters: [Fixed32] = []
  /// Values queued for the local log; nil for an ack.
  var queue: [Queued] = []
  var updates: UpdateLog
  /// Length of the system view whose content is final.
  public internal(set) var indexedLength: UInt64
  /// The info at ``indexedLength``.
  var indexedInfo: SystemInfo
  var sources: [CheckpointSource] = []
  var own = CheckpointState()
  /// Whether the stored boot record is out of date.
  var storedBoot: BootRecord?
  var isCaughtUp = false
  var failure: AutobaseError?

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

  init(
    _ identity: BaseIdentity, storage: any BaseStorage, application: any Application, options: Options
  ) throws {
    key = identity.key
    local = identity.local
    encryptionKey = identity.encryptionKey
    self.storage = storage
    self.application = application
    self.options = options
    let names = ViewIdentity(baseKey: identity.key, encryptionKey: identity.encryptionKey)
    self.identity = names
    let boot = try identity.local?.userData(UserDataKey.boot).map { try BootRecord(decoding: $0) }
    let views = try ViewSet(
      boot: boot, names: names, application: application, storage: storage, encryptionKey: identity.encryptionKey)
    system = views.system
    encryption = views.encryption
    userViews = views.user
    storedBoot = boot
    indexedLength = boot?.systemLength ?? 0
    indexedInfo = try system.info(at: indexedLength)
    updates = try UpdateLog(identity.local?.records() ?? [])
    linearizer = Linearizer(indexers: [])
    try restart()
  }

  /// The view with this name.
  public func view(_ name: String) throws(AutobaseError) -> View {
    guard let view = userViews.first(where: { $0.name == name }) else { throw .unknownView(name) }
    return view
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
