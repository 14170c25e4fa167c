public import CompactEncoding
import Hypercore

extension Autobase {
  /// Number of blocks of the system view, the provisional tip included.
  public var length: UInt64 { system.length }
  /// Number of system blocks that a quorum of indexers signed.
  public var signedLength: UInt64 { system.view.signedLength }
  /// What the system view says now.
  public var info: SystemInfo { system.info }

  /// Whether values can be appended. Nothing can any more once the local log was found to have two histories.
  public var isWritable: Bool {
    guard let ownLog, !isClosed, !storage.isReadOnly, !isRecovering, !ownLog.hasConflict else { return false }
    if ownLog.key == key && info.members == 0 { return true }
    return (try? system.isRemoved(ownLog.key)) == false
  }

  /// Whether the local writer's nodes are votes.
  public var isIndexer: Bool { ownLog.map { linearizer.window($0.key)?.indexer != nil } ?? false }

  /// Whether the local writer was added as an indexer and none of its nodes has been linked yet.
  public var isPendingIndexer: Bool {
    guard let ownLog, ownLog.key != key, ownLog.length == 0 else { return false }
    return info.pendingIndexers.contains(ownLog.key)
  }

  /// The local log when it can be written. Without a secret it only keeps the state beside it, and its blocks come from
  /// others.
  var ownLog: (any LocalLog)? { local.flatMap { $0.keyPair == nil ? nil : $0 } }

  /// All views, the system last.
  var allViews: [View] { userViews + [encryption, system.view] }

  /// Builds the linearizer anew, from what is indexed.
  func restart() throws {
    let start = try graphStart(at: indexedLength, indexedInfo)
    linearizer = Linearizer(start)
    let reopened = readers.keys
    readers = ReaderSet()
    if let local { try openReader(local.key) }
    for writer in start.writers { try openReader(writer) }
    for writer in reopened { try openReaderIfPossible(writer) }
    for writer in wakeups {
      try openReaderIfPossible(writer.key, announcedLength: writer.length)
    }
    try openSources()
  }

  /// What a writer has written, as far as it is stored.
  func messages(of writer: Fixed32) throws -> LoggedMessages {
    if let local, local.key == writer { return LoggedMessages(log: local, keys: keys) }
    return LoggedMessages(log: try storage.writer(writer), keys: keys)
  }

  /// Starts reading a writer, behind what is indexed of it.
  @discardableResult
  func openReader(_ writer: Fixed32) throws -> WriterReader {
    if let reader = readers[writer] { return reader }
    let window: WriterWindow
    if let open = linearizer.window(writer) {
      window = open
    } else {
      window = linearizer.open(writer, offset: try system.member(writer, at: indexedLength)?.length ?? 0)
    }
    let source = try messages(of: writer)
    let reader = WriterReader(key: writer, source: source, window: window)
    if mayWrite { try source.log.remember(UserDataKey.referrer, key.bytes) }
    readers.insert(reader)
    storage.afterRollback { [weak self] in self?.needsReload = true }
    return reader
  }

  /// The same when its record in the system view is stored here. After a fast-forward it may not be: then it is fetched
  /// with the next advance.
  func openReaderIfPossible(_ writer: Fixed32, announcedLength: UInt64 = 0) throws {
    do {
      let reader = try openReader(writer)
      reader.announcedLength = max(reader.announcedLength, announcedLength)
    } catch LogError.blockNotAvailable {
      system.view.clearNeeded()
      wantedWriters.append(writer)
    }
  }

  /// Starts reading a writer that others tell of.
  public func hintWriter(_ writer: Fixed32) throws { try openReader(writer) }

  // MARK: Catching up

  /// Takes the nodes of the stored tip back into the graph; or, when the tip does not fit the indexed state, drops it,
  /// so that it is applied again (spec 03 §13.2).
  func catchUp() throws {
    isCaughtUp = true
    do {
      try takeState()
    } catch  where Self.isCorruption(error) && allViews.allSatisfy({ $0.needed.isEmpty }) {
      try restoreWholeState()
      try load()
      isCaughtUp = true
      try takeState()
    }
  }

  private func takeState() throws {
    if try needsMigration() {
      try migrate([])
      try restart()
    } else if try !takeTip() {
      try dropTip()
    }
  }

