public import CompactEncoding
public import HypercoreCrypto

/// A session on a log: a signed, append-only log over a storage, a draft of one, or a snapshot.
///
/// Every operation is a transaction of its own, or joins the one that is open on the ``context``. The lengths, heads
/// and blocks that a session shows are those of the open transaction; outside of one they are the newest committed
/// ones, whichever process wrote them.
///
/// * The *default* session works on the signed log.
/// * ``session(named:overwrite:checkout:)`` opens a *draft*: a log of its own on top of a prefix of this one, always
///   writable, not signed. ``commit(_:length:sharedLength:signature:keyPair:)`` makes it part of the signed log.
/// * ``snapshot()`` freezes what is there.
///
/// Source: spec 01 §12.
public final class Hypercore {
  /// A block has at most 15 MiB, padding included.
  public static let maximumBlockSize = 15_728_640

  /// The transactions this session takes part in.
  public let context: StoreContext
  let core: CoreState
  var state: LogState
  let frozen: LogSnapshot?
  /// Signs appends and truncations of the default state.
  public internal(set) var keyPair: KeyPair?
  /// Whether the session was opened without the right to write.
  public let isReadOnly: Bool
  /// Encrypts blocks before they are hashed and stored.
  public var encryption: (any BlockEncryption)?
  /// Called after each commit that changed the state, whichever session changed it. Changes by other processes are
  /// not reported.
  public var onEvent: ((SessionEvent) -> Void)? {
    didSet { if oldValue == nil && onEvent != nil { state.listeners.append(WeakBox(value: self)) } }
  }
  /// Called, for a session that has ``onEvent``, after each commit in which blocks of the state were cleared, once for
  /// each range; before the events of the commit.
  public var onClear: ((Range<UInt64>) -> Void)?
  private(set) var isClosed = false

  init(
    core: CoreState, state: LogState, frozen: LogSnapshot? = nil, keyPair: KeyPair?, isReadOnly: Bool,
    encryption: (any BlockEncryption)? = nil
  ) {
    context = state.context
    self.core = core
    self.state = state
    self.frozen = frozen
    self.keyPair = keyPair
    self.isReadOnly = isReadOnly
    self.encryption = encryption
  }

  // MARK: What it is

  /// The core key.
  public var key: Fixed32 { core.record.key }
  /// The name the core is announced and looked up under.
  public var discoveryKey: Fixed32 { core.record.discoveryKey }
  /// Number of the core in the storage.
  public var id: CoreID { core.record.id }
  /// Who may sign; nil until it is learned.
  public var manifest: Manifest? {
    refresh()
    return core.manifest
  }
  /// The rules for signatures of this core.
  public var verifier: Verifier {
    refresh()
    return core.verifier
  }
  /// Whether the key is the only signer's public key, as in logs older than manifests.
  public var isCompat: Bool { verifier.isCompat }
  /// Whether two conflicting signatures were seen for this core.
  public var isFrozen: Bool {
    refresh()
    return core.record.isFrozen
  }
  /// Name of the draft; nil for the default state.
  public var name: String? { state.area.name }
  /// Whether this is a snapshot.
  public var isSnapshot: Bool { frozen != nil }
  /// Whether the session may append: it is a draft, or there is a key pair that signs.
  public var isWritable: Bool { !isReadOnly && !isSnapshot && (name != nil || keyPair != nil) }

  // MARK: Lengths

  /// Bytes that encryption adds to every block.
  public var padding: Int { encryption?.padding ?? 0 }

  var tree: MerkleTree {
    if let frozen { return frozen.tree }
    refresh()
    return state.tree
  }

  /// The newest state of the core itself, whatever this session is on.
  var mainState: LogState {
    get throws { try context.mainContext.state(core.record.area) }
  }

