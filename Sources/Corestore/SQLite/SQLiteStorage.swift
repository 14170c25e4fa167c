public import Hypercore

#if canImport(Glibc)
internal import Glibc
#endif

/// A storage in one SQLite database in WAL mode: any number of processes use it at once.
///
/// A write transaction is `BEGIN IMMEDIATE`: writers queue up for at most the busy time-out. A read transaction pins
/// a snapshot and never waits. The schema is described at the top of the module.
public final class SQLiteStorage: Storage {
  /// Directory of the store.
  public let directory: String
  let database: Database
  let sql: Statements
  private var notifier: ChangeNotifier?
  private var transaction: TransactionKind?
  private var hasWritten = false
  /// A version, and what was shared before the transaction that found it.
  private var known: (stamp: CommitStamp, version: UInt64)?
  private let durability: StoreOptions.Durability
  /// When the connection waits for the disk.
  private var synchronous: Synchronous
  /// Whether the connection waits for the disk at each commit.
  private var isSynchronous: Bool { synchronous != .normal }
  /// Whether what is written now goes past the write-ahead log.
  private var isInBulk = false
  /// The state of the database that is known to be on disk.
  private var durable: CommitStamp?
  /// The state in which the open write transaction found the database.
  private var started: CommitStamp?
  /// High half: local changes that the file's counter does not show.
  private var rollbacks: UInt64 = 0

  /// Opens the store in `directory`.
  ///
  /// - Throws: ``StoreError``.
  public init(directory: String, options: StoreOptions = StoreOptions()) throws(StoreError) {
    self.directory = directory
    durability = options.durability
    synchronous = options.durability == .full ? .full : .normal
    database = try Self.open(directory, options)
    sql = try Statements(database)
    if !options.isReadOnly { notifier = ChangeNotifier(directory: directory) }
  }

  // MARK: Transactions

  public func begin(_ kind: TransactionKind) throws {
    precondition(transaction == nil, "transactions do not nest")
    known = nil
    switch kind {
    case .write: return try beginWrite(.full)
    case .read:
      if database.mode == .immutable && Self.hasLog(database.path) {
        throw StoreError.readOnly(path: database.path, detail: "a writer has begun; open the store again")
      }
      // Taken before the snapshot: should somebody commit in between, it is out of date, and never too new.
      let stamp = database.walIndex.map { CommitStamp($0) }
      try sql.beginRead.run()
      // The snapshot is taken by the first read, which must come before the version is asked for.
      do { _ = try sql.touchSchema.step() } catch {
        try? sql.rollback.run()
        throw error
      }
      sql.touchSchema.reset()
      known = stamp.map { ($0, version) }
    }
    transaction = kind
  }

  public func beginWrite(_ wanted: CommitDurability) throws {
    precondition(transaction == nil, "transactions do not nest")
    known = nil
    let waits = durability == .full && wanted == .full
    if !isInBulk { try set(waits ? .full : .normal) }
    try sql.beginWrite.run()
    started = database.walIndex.map { CommitStamp($0) }
    transaction = .write
  }

  public func commit() throws {
    precondition(transaction != nil, "no transaction is open")
    try sql.commit.run()
    if transaction == .write && hasWritten && isSynchronous, let started, let index = database.walIndex {
      // Nobody else can commit between the two looks, but somebody may have, right after.
      let now = CommitStamp(index)
      if now.isNext(after: started) { durable = now }
    }
    let wrote = transaction == .write && hasWritten
    transaction = nil
    hasWritten = false
    if wrote { notifier?.notify() }
  }

  public func rollback() {
    precondition(transaction != nil, "no transaction is open")
    // A failed statement may have rolled back on its own, as on a full disk.
    if database.isInTransaction { try? sql.rollback.run() }
    transaction = nil
    if hasWritten { rollbacks += 1 }
    hasWritten = false
  }

  public var version: UInt64 { rollbacks << 32 | UInt64(database.dataVersion) }

  public func isCurrent(_ version: UInt64) -> Bool {
    guard let known, known.version == version, let index = database.walIndex else { return false }
    return CommitStamp(index) == known.stamp
  }

  func willWrite() { hasWritten = true }

  // MARK: Writing past the log

  /// Makes the next transactions write pages to where they belong, once, instead of to the write-ahead log and from
  /// there: when the store has no log yet, and nobody else has it open. Then nobody reads beside them, which a
  /// write-ahead log is for.
  ///
  /// - Returns: whether it is so, and ``endBulk()`` is to be called.
  func beginBulk() throws -> Bool {
    precondition(transaction == nil, "a transaction is open")
    guard try database.integer("SELECT 1 FROM cores LIMIT 1") == nil else { return false }
    // The end of such a transaction is that a name is gone, which the directory tells.
    try set(.extra)
    isInBulk = try database.setJournal(.rollback)
    if !isInBulk { try set(durability == .full ? .full : .normal) }
    (known, started, durable) = (nil, nil, nil)
    return isInBulk
  }

  /// Turns the write-ahead log on again. Where somebody else has opened the store meanwhile, he does.
  func endBulk() {
    guard isInBulk else { return }
    isInBulk = false
    _ = try? database.setJournal(.log)
    try? set(durability == .full ? .full : .normal)
  }

  private enum Synchronous: String {
    case normal = "NORMAL"
    case full = "FULL"
    case extra = "EXTRA"
  }

  private func set(_ new: Synchronous) throws(StoreError) {
    guard new != synchronous else { return }
    try database.execute("PRAGMA synchronous = \(new.rawValue)")
    synchronous = new
  }

  // MARK: Durability

  public var isDurable: Bool {
    guard let index = database.walIndex else { return true }
    return durable == CommitStamp(index)
  }

  public func makeDurable() throws {
    precondition(transaction == nil, "a transaction is open")
    // Taken before: what is committed in between may be on disk as well, but need not be.
    guard let stamp = database.walIndex.map({ CommitStamp($0) }), stamp != durable else { return }
    try database.syncLog()
    durable = stamp
  }
}