  /// Whether the state that the base was moved to ends with a change of indexers, so that the views must move on.
  private func needsMigration() throws -> Bool {
    guard let boot = storedBoot, boot.fastForwarding || boot.indexersUpdated, !indexedInfo.indexers.isEmpty else {
      return false
    }
    let keys = try indexedInfo.indexers.map { indexer in
      try ViewSet.manifest(of: indexer.key, storage).signers.first?.publicKey ?? indexer.key
    }
    return keys != system.view.manifest.signers.map(\.publicKey)
  }

  /// Opens the members that have written what is not indexed, and all of them while they are few.
  func openMembers() throws {
    for writer in info.indexers.map({ $0.key }) + info.pendingIndexers + info.heads.map({ $0.key }) {
      try openReaderIfPossible(writer)
    }
    do {
      let members = try system.allMembers().filter { !$0.member.isRemoved }
      for (writer, member) in members where readers[writer] == nil {
        let isBehind = try storage.writer(writer).length > member.length
        if members.count <= options.activeWriters || isBehind { try openReader(writer) }
      }
    } catch LogError.blockNotAvailable {
      // After a fast-forward the list is not all here. Others tell of writers that have something new.
      system.view.clearNeeded()
    }
  }

  /// The same for one that only reads: a tip that does not fit stays where it is, and is not taken into the graph.
  func catchUpReading() throws {
    guard !isCaughtUp else { return }
    isCaughtUp = true
    if try !takeTip() { try restart() }
  }

  func takeTip() throws -> Bool {
    guard storedBoot?.indexersUpdated != true, try mapTip(), try feedTip() else { return false }
    // The stored tip is what the first result would lead to.
    _ = linearizer.update()
    return true
  }

  /// Finds the views' places in the tip's list; false when the tip lists cores that are not there yet.
  private func mapTip() throws -> Bool {
    guard system.length == updates.last?.systemLength ?? indexedLength else { return false }
    for (i, checkout) in info.views.enumerated() {
      if i < indexedInfo.views.count {
        guard indexedInfo.views[i].key == checkout.key else { return false }
      } else {
        guard let view = userViews.first(where: { $0.mappedIndex == nil && $0.key == checkout.key }) else {
          return false
        }
        view.mappedIndex = i
      }
    }
    return userViews.allSatisfy { view in
      view.length == (view.mappedIndex.map { $0 < info.views.count ? info.views[$0].length : 0 } ?? 0)
    }
  }

  private func feedTip() throws -> Bool {
    for record in updates.all {
      let reader = try openReader(record.key)
      guard reader.window.length + record.batch == record.length else { return false }
      while reader.window.length < record.length {
        guard case .added = try reader.loadBatch(into: linearizer, open: { try openReader($0) }) else {
          return false
        }
      }
      guard reader.window.length == record.length else { return false }
    }
    return true
  }

  /// Goes back to what is indexed, and builds the linearizer anew.
  func dropTip() throws {
    try truncate(to: indexedLength)
    updates.reset()
    try restart()
  }

  /// Truncates the system view, and every view to what the system says then (spec 03 §6.2, §7.4).
  ///
  /// - Parameter isForking: whether signed blocks may be dropped, since the views move.
  func truncate(to length: UInt64, isForking: Bool = false) throws {
    func truncate(_ view: View, to length: UInt64) throws {
      if isForking { try view.rewind(to: length) } else { try view.truncate(to: length) }
    }
    try writing {
      if length < system.length { try truncate(system.view, to: length) }
      try system.reset()
      let indexers = try info.indexers.map { try ViewSet.manifest(of: $0.key, storage) }
      for view in userViews {
        if let index = view.mappedIndex, index < info.views.count {
          view.systemKey = info.views[index].key
          try truncate(view, to: info.views[index].length)
        } else {
          view.mappedIndex = nil
          view.systemKey = nextManifest(view, length: 0, indexers, try view.tree(at: 0)).key
          try truncate(view, to: 0)
        }
      }
      try truncate(encryption, to: info.encryptionLength)
      for view in userViews where view.length < view.mappedIndex.map({ info.views[$0].length }) ?? 0 {
        throw AutobaseError.corrupt("view \(view.name) has \(view.length) blocks, fewer than are final")
      }
      guard system.length == length else {
        throw AutobaseError.corrupt("the system view has \(system.length) blocks, fewer than \(length)")
      }
    }
  }

  /// Runs `body` with all views open for writing.
  func writing<R>(_ body: () throws -> R) rethrows -> R {
    for view in allViews { view.isOpenForWriting = true }
    defer { for view in allViews { view.isOpenForWriting = false } }
    return try body()
  }
}
