public import CompactEncoding

/// Where logs rest: records of cores and, for each state of a core, an *area* with its head, blocks and tree nodes.
///
/// A storage is one connection, used by one thread. All reads and writes happen inside a transaction: a read
/// transaction sees one unchanging state of the whole store, a write transaction sees that state and its own changes,
/// and takes effect as a whole or not at all. Only one write transaction is open at a time, over all connections and
/// processes.
///
/// An area is a row of *entries*: entry i is block i together with the tree nodes that it completes, those whose
/// right-most leaf it is. Cutting a log to n blocks is then nothing but removing the entries from n on.
///
/// A default area belongs to the core itself. A named area is a *draft*: it holds what was written on top of the
/// first ``Dependency/length`` blocks of another area. Storage knows nothing of that layering, it is resolved above.
///
/// Source: spec 01 §7, §14.
public protocol Storage: AnyObject {
  // MARK: Transactions

  /// Opens a transaction. None may be open.
  func begin(_ kind: TransactionKind) throws
  /// Opens a write transaction whose commit need not wait for the disk when `durability` is relaxed.
  func beginWrite(_ durability: CommitDurability) throws
  /// Makes everything since ``begin(_:)`` visible and, for a durable storage, lasting.
  ///
  /// When it throws, the transaction is still open and must be rolled back.
  func commit() throws
  /// Undoes everything since ``begin(_:)``.
  func rollback()
  /// Differs from every earlier value when anything in the store may have changed since that was read, by whomever.
  ///
  /// Read inside a transaction, or right after a commit.
  var version: UInt64 { get }
  /// Whether a transaction that begins now would surely find this version; asked when none is open.
  func isCurrent(_ version: UInt64) -> Bool
  /// Whether everything that is committed, by whomever, is known to survive a power failure; asked when no transaction
  /// is open.
  var isDurable: Bool { get }
  /// Waits until everything that is committed, by whomever, survives a power failure. No transaction may be open.
  func makeDurable() throws

  // MARK: The store

  /// A value of the store as a whole.
  func property(_ key: String) throws -> [UInt8]?
  /// Sets a value of the store as a whole.
  func setProperty(_ key: String, _ value: [UInt8]) throws

  // MARK: Cores

  /// The record of a core.
  func core(_ id: CoreID) throws -> CoreRecord?
  /// The record of the core with this discovery key.
  func core(discoveryKey: Fixed32) throws -> CoreRecord?
  /// Stores a new core. A nil `area` makes a new default area with an empty head.
  func insertCore(_ new: NewCore, area: AreaID?) throws -> CoreRecord
  /// Replaces the mutable fields of a record.
  func updateCore(_ record: CoreRecord) throws
  /// All cores in the order they were stored.
  func cores() throws -> [CoreRecord]

  // MARK: Aliases

  /// The core stored under a name.
  func core(alias: Alias) throws -> CoreID?
  /// Gives a core one more name, or moves the name to it.
  func setAlias(_ alias: Alias, core: CoreID) throws
  /// All names, of one namespace or of one core when given, ordered by namespace and name.
  func aliases(namespace: Fixed32?, core: CoreID?) throws -> [(alias: Alias, core: CoreID)]

  // MARK: Areas

  /// The record of an area.
  func area(_ id: AreaID) throws -> Area?
  /// The draft of a core with this name.
  func draft(named name: String, of core: CoreID) throws -> Area?
  /// All drafts of a core.
  func drafts(of core: CoreID) throws -> [Area]
  /// The areas that share a prefix of `area`.
  func dependents(of area: AreaID) throws -> [Area]
  /// Stores a new draft.
  func insertDraft(named name: String, of core: CoreID, head: Head, dependency: Dependency?) throws -> Area
  /// Replaces the mutable fields of a record.
  func updateArea(_ area: Area) throws
  /// Removes an area with all it holds.
  func deleteArea(_ id: AreaID) throws

  // MARK: Blocks and tree nodes

