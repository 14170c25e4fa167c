/// # Autobase
///
/// Many writers, one order. Every writer appends *oplog messages* to a log of its own; each names the heads of the
/// graph that its writer knew. Some writers are *indexers*: their nodes are also votes. Every node of the base orders
/// the same graph in the same way, *applies* the values in that order to *views* (logs again), and indexers sign the
/// part of the views that can no longer change.
///
/// | core | is |
/// |---|---|
/// | writer | a log with one signer, holding ``OplogMessage``s; the key of the first one, the *bootstrap writer*, is the base's key |
/// | `_system` | a Hyperbee: members, indexers, heads, views (``SystemInfo``, ``Member``) |
/// | `_encryption` | empty unless the indexers were replaced by force: then an ``EncryptionDescriptor`` for each time |
/// | user views | one for each view name, written by `apply` |
///
/// ## The graph
///
/// A *node* is one message, named by its writer's core key and its 1-based *length* in that log. It enters the graph
/// only after all nodes it references, an atomic batch as a whole. It depends on the nodes in its heads and on the one
/// before it in its own log, as far as these are not indexed. Its *clock* says how much of each active indexer's log it
/// has seen above the indexed part: the maximum of its dependencies' clocks, and its own length when an indexer wrote
/// it.
///
/// ## Order inside a set
///
/// The lexicographically smallest topological order: of the nodes whose predecessors are placed, the one with the
/// smallest (core key, length) is next. A new node is inserted behind its last dependency, then moved up past whatever
/// is smaller. *Optimistic* nodes (of strangers) float to directly before the first node that references them.
///
/// ## What is final
///
/// With n indexers a majority is ⌊n/2⌋ + 1. A node *sees* t when its clock includes it; it is *strictly newer* than t
/// when it sees t and nothing that could compete with t: for every indexer, its first node after what t has seen sees t
/// too, or is unseen. The *votes* for t are t and each other indexer's first node after what t has seen, if it is
/// strictly newer. An oldest open node t of an indexer is final when a majority votes for it and either
///
/// * a majority of indexers each have a node that is strictly newer than t and sees a majority of the votes, or
/// * every indexer's newest node is strictly newer than t.
///
/// When no oldest node is final but a *merge* is (a node that joins branches of indexers), walk down from it: as long
/// as it has seen a tail or merge that is final as far as it can know, go on with that; a tail that is reached is
/// final, else all tails it has seen are, together. Each final group takes with it all its ancestors, of whatever
/// writer, sorted among themselves; groups never mix. ``NodeOrder`` does this much for a list of messages,
/// ``NodeStream`` for messages as they come, and ``OrderHistory`` tells why each node is where it is.
///
/// ## Applying
///
/// The ordered list is *indexed* nodes, then the provisional *tip*. When the order of the tip changes, views go back to
/// the last unchanged node and everything behind it is applied again. For each node (or atomic batch): the system notes
/// the new head, `apply` gets the values, and the system view is flushed once: first the member records that changed,
/// then the info. So the info at a system length L is the value of block L − 1, and the system length after each node
/// is part of what all agree on. Values of removed writers are not applied; their nodes become heads when a member's
/// node depends on them.
///
/// ## Keys of views
///
/// See ``ViewIdentity``. While nothing was applied, a view's core has no signers. The first applied node makes the
/// bootstrap writer an indexer, and so does every later change of the list of indexers: when the node that makes it is
/// indexed, all views move to cores with new manifests, whose prologue is what the view held at that moment; voting
/// starts again behind it with the new list.
///
/// ## Signatures
///
/// An indexer signs each view's tree at the indexed length and puts the signatures into the last block it appends
/// (``Checkpoint``); other blocks point to that one. Any node that has the signatures of a quorum puts them together,
/// at the longest system length that a quorum has signed, to the multi-signature of the cores.
///
/// An indexer acknowledges what others wrote by a node without value, while values are open and its vote is missing
/// (``Autobase/needsAck(isStalled:)``). Two indexers that always answer at the same moment do not converge, so a node
/// waits a random time: ``AckTimer`` and ``Acknowledger`` say when to look.
///
/// ## Replicating
///
/// ``Autobase/wantedCores`` says which cores to exchange with others: the logs of writers, all blocks in order; views are
/// computed here and only served. With many writers, only indexers, heads and writers with news are followed; peers
/// tell each other of those (``Autobase/announcement``, ``Autobase/hint(_:)``), and writers whose news are not final yet
/// are remembered. A writer without news is closed when too many are open.
///
/// ## Going on from a signed state
///
/// A node that is at least 16 system blocks behind what is signed does not apply all nodes up to there: it fetches the
/// signed heads of the system core and of the views, the info, the records of indexers and heads, and the last block of
/// everything, then moves its views there in one transaction (``Autobase/fastForward(now:)``). The same leads to a
/// system core that a quorum of the known signers has moved to, and leads a node that knows nothing but the base's key
/// to the system core that the bootstrap writer's newest block names. Blocks of views that it has not computed are
/// fetched afterwards; until they are there, ``Autobase/advance()`` may have to wait for one that `apply` reads.
/// ``Autobase/orderHistory(keptBytes:)`` begins behind such a state, too, where older nodes are not stored.
///
/// ## Replacing the indexers by force
///
/// When the quorum is lost for ever, `apply` may name other members and a final system length
/// (``ApplyHost/fork(indexers:from:)``). The views go back to that length and move to cores signed by the new indexers;
/// the last flush of the system view is written again with version 2, the new indexers and an entropy
/// `H(ENTROPY ‖ u64le(length) ‖ last entropy ‖ indexers)`, which from then on replaces the namespace of the first indexer
/// and follows every change of the set. `_encryption` gets the hash of it, from which later blocks' keys are made
/// (spec 03 §15).
///
/// ## When something is lost
///
/// The tip that does not fit the indexed state is applied again. Views that are shorter than what they should be lead
/// back to the newest signed state that is whole, at worst to the beginning: all the rest is in the writers' logs. Only
/// the local log's own end cannot be made again; a node that may have lost it waits until peers have told how long it
/// is (``Autobase/beginRecovery()``).
///
/// ## What is stored
///
/// | where | what |
/// |---|---|
/// | local log, user data `autobase/boot` | ``BootRecord``: the system core and the indexed length |
/// | local log, user data `referrer` | the base's key; in every core of the base |
/// | local log, local records | ``LinearizerUpdate`` for each applied node of the tip, keys `01 ‖ number` |
/// | local log, user data `autobase/wakeup` | ``WakeupList``: writers with news that are not final |
/// | local log, user data `autobase/recovering` | there while its end must be confirmed |
/// | local and bootstrap log, user data `autobase/encryption` | the encryption key |
/// | bootstrap log, user data `autobase/local` | the local writer's key |
/// | view cores, user data `autobase/view` | the view's name |
///
/// Messages, views, boot record and records change in one transaction. After a restart the nodes of the stored tip
/// enter the graph again and are not applied again. A store without the local writer's secret keeps all this as well,
/// beside a log that it cannot write.
///
/// ## Differences from the reference
///
/// * The trace of a message (which blocks were read while it was applied) is read and not written, as in version 7.18.
/// * A pending indexer that was withdrawn writes no first node; in the reference that node makes it an indexer all the
///   same.
/// * After a change of indexers that follows a fork, the system core names the new encryption core, as in version 7.18;
///   ``Options/linksOldEncryption`` does as later versions do.
/// * A fresh node finds the system core to go on from by itself; the reference must be given it.
/// * An error in `apply` undoes the call that led to it; the base goes on with the state before. The reference closes it,
///   and so does this one with ``Options/closesOnError``.
///
/// Source: spec 03.

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
  let keys: BlockKeys

  var system: SystemView
  var encryption: View
  private(set) var userViews: [View] = []
  var linearizer = Linearizer(indexers: [])
  var readers = ReaderSet()
  /// Writers that `apply` added, to be opened.
  var wantedWriters: [Fixed32] = []
  /// Cores whose manifests something failed for: they are fetched although nobody follows their writers.
  var neededManifests: Set<Fixed32> = []
  /// The writers with news, as they are stored.
  var wakeups: [Checkout] = []
  /// Whether peers must be asked for news.
  var needsLookup = true
  /// While the end of the local log must be confirmed.
  var recovery: RecoveryWatch?
  var fastForwardState = FastForwardState()
  /// Counts how often the base moved to a signed state of others.
  public internal(set) var fastForwardCount: UInt64 = 0
  /// Why `apply` stopped the base; nil while it runs. It stays stopped until it is opened again.
  public internal(set) var interruption: String?
  /// The replacement of the indexers that `apply` asked for in the round under way.
  var pendingFork: PendingFork?
  /// Nodes of the update that is being applied which are indexed and applied.
  var processed: [Node] = []
  /// How many nodes of the update that is being applied are indexed.
  var applyingIndexed: UInt64 = 0
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
  /// Counts what changed views or signatures.
  public internal(set) var changeCount: UInt64 = 0
  var isCaughtUp = false
  /// Whether the last call stopped after a round, and there may be more to do at once: see ``Options/isStepwise``.
  public internal(set) var isHalfway = false
  var hasDroppedTip = false
  /// Whether views note blocks that cannot be read.
  var isWorking = false { didSet { for view in allViews { view.isWorking = isWorking } } }
  /// Whether memory may differ from the store, after a failure.
  var needsReload = false
  /// Whether the state is only looked at: what could be noted beside it is left for the next call that writes.
  var isLooking = false
  /// Whether the base does nothing any more.
  public internal(set) var isClosed = false
  var hasApplyFailed = false
  /// Why the store could not be written the last time.
  var storeFailure: String?

  struct Queued {
    var value: [UInt8]?
    var isOptimistic = false
    /// Whether it is no part of an atomic batch.
    var isSeparate = false
  }

  init(_ found: BaseIdentity, storage: any BaseStorage, application: any Application, options: Options) throws {
    key = found.key
    local = found.local
    encryptionKey = found.encryptionKey
    identity = ViewIdentity(baseKey: found.key, encryptionKey: found.encryptionKey)
    keys = BlockKeys(baseKey: found.key, encryptionKey: found.encryptionKey)
    self.storage = storage
    self.application = application
    self.options = options
    let genesis = try ViewSet(genesis: identity, application.viewNames, storage)
    system = try SystemView(View(name: SystemView.name, storage: genesis.system, keys: keys))
    encryption = try View(name: ViewSet.encryptionName, storage: genesis.encryption)
    for (name, core) in zip(application.viewNames, genesis.user) {
      userViews.append(try View(name: name, storage: core.storage, keys: keys))
    }
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
  static let recovering = "autobase/recovering"
}
