import CompactEncoding
import Hypercore

extension Autobase {
  /// Applies what a linearizer update changes, and stores it (spec 03 §6.2).
  ///
  /// - Returns: whether the set of indexers changed, so that the linearizer must be built anew.
  func apply(_ update: Linearizer.Update, _ localNodes: [Node]) throws -> Bool {
    // What removed writers wrote is reached through nodes that are processed already.
    defer {
      for node in processed { node.unlink() }
      processed.removeAll()
    }
    var cut = try processAppliedAlready(update)
    try undo(update.undo)
    if info.members == 0 { try system.add(key, isIndexer: true) }
    fastForwardState.minimum = FastForward.defaultMinimum
    applyingIndexed = UInt64(update.indexed.count)
    try writing { try applyNodes(update, &cut) }
    if let fork = pendingFork {
      pendingFork = nil
      try performFork(fork, indexed: update.indexed.count, localNodes)
      return true
    }
    try dropIndexed(cut?.count ?? update.indexed.count)
    guard cut != nil else {
      try flush(localNodes)
      return false
    }
    try migrate(localNodes)
    return true
  }

  /// Where the indexed nodes end for now: the node that changed the set of indexers, counted in nodes.
  private struct Cut {
    var count: Int
  }

  /// Nodes that are indexed now and were applied at their place before.
  private func processAppliedAlready(_ update: Linearizer.Update) throws -> Cut? {
    var record = 0
    for k in 0..<min(update.indexed.count, update.shared) {
      let node = update.indexed[k]
      if node.batch > 1 { continue }
      shift(node)
      guard record < updates.count else { throw AutobaseError.corrupt("records of applied nodes are missing") }
      if updates[record].indexers { return Cut(count: k + 1) }
      record += 1
    }
    return nil
  }

  /// Takes the nodes of a batch that ends with `node` out of its writer's window.
  private func shift(_ node: Node) {
    let window = node.writer
    while window.offset < node.length { processed.append(window.take()) }
  }

  private func undo(_ count: Int) throws {
    guard count > 0 else { return }
    var left = UInt64(count)
    while left > 0, let record = updates.popLast() { left -= min(left, record.batch) }
    try truncate(to: updates.last?.systemLength ?? indexedLength)
  }

  private func applyNodes(_ update: Linearizer.Update, _ cut: inout Cut?) throws {
    var count: UInt64 = 0
    var batch: [AppliedNode] = []
    var k = update.shared
    try announce(update)
    while k < update.length {
      let node = update[k]
      let isIndexed = k < update.indexed.count
      k += 1
      count += 1
      let isRemoved = try system.isRemoved(node.writer.key)
      if isRemoved, try isAcceptedOptimistic(node, isIndexed: isIndexed, startsBatch: batch.isEmpty) {
        // The application has taken it, and the state now includes it.
      } else if isRemoved && node.writer.indexer == nil {
        if node.batch == 1 {
          record(node, count: count, indexers: false)
          count = 0
          if isIndexed && cut == nil { shift(node) }
        }
        continue
      } else {
        try linkRemoved(node)
        system.addHead(node.writer.key, length: node.length, heads: node.heads)
        if let value = node.value, !isRemoved {
          batch.append(
            AppliedNode(
              from: node.writer.key, length: node.length, value: value, heads: node.heads, isIndexed: isIndexed,
              isOptimistic: false))
        }
        if node.batch > 1 { continue }
        if !batch.isEmpty { try run(batch, ApplyHost(self, node)) }
      }
      let indexers = system.isIndexerUpdate
      if indexers { try setNextKeys() }
      try system.flush(userViews)
      record(node, count: count, indexers: indexers)
      count = 0
      batch.removeAll(keepingCapacity: true)
      if isIndexed && cut == nil {
        shift(node)
        if indexers { cut = Cut(count: k) }
      }
    }
  }

