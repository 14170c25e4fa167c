public import CompactEncoding
import Hypercore

/// Which writers have news, told by and to peers, so that not all logs need to be replicated all the time (spec 03
/// §14.3–14.4). A driver connects this to a topic of the wakeup protocol whose secret is the base's key.
extension Autobase {
  /// What a peer says of a writer.
  public struct Hint: Sendable, Hashable {
    /// The writer's core key.
    public var key: Fixed32
    /// Its length; nil when the peer does not say.
    public var length: UInt64?

    /// A writer that has news.
    public init(key: Fixed32, length: UInt64?) {
      self.key = key
      self.length = length
    }
  }

  /// What to tell peers that ask, or that become active: writers with nodes that are not final. Indexers are not among
  /// them, everybody follows those.
  public var announcement: [Checkout] {
    readers.all.compactMap { reader in
      let window = reader.window
      let isFinal = reader.isIdle && window.offset == window.length
      guard window.indexer == nil, !isFinal, !reader.isFrozen else { return nil }
      return Checkout(key: reader.key, length: reader.window.length)
    }
  }

  /// Takes note of what a peer tells. Writers of which no more is told than what is final are ignored. What is heard
  /// during a fast-forward is forgotten, and to be asked for again: see ``takeLookupRequest()``.
  public func hint(_ hints: [Hint]) throws {
    guard !isClosed, !storage.isReadOnly else { return }
    if isFastForwarding {
      needsLookup = true
      return
    }
    try storage.write {
      var isNew = false
      // Of the own log, only nodes of others are believed.
      for hint in hints where hint.key != ownLog?.key {
        if let reader = readers[hint.key] {
          guard let length = hint.length, length > reader.announcedLength else { continue }
          reader.announcedLength = length
          isNew = true
        } else if readers.keys.count < Self.maximumHintedReaders, try !isFinal(hint) {
          try openReaderIfPossible(hint.key, announcedLength: hint.length ?? 0)
          isNew = true
        }
      }
      if isNew { try storeWakeups() }
    }
  }

  /// Whether peers must be asked what news they have; false from then on.
  public func takeLookupRequest() -> Bool {
    defer { needsLookup = false }
    return needsLookup && !isFastForwarding
  }

  /// Most writers that strangers can have opened here.
  static let maximumHintedReaders = 4096

  private func isFinal(_ hint: Hint) throws -> Bool {
    guard let length = hint.length else { return false }
    do {
      return try system.get(hint.key).map { length <= $0.length } ?? false
    } catch LogError.blockNotAvailable {
      system.view.clearNeeded()
      return false
    }
  }

  /// Whether everything that is known of a writer is final.
  func isFlushed(_ reader: WriterReader) -> Bool {
    let window = reader.window
    return reader.announcedLength <= window.length && reader.isIdle && window.offset == window.length
  }

  // MARK: What is remembered

  /// The writers whose news came in before the base was last closed.
  func storedWakeups() throws -> [Checkout] {
    try local?.userData(UserDataKey.wakeup).map { try WakeupList(decoding: $0).writers } ?? []
  }

  /// Remembers which writers have something that is not final, so that they are read after a restart.
  func storeWakeups() throws {
    guard let local else { return }
    var list: [Checkout] = []
    for reader in readers.all where reader.key != ownLog?.key && reader.window.indexer == nil && !reader.isFrozen {
      guard !isFlushed(reader), !isAnchor(reader) else { continue }
      list.append(Checkout(key: reader.key, length: max(reader.source.length, reader.announcedLength)))
    }
    guard list != wakeups else { return }
    wakeups = list
    try local.setUserData(UserDataKey.wakeup, WakeupList(list).encoded())
  }

  /// Anchors are made here, by `apply`, and need not be told of.
  private func isAnchor(_ reader: WriterReader) -> Bool {
    (reader.source as? LoggedMessages)?.log.manifest?.signers.isEmpty ?? false
  }

  // MARK: Closing

  /// Closes writers with no news until there are few enough, those that were opened first first. They are opened again
  /// when somebody tells of them or references them.
  func closeFlushedReaders() {
    let excess = readers.keys.count - options.activeWriters
    guard excess > 0 else { return }
    let heads = Set(linearizer.currentHeads.map { $0.key })
    let signers = Set(sources.map { $0.key } + info.indexers.map { $0.key } + info.pendingIndexers)
    var closed: Set<Fixed32> = []
    for reader in readers.all where closed.count < excess {
      guard reader.window.indexer == nil, reader.key != ownLog?.key, !heads.contains(reader.key),
        !signers.contains(reader.key), isFlushed(reader)
      else { continue }
      closed.insert(reader.key)
      linearizer.close(reader.key)
    }
    readers.remove(closed)
  }
}
