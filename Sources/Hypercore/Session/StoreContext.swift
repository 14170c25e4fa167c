/// The transactions of a storage and the states of logs that are in use over it.
///
/// Everything that happens to several logs inside one ``write(_:)`` is one commit. Both kinds of transaction nest: an
/// inner one joins the outer one. Heads and roots stay in memory between transactions, and are read again only when
/// the storage's version tells that somebody else has written.
///
/// A context and everything made from it belongs to one thread at a time.
public final class StoreContext {
  /// Where everything rests.
  public let storage: any Storage
  /// Milliseconds since 1970, for the timestamps of heads. Zero by default, so that nothing depends on a clock.
  public var clock: () -> UInt64 = { 0 }

  /// Where the states outside of an atom are found; this context itself when it is none.
  var mainContext: StoreContext {
    get { outerContext ?? self }
    set { outerContext = newValue }
  }
  private var outerContext: StoreContext?
  weak var owningAtom: Atom?
  var states: [AreaID: LogState] = [:]
  var cores: [CoreID: CoreState] = [:]
  /// Counts transactions that were undone.
  private(set) var undoneTransactions: UInt64 = 0
  /// Counts the times that cached heads may have become stale: a transaction saw the commit of another process, or was
  /// undone. Own commits do not count.
  public private(set) var generation: UInt64 = 0
  private var seenVersion: UInt64
  private var kind: TransactionKind?
  private var durability = CommitDurability.full
  /// The open transaction began as a relaxed one, and then came to hold what must be durable.
  private var needsDurability = false
  /// An inner transaction failed after it had changed something; the outer one cannot commit.
  private var isPoisoned = false
  private var changes = 0
  private var touched: [LogState] = []
  private var actionsAfterCommit: [() -> Void] = []
  private var actionsAfterRollback: [() -> Void] = []

  /// A context over a storage in which no transaction is open.
  public init(_ storage: any Storage) {
    self.storage = storage
    seenVersion = storage.version
  }

  /// Whether a transaction is open.
  public var isInTransaction: Bool { kind != nil }
  /// Whether a write transaction is open.
  public var isWriting: Bool { kind == .write }

  /// Whether no transaction is open, and one that begins now would find nothing new.
  public var isCurrent: Bool { kind == nil && storage.isCurrent(seenVersion) }

  /// Runs `body` as one transaction: all of its changes take effect together when it returns, none when it throws.
  ///
  /// - Parameter durability: whether the commit must survive a power failure; nil stands for that of the transaction
  ///   that this one joins, else for ``CommitDurability/full``. A relaxed transaction in which a log is signed here
  ///   becomes a full one: nobody may hear of a block of ours that a power failure could take back.
  /// - Throws: what `body` throws, an error of the storage, or ``SessionError/writeInsideRead``.
  public func write<R>(durability: CommitDurability? = nil, _ body: () throws -> R) throws -> R {
    if kind == .read { throw SessionError.writeInsideRead }
    if kind == .write {
      if durability == .full { requireDurability() }
      let before = changes
      do { return try body() } catch {
        if changes != before { isPoisoned = true }
        throw error
      }
    }
    self.durability = durability ?? .full
    return try run(.write, body)
  }

  /// The commit of the open transaction must survive a power failure.
  func requireDurability() { if durability == .relaxed { needsDurability = true } }

  /// Whether everything that is committed, by this process or by another one, is known to survive a power failure.
  public var isDurable: Bool { storage.isDurable }

  /// Waits until everything that is committed, by this process or by another one, survives a power failure.
  ///
  /// Whoever sends blocks of a log that is signed here calls this first, however the store was opened: another
  /// process may have committed them without waiting, or died before it had waited. It costs nothing when nothing was
  /// committed since the last time.
  ///
  /// - Throws: an error of the storage, ``SessionError/writeInsideRead`` inside a transaction.
  public func makeDurable() throws {
    guard kind == nil else { throw SessionError.writeInsideRead }
    if !storage.isDurable { try storage.makeDurable() }
  }

  /// Runs `body` with every read in it seeing the same state of the whole store.
  public func read<R>(_ body: () throws -> R) throws -> R {
    if kind != nil { return try body() }
    return try run(.read, body)
  }