  /// Number of blocks.
  public var length: UInt64 { tree.length }
  /// Counts truncations.
  public var fork: UInt64 { tree.fork }
  /// Bytes of all blocks, without what encryption adds.
  public var byteLength: UInt64 {
    let tree = tree
    return tree.byteLength - min(tree.byteLength, tree.length * UInt64(padding))
  }
  /// Blocks 0 up to this index of the core are all stored here.
  public var contiguousLength: UInt64 {
    refresh()
    guard let main = try? context.mainContext.read({ try mainState }) else { return 0 }
    return min(main.length, main.area.contiguousLength)
  }
  /// Some peer stores all blocks up to this index.
  public var remoteContiguousLength: UInt64 {
    refresh()
    guard let main = try? context.mainContext.read({ try mainState }) else { return 0 }
    return min(main.length, main.area.remoteContiguousLength)
  }
  /// Number of leading blocks that are part of the signed log.
  public var signedLength: UInt64 {
    refresh()
    guard let main = try? context.mainContext.read({ try mainState }) else { return 0 }
    return min(main.length, sharedLength)
  }
  /// Number of leading blocks that are those of the default state: all of them unless this is a draft.
  public var sharedLength: UInt64 {
    refresh()
    if let frozen { return min(frozen.tree.length, frozen.compatibleLength) }
    if let atomBase { return min(atomBase, state.length) }
    return state.area.dependency?.length ?? state.length
  }
  /// For a session inside an atom: what it shares with the log outside.
  var atomBase: UInt64? { context.sharedLengthInAtom(state.id) }

  /// The newest state with its signature. A draft shows the signature of what it was made from.
  public func head() throws -> Head {
    try read { view in
      Head(
        fork: view.tree.fork, length: view.tree.length, byteLength: view.tree.byteLength, rootHash: view.tree.hash,
        signature: try frozen?.signature ?? state.signature(), timestamp: state.area.head.timestamp)
    }
  }

  /// The tree hash of the first `length` blocks; of all by default.
  ///
  /// - Throws: ``MerkleError/missingNode(_:)`` when the tree is not stored that far.
  public func treeHash(at length: UInt64? = nil) throws -> Fixed32 {
    try read { view in try view.tree(at: length ?? view.tree.length).hash }
  }

  /// Flat-tree indexes and hashes of the roots.
  public func roots(at length: UInt64? = nil) throws -> [TreeNode] {
    try read { view in try view.tree(at: length ?? view.tree.length).roots }
  }

  /// What a signer of the tree of `length` blocks signs: always the form with the core key.
  public func signable(length: UInt64? = nil, fork: UInt64? = nil) throws -> [UInt8] {
    try read { view in
      let tree = try view.tree(at: length ?? view.tree.length)
      return Signable.core(key).bytes(treeHash: tree.hash, length: tree.length, fork: fork ?? tree.fork)
    }
  }

  // MARK: Running

  /// Reads the head again if a transaction of somebody else may have changed it. Inside a transaction, and when the
  /// storage fails, the known one stands; a failing storage shows at the next operation that can throw.
  func refresh() {
    guard !isClosed, !(context.isCurrent && !core.isStale && !state.isStale) else { return }
    try? context.read {
      try core.refresh()
      try state.refresh()
    }
  }

  /// Looks whether another process changed the log. Every operation does so by itself; this one tells.
  ///
  /// - Returns: whether length or fork are others than when this session last looked.
  @discardableResult
  public func update() throws -> Bool {
    guard frozen == nil else { return false }
    let before = (state.length, state.fork)
    return try read("update") { view in before != (view.tree.length, view.tree.fork) }
  }

  /// Runs a reading operation in a transaction, on what this session shows.
  func read<R>(_ operation: String = "read", _ body: (any LogView) throws -> R) throws -> R {
    guard !isClosed else { throw SessionError.closed(operation) }
    return try context.read {
      try core.refresh()
      try state.refresh()
      return try body(frozen ?? state)
    }
  }

  /// Runs a changing operation in a transaction.
  func write<R>(_ operation: String, _ body: () throws -> R) throws -> R {
    guard !isClosed else { throw SessionError.closed(operation) }
    return try context.write {
      try core.refresh()
      try state.refresh()
      return try body()
    }
  }

  /// Ends the session. The log stays open for others.
  public func close() {
    isClosed = true
    onEvent = nil
    onClear = nil
  }
}

/// What happened to a log.
public enum SessionEvent: Hashable, Sendable {
  /// Blocks were added behind the end, or the head of a longer log was learned.
  case append
  /// The log was cut to `length`, and its fork is now `fork`.
  case truncate(length: UInt64, fork: UInt64)
}

/// What a session shows: a live state or a snapshot.
protocol LogView: NodeReader {
  var tree: MerkleTree { get }
  func block(at index: UInt64) throws -> [UInt8]?
  func hasBlock(_ index: UInt64) throws -> Bool
  func tree(at length: UInt64) throws -> MerkleTree
}

extension LogState: LogView {}
extension LogSnapshot: LogView {}
