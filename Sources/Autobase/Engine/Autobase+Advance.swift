import CompactEncoding
import Corestore
import Hypercore

extension Autobase {
  /// Takes in everything that is new in the logs, appends what is queued, and brings the views up to date, all in one
  /// transaction. When nothing is queued, its commit need not survive a power failure.
  ///
  /// When a block of a view that must be read for this is not stored, after a fast-forward, nothing happens until it is:
  /// see ``missingBlocks`` and ``wantedCores``.
  ///
  /// - Throws: what `apply` or the store throws. Then nothing is stored, what was queued is dropped, and the next call
  ///   starts from the state before.
  public func advance() throws {
    guard try isBehind() else { return }
    let queued = queue
    do {
      try change(isRelaxed: queue.isEmpty, waits: true) { try advanceUntilIdle() }
    } catch LogError.blockNotAvailable(let index, let length) {
      guard !missingBlocks.isEmpty else { throw LogError.blockNotAvailable(index: index, length: length) }
      queue = queued
    }
  }

  /// Blocks of views that could not be read because they are not stored: by view, those that were tried.
  public var missingBlocks: [(view: String, blocks: [UInt64])] {
    allViews.filter { !$0.needed.isEmpty }.map { ($0.name, $0.needed.sorted()) }
  }

  /// Whether ``advance()`` may have something to do. It costs one read of the store, and keeps no writer waiting.
  public func isBehind() throws -> Bool { try storage.read { hasNews && !allViews.contains { $0.isWaiting } } }

  /// Whether there may be something to do. Most calls come because something might have changed, and must not make
  /// writers wait.
  private var hasNews: Bool {
    isClosed || !isCaughtUp || isHalfway || !queue.isEmpty || !wantedWriters.isEmpty || isStale
      || readers.all.contains { !$0.isIdle && !$0.isFrozen || $0.hasMissingBlock }
  }

  /// Runs `body` in a transaction, after making sure that memory and store agree.
  ///
  /// - Parameter waits: whether the base shall wait for blocks of views that could not be read; else it goes on without
  ///   what needed them.
  func change<R>(isRelaxed: Bool = false, waits: Bool = false, _ body: () throws -> R) throws -> R {
    guard !isClosed else { throw AutobaseError.closed }
    if let interruption { throw AutobaseError.interrupted(interruption) }
    hasApplyFailed = false
    for view in allViews { view.clearNeeded() }
    isWorking = true
    defer { isWorking = false }
    do {
      let result = try storage.write(isRelaxed: isRelaxed) {
        if isStale { try reloadKeepingQueue() }
        return try body()
      }
      storeFailure = nil
      return result
    } catch {
      if let error = error as? StoreError { storeFailure = "\(error)" }
      needsReload = true
      if !waits { for view in allViews { view.clearNeeded() } }
      queue.removeAll()
      if hasApplyFailed && options.closesOnError { isClosed = true }
      if case AutobaseError.interrupted(let reason) = error { interruption = reason }
      if case AutobaseError.manifestUnknown(let key) = error { neededManifests.insert(key) }
      throw error
    }
  }

  /// Makes memory agree with the store, without writing: after a failure, which may be that of a transaction around the
  /// base's own, memory may hold what was never stored. The next call that writes does this by itself; a caller that goes
  /// on reading after an error does it first.
  ///
  /// - Throws: `LogError.blockNotAvailable` when a block that is needed for it is not stored, after a fast-forward; see
  ///   ``missingBlocks``.
  public func refresh() throws {
    guard !isClosed else { return }
    if storage.isReadOnly { return try catchUpReading() }
    isLooking = true
    isWorking = true
    defer {
      isLooking = false
      isWorking = false
    }
    try storage.read {
      if isStale { try reloadKeepingQueue() }
      guard !isCaughtUp else { return }
      try catchUpReading()
      // With all that is to be written, by the next call that writes.
      needsReload = true
    }
  }

  private func reloadKeepingQueue() throws {
    let queued = queue
    try reload()
    queue = queued
  }

  func advanceUntilIdle() throws {
    if !isCaughtUp { try catchUp() }
    isHalfway = false
    while true {
      let taken = try takeRemote()
      try noticeLostTail()
      if isRecovering && !queue.isEmpty { throw AutobaseError.notWritable }
      let localNodes = try takeQueue()
      if let update = linearizer.update() {
        let hasNewIndexers = try apply(update, localNodes)
        if hasNewIndexers { try restart() }
        if options.isStepwise, queue.isEmpty {
          isHalfway = true
          break
        }
        if hasNewIndexers { continue }
      } else if try needsFlush() {
        try flush([])
      }
      if taken > 0 || !wantedWriters.isEmpty { continue }
      if queue.isEmpty { break }
      guard !localNodes.isEmpty else {
        throw AutobaseError.corrupt("the local log holds nodes whose references are not stored here")
      }
    }
    closeFlushedReaders()
    try storeWakeups()
  }

  // MARK: Loading

  /// Adds nodes of all open logs to the graph; returns how many.
  private func takeRemote() throws -> Int {
    for writer in wantedWriters { try openReader(writer) }
    wantedWriters.removeAll()
    let keys = readers.keys
    if keys.count == 1, readers[keys[0]]?.isIdle == true { return 0 }
    return try ReaderSet.load(
      keys, into: linearizer, limit: options.nodesPerRound, known: { readers.keys }, open: { try openReader($0) })
  }

  /// Turns what is queued into nodes: one atomic batch, or nodes of their own; optimistic values alone.
  private func takeQueue() throws -> [Node] {
    guard let head = queue.first, let local else { return [] }
    let reader = try openReader(local.key)
    guard reader.isIdle else { return [] }
    let count =
      head.isOptimistic ? 1 : queue.prefix { !$0.isOptimistic && $0.isSeparate == head.isSeparate }.count
    let values = queue[..<count]
    queue.removeFirst(count)
    var nodes: [Node] = []
    nodes.reserveCapacity(count)
    for (i, item) in values.enumerated() {
      nodes.append(
        linearizer.addLocal(
          to: reader.window, batch: head.isSeparate ? 1 : UInt64(count - i), value: item.value,
          isOptimistic: item.isOptimistic))
    }
    return nodes
  }
}