  private func run<R>(_ new: TransactionKind, _ body: () throws -> R) throws -> R {
    switch new {
    case .read: try storage.begin(.read)
    case .write: try storage.beginWrite(durability)
    }
    kind = new
    let version = storage.version
    if version != seenVersion {
      seenVersion = version
      generation &+= 1
    }
    let result: R
    do {
      result = try body()
      if isPoisoned { throw SessionError.transactionFailed }
      for state in touched { try state.store() }
      try storage.commit()
    } catch {
      abandon()
      throw error
    }
    let awaited = needsDurability
    needsDurability = false
    do {
      // Before anybody here hears of the commit.
      if awaited { try storage.makeDurable() }
    } catch {
      finish()
      throw error
    }
    finish()
    return result
  }

  private func abandon() {
    kind = nil
    needsDurability = false
    storage.rollback()
    seenVersion = storage.version
    // What failed before it had changed anything, as a refused append or a read, leaves all that is known as it is.
    guard changes != 0 else { return }
    changes = 0
    undoneTransactions += 1
    // A failed transaction is rare: everything is read again.
    generation &+= 1
    isPoisoned = false
    for state in touched { state.didRollBack() }
    touched.removeAll()
    actionsAfterCommit.removeAll()
    let actions = actionsAfterRollback
    actionsAfterRollback.removeAll()
    for action in actions.reversed() { action() }
  }

  private func finish() {
    kind = nil
    if changes != 0 { seenVersion = storage.version }
    changes = 0
    actionsAfterRollback.removeAll()
    guard !touched.isEmpty || !actionsAfterCommit.isEmpty else { return }
    let states = touched
    touched.removeAll(keepingCapacity: true)
    let actions = actionsAfterCommit
    actionsAfterCommit.removeAll()
    for state in states { state.didCommit() }
    for action in actions { action() }
  }

  /// Must precede every change to the storage.
  func willChange() {
    precondition(kind == .write, "changes need a write transaction")
    changes += 1
  }

  /// Notes that a state changes in this transaction.
  func touch(_ state: LogState) {
    willChange()
    if !state.isTouched {
      state.isTouched = true
      state.changeCount &+= 1
      touched.append(state)
    }
  }

  /// Runs `action` once the open write transaction has been committed; at once without one.
  public func afterCommit(_ action: @escaping () -> Void) {
    if kind == .write { actionsAfterCommit.append(action) } else { action() }
  }

  /// Runs `action` when the open write transaction is undone; never without one.
  public func afterRollback(_ action: @escaping () -> Void) {
    if kind == .write { actionsAfterRollback.append(action) }
  }
}

extension StoreContext {
  /// For an area inside an atom: how much of it is the same outside.
  func sharedLengthInAtom(_ id: AreaID) -> UInt64? { owningAtom?.overlay.sharedLength(id) }

  /// The shared state of an area, up to date.
  func state(_ id: AreaID) throws -> LogState {
    if let state = states[id], !state.isDead {
      try state.refresh()
      return state
    }
    guard let area = try storage.area(id) else { throw SessionError.closed("read") }
    return try adopt(area)
  }

  /// The state of an area that was just read or stored.
  func adopt(_ area: Area) throws -> LogState {
    let state = try LogState(area, context: self)
    states[area.id] = state
    return state
  }

  /// The shared state of a core, up to date.
  func core(_ record: CoreRecord) throws -> CoreState {
    if let core = cores[record.id], !core.isDead {
      try core.refresh()
      return core
    }
    let core = try CoreState(record, context: self)
    cores[record.id] = core
    return core
  }

  /// Forgets a core that the open transaction stores, should that be undone.
  func forgetOnRollback(_ core: CoreState) {
    afterRollback {
      core.isDead = true
      self.cores[core.record.id] = nil
      self.states[core.record.area]?.isDead = true
      self.states[core.record.area] = nil
    }
  }

  /// Forgets a draft that the open transaction stores, should that be undone.
  func forgetOnRollback(_ state: LogState) {
    afterRollback {
      state.isDead = true
      self.states[state.id] = nil
    }
  }
}
