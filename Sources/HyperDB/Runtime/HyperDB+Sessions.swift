import Hyperbee
import Hypercore

extension HyperDB {
  /// Takes notice of what was written to the log. Drops pending changes when there was anything.
  public func update() {
    if isOutdated { refresh() }
  }

  /// Moves on to the log's present state.
  func refresh() {
    updates = Updates()
    view = bee.at(bee.version)
    length = bee.log.length
    fork = bee.fork
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
      bee, schema, role, parent: role == .transaction ? self : nil, autoUpdate: false, context: context, view: view)
    session.length = length
    session.fork = fork
    session.updates = updates
    return session
  }

  /// Ends the instance and drops its pending changes. Using it afterwards throws ``DatabaseError/closed``.
  public func close() {
    isClosed = true
    updates = Updates()
    watchers = []
  }

  /// Calls `body` after each change of what reads see.
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