  /// The block at `index` of an area.
  func block(_ index: UInt64, in area: AreaID) throws -> [UInt8]?
  /// Whether a block is stored.
  func hasBlock(_ index: UInt64, in area: AreaID) throws -> Bool
  /// Indexes of the stored blocks in `range`, ascending, at most `limit`.
  func blockIndexes(_ range: Range<UInt64>, in area: AreaID, limit: Int) throws -> [UInt64]
  /// The first index at or behind `start` without a stored block.
  func firstMissingBlock(from start: UInt64, in area: AreaID) throws -> UInt64
  /// The tree node with a flat-tree index.
  func node(_ index: UInt64, in area: AreaID) throws -> TreeNode?
  /// Flat-tree indexes of the stored nodes of the entries in `range`, ascending.
  func nodeIndexes(_ range: Range<UInt64>, in area: AreaID) throws -> [UInt64]

  /// Stores new entries from `index` on: blocks, and in `nodes` all nodes that they complete, each block's leaf first
  /// and then upwards.
  func appendEntries(_ blocks: [[UInt8]], nodes: [TreeNode], from index: UInt64, in area: AreaID) throws
  /// Stores or replaces a block, and leaves the nodes of its entry.
  func putBlock(_ block: [UInt8], at index: UInt64, in area: AreaID) throws
  /// Stores nodes, replacing those with the same index.
  func putNodes(_ nodes: [TreeNode], in area: AreaID) throws
  /// Stores or replaces blocks, and stores nodes of any entries. A node that is stored already stays as it is.
  func putEntries(_ blocks: [StoredBlock], nodes: [TreeNode], in area: AreaID) throws
  /// Stores the entries of a range of another area under the same indexes, replacing what is there.
  func copyEntries(_ range: Range<UInt64>, from source: AreaID, to target: AreaID) throws
  /// Removes the blocks with an index in `range`, and leaves the nodes.
  func deleteBlocks(_ range: Range<UInt64>, in area: AreaID) throws
  /// Removes entries: blocks and nodes.
  func deleteEntries(_ range: Range<UInt64>, in area: AreaID) throws

  // MARK: Small local values

  /// The value of a key, never sent to anyone.
  func userData(_ key: String, in area: AreaID) throws -> [UInt8]?
  /// Sets or, with nil, removes a value.
  func setUserData(_ key: String, _ value: [UInt8]?, in area: AreaID) throws
  /// All keys of an area, ascending.
  func userDataKeys(in area: AreaID) throws -> [String]
  /// A value of the application's index over an area.
  func local(_ key: [UInt8], in area: AreaID) throws -> [UInt8]?
  /// Sets or, with nil, removes a value.
  func setLocal(_ key: [UInt8], _ value: [UInt8]?, in area: AreaID) throws
  /// The entries with a key of at least `lower` and below `upper` (nil: no bound), ascending, at most `limit`.
  func locals(
    from lower: [UInt8], to upper: [UInt8]?, in area: AreaID, limit: Int
  ) throws
    -> [(key: [UInt8], value: [UInt8])]
}

extension Storage {
  /// One at a time.
  public func putEntries(_ blocks: [StoredBlock], nodes: [TreeNode], in area: AreaID) throws {
    for block in blocks { try putBlock(Array(block.bytes), at: block.index, in: area) }
    try putNodes(nodes.filter { try node($0.index, in: area) == nil }, in: area)
  }

  /// Says that it cannot be told without a transaction.
  public func isCurrent(_ version: UInt64) -> Bool { false }
  /// Begins a transaction like any other.
  public func beginWrite(_ durability: CommitDurability) throws { try begin(.write) }
  /// A storage without a disk has nothing to wait for.
  public var isDurable: Bool { true }
  /// Does nothing.
  public func makeDurable() throws {}
}

/// What a transaction may do.
public enum TransactionKind: Sendable {
  /// See one unchanging state.
  case read
  /// Change the store.
  case write
}
