import CompactEncoding
import Hyperbee
import Hypercore

extension Autobase {
  /// Starts again from what is stored. Views stay the same objects; their forks change.
  ///
  /// Done by itself after a failure, and when another process has written.
  public func reload() throws {
    guard !isClosed else { throw AutobaseError.closed }
    queue.removeAll()
    wantedWriters.removeAll()
    pendingFork = nil
    try load()
  }

  /// Ends the base: nothing can be appended, and views no longer change.
  public func close() { isClosed = true }

  /// Whether something may be stored while the state is read.
  var mayWrite: Bool { !storage.isReadOnly && !isLooking }

  /// Reads the state that the store holds; one that is not whole is left for an earlier one.
  func load() throws {
    needsReload = true
    let boot = try local?.userData(UserDataKey.boot).map { try BootRecord(decoding: $0) }
    // What a record of version 0 says of the views is not always right.
    if boot?.version == 0, mayWrite { try restoreWholeState() }
    do {
      try loadState()
      if options.dropsTip, !hasDroppedTip, mayWrite {
        hasDroppedTip = true
        isCaughtUp = true
        try dropTip()
        try flush([])
      }
    } catch  where Self.isCorruption(error) && mayWrite && allViews.allSatisfy({ $0.needed.isEmpty }) {
      // What is only not fetched yet, after a fast-forward, is waited for instead.
      try restoreWholeState()
      try loadState()
    }
    needsReload = false
  }

  /// Whether an error says that what is stored contradicts itself.
  static func isCorruption(_ error: any Error) -> Bool {
    switch error {
    case AutobaseError.corrupt, is DecodingError, is MerkleError, is BeeError, LogError.blockNotAvailable: true
    default: false
    }
  }

  private func loadState() throws {
    let boot = try local?.userData(UserDataKey.boot).map { try BootRecord(decoding: $0) }
    updates = try UpdateLog(local?.records() ?? [])
    let cores: ViewSet
    if let boot {
      guard let core = try storage.view(key: boot.key) else {
        throw AutobaseError.corrupt("the system core \(boot.key) is not stored")
      }
      core.show(updates.last?.systemLength ?? boot.systemLength)
      let linked = try core.manifest.linked?.first.flatMap { try storage.view(key: $0) }
      encryption = try View(
        name: ViewSet.encryptionName, storage: linked ?? storage.view(identity.genesisManifest(ViewSet.encryptionName)))
      try keys.update(encryption)
      system = try SystemView(View(name: SystemView.name, storage: core, keys: keys))
      system.view.isWorking = isWorking
      indexedInfo = try system.info(at: boot.systemLength)
      cores = try ViewSet(indexedInfo, system: core, linked: linked, identity, application.viewNames, storage)
    } else {
      cores = try ViewSet(genesis: identity, application.viewNames, storage)
      cores.system.show(updates.last?.systemLength ?? 0)
      system = try SystemView(View(name: SystemView.name, storage: cores.system, keys: keys))
      indexedInfo = SystemInfo()
    }
    encryption = try View(name: ViewSet.encryptionName, storage: cores.encryption)
    let tip = info
    for (view, core) in zip(userViews, cores.user) {
      let index = core.mappedIndex ?? tip.views.firstIndex { $0.key == core.storage.key }
      try view.reload(core.storage, length: index.map { $0 < tip.views.count ? tip.views[$0].length : 0 } ?? 0)
      view.mappedIndex = core.mappedIndex
    }
    system.reservedViews = cores.reservedViews
    storedBoot = boot
    indexedLength = boot?.systemLength ?? 0
    recovery = try local?.userData(UserDataKey.recovering) == nil ? nil : recovery ?? RecoveryWatch()
    own = CheckpointState()
    // After a transaction that was undone, they may be of blocks that are not there.
    signatures.removeAll()
    isCaughtUp = false
    wakeups = try storedWakeups()
    try restart()
    try openMembers()
    try noticeLostTail()
    if mayWrite {
      for view in allViews { try view.storage.remember(name: view.name, of: key) }
    }
  }

  /// Whether another process has written what is kept in memory here.
  var isStale: Bool {
    if needsReload { return true }
    if let local {
      // Whoever indexes writes the boot record; the views that it names may be others than those held here.
      let boot = try? local.userData(UserDataKey.boot).map { try BootRecord(decoding: $0) }
      if boot != storedBoot { return true }
      if local.keyPair != nil, let reader = readers[local.key], isCaughtUp, local.length != reader.window.length {
        return true
      }
    }
    // Whoever begins or ends a tip does so in the system view, too.
    return system.view.isStale || system.view.storage.isStale || userViews.contains { $0.isStale }
  }
}
