import Hyperbee
import Hypercore

extension HyperDB {
  /// Takes notice of what was written to the log. Drops pending changes when there was anything.
  public func update() {
    if isOutdated { refresh() }
  }

  /// Length and epoch of a log, both of one moment.
  static func position(_ log: any ReadableLog) -> (length: UInt64, epoch: UInt64) {
    (try? log.reading { (log.length, log.epoch) }) ?? (log.length, log.epoch)
  }

  /// Moves on to the log's present state.
  func refresh() {
    updates = Updates()
    (length, epoch) = HyperDB.position(bee.log)
    view = bee.at(length)
    for watcher in watchers { watcher.body() }
  }

  /// A copy of the present state, pending changes included, that nothing changes any more.
  public func snapshot() throws -> HyperDB {
    let view = try readable()
    return session(.snapshot, view: role == .snapshot ? view : try bee.checkout(view.version))
  }

  /// A copy of the present state, pending changes included, with changes of its own.
  ///
  /// - Throws: ``DatabaseError/transactionNeedsMainInstance``.
  public func transaction() throws -> HyperDB {
    guard !isClosed else { throw DatabaseError.closed }
    guard role == .main else { throw DatabaseError.transactionNeedsMainInstance }
    update()
    return session(.transaction, view: view)
  }

  private func session(_ role: Role, view: Hyperbee) -> HyperDB {
    let session = HyperDB(
      bee, schema, role, parent: role == .transaction ? self : nil, autoUpdate: false, context: context,
      position: (length, epoch), view: view)
    session.updates = updates
    return session
  }

  /// Ends the instance and drops its pending changes. Using it afterwards throws ``DatabaseError/closed``.
  public func close() {
    isClosed = true
    updates = Updates()
    watchers = []
  }

  /// Calls `body` after each change of what reads see. It may be called while a read is under way and must not write.
  ///
  /// - Returns: what ``unwatch(_:)`` takes.
  public func watch(_ body: @escaping () -> Void) -> Int {
    nextWatcher += 1
    watchers.append((nextWatcher, body))
    return nextWatcher
  }

  /// Ends what ``watch(_:)`` began.
  public func unwatch(_ id: Int) { watchers.removeAll { $0.id == id } }
}