  /// Tells the application what comes, as far as it is known before any of it is applied.
  private func announce(_ update: Linearizer.Update) throws {
    guard let application = application as? any ForesightedApplication else { return }
    var batches: [[AppliedNode]] = []
    var batch: [AppliedNode] = []
    var removed: [Fixed32: Bool] = [:]
    for k in update.shared..<max(update.length, update.shared) {
      let node = update[k]
      let writer = node.writer.key
      let isRemoved = try removed[writer] ?? system.isRemoved(writer)
      removed[writer] = isRemoved
      if let value = node.value, !isRemoved {
        batch.append(
          AppliedNode(
            from: writer, length: node.length, value: value, heads: node.heads, isIndexed: k < update.indexed.count,
            isOptimistic: false))
      }
      guard node.batch == 1 else { continue }
      if !batch.isEmpty { batches.append(batch) }
      batch.removeAll()
    }
    application.willApply(batches)
  }

  private func run(_ batch: [AppliedNode], _ host: ApplyHost) throws {
    do {
      try application.apply(batch, host)
    } catch LogError.blockNotAvailable(let index, let length) {
      throw LogError.blockNotAvailable(index: index, length: length)
    } catch AutobaseError.interrupted(let reason) {
      throw AutobaseError.interrupted(reason)
    } catch let pending as ApplyPending {
      throw pending
    } catch {
      hasApplyFailed = true
      throw error
    }
  }

  private func record(_ node: Node, count: UInt64, indexers: Bool) {
    updates.append(
      LinearizerUpdate(
        key: node.writer.key, length: node.length, batch: count, systemLength: system.length, indexers: indexers))
  }

  /// Drops the records of the first `count` nodes, which are indexed.
  func dropIndexed(_ count: Int) throws {
    var left = UInt64(count)
    var records = 0
    var length = indexedLength
    while left > 0, records < updates.count {
      left -= min(left, updates[records].batch)
      length = updates[records].systemLength
      records += 1
    }
    guard records > 0 else { return }
    updates.removeFirst(records)
    guard length != indexedLength else { return }
    indexedLength = length
    indexedInfo = length == system.length ? info : try system.info(at: length)
  }

  // MARK: Removed and unknown writers

  /// Makes the nodes of removed writers that a node depends on heads first: they are not applied, but they are part of
  /// what the node has seen.
  private func linkRemoved(_ node: Node) throws {
    guard !node.dependencies.isEmpty else { return }
    var found: [Node] = []
    var seen: Set<ObjectIdentifier> = []
    var stack = [node]
    while let next = stack.popLast() {
      for dependency in next.dependencies where dependency.writer.indexer == nil {
        guard seen.insert(ObjectIdentifier(dependency)).inserted, try system.isRemoved(dependency.writer.key) else {
          continue
        }
        found.append(dependency)
        stack.append(dependency)
      }
    }
    for dependency in found.reversed() {
      guard try system.isLinkable(dependency.writer.key, length: dependency.length) else { continue }
      system.addHead(dependency.writer.key, length: dependency.length, heads: dependency.heads)
    }
  }

  /// Offers a stranger's optimistic node to the application. Only if that changes the writer's record does it count.
  private func isAcceptedOptimistic(_ node: Node, isIndexed: Bool, startsBatch: Bool) throws -> Bool {
    guard options.isOptimistic, node.isOptimistic, startsBatch, let value = node.value else { return false }
    let writer = node.writer.key
    let state = system.checkpoint()
    let lengths = userViews.map { $0.length }
    let before = try system.get(writer)?.length
    system.addHead(writer, length: node.length, heads: node.heads)
    let offered = AppliedNode(
      from: writer, length: node.length, value: value, heads: node.heads, isIndexed: isIndexed, isOptimistic: true)
    do {
      try application.apply([offered], ApplyHost(self, node))
      if try system.get(writer)?.length != before { return true }
    } catch AutobaseError.interrupted(let reason) {
      throw AutobaseError.interrupted(reason)
    } catch let pending as ApplyPending {
      throw pending
    } catch {
      // The application refuses it: as if it had not accepted it.
    }
    system.restore(state)
    for (view, length) in zip(userViews, lengths) { try view.truncate(to: length) }
    return false
  }
}
