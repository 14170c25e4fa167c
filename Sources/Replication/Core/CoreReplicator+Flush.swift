import Hypercore
import Protomux

/// How it runs.
extension CoreReplicator {
  /// The end of a read: everything that came is checked and stored as one transaction, then requests are answered and
  /// made. Also to be called when a carrier of one of the peers takes output again.
  public func flush() {
    guard !isFlushing, !isClosed else { return }
    guard !log.context.isInTransaction else {
      isDelayed = true
      return
    }
    isFlushing = true
    isDelayed = false
    repeat {
      isWoken = false
      round += 1
      let carriers = corkCarriers()
      storeGathered()
      run()
      for carrier in carriers {
        carrier.mux.uncork(unwrapsSingle: true)
        if carrier.mux.queuedByteCount > 0 { carrier.setNeedsFlush() }
      }
      finishCompletions()
    } while isWoken && !isClosed
    isFlushing = false
  }

  private func corkCarriers() -> [any MuxCarrier] {
    var carriers: [any MuxCarrier] = []
    for peer in peers where !carriers.contains(where: { $0 === peer.carrier }) {
      carriers.append(peer.carrier)
      peer.carrier.mux.cork()
    }
    return carriers
  }

  /// Answers requests and makes new ones, on one state of the store.
  private func run() {
    if state.version == nil { look() }
    do {
      for _ in 0..<Self.durabilityAttempts {
        let version = try durableVersion()
        let isDone = try log.context.read {
          let current = try condition()
          if let version, current.version != version { return false }
          try absorb(current)
          for peer in peers where peer.isActive {
            if peer.owesSync { sendSync(to: peer) }
            try peer.serve()
          }
          try schedule()
          return true
        }
        if isDone { break }
      }
      // Another process found out.
      if state.isFrozen { stop() }
      settleAsks()
    } catch {
      storeFailed(error)
    }
  }

  /// How often it is tried to see a state of an own log that is durable while others write it.
  private static let durabilityAttempts = 4

  /// For a log that is signed here: makes it durable and tells which state that is. Nobody may hear of a block of ours
  /// that a power failure could take back. What was stored in other logs since need not wait for the disk.
  @discardableResult
  func durableVersion() throws -> Hypercore.ContentVersion? {
    guard log.keyPair != nil else { return nil }
    let version = try log.context.read { try log.contentVersion() }
    if version != durable {
      try log.context.makeDurable()
      durable = version
    }
    return version
  }

  func finishCompletions() {
    if didChange {
      didChange = false
      onChange?()
    }
    let done = completions
    completions = []
    for completion in done { completion() }
  }

  /// Something new is wanted or known: it takes effect now, or with the flush that runs.
  func runSoon() {
    guard !isClosed else { return }
    if isFlushing { isWoken = true } else { flush() }
  }

  /// A message of this peer came, and the end of the read will follow.
  func needsFlush(_ peer: CorePeer) {
    if gatheredByteCount > settings.maximumGatheredByteCount { flush() }
  }

  func advance(to time: UInt64) { now = max(now, time) }

  // MARK: Looking at the log

  /// The log as it is, in the open transaction.
  func condition() throws -> LogCondition {
    let version = try log.contentVersion()
    if version == state.version { return state }
    return LogCondition(
      tree: try log.currentTree(), contiguousLength: log.contiguousLength, knowsManifest: log.manifest != nil,
      isCompat: log.isCompat, prologueLength: log.verifier.prologue?.length ?? 0, isFrozen: log.isFrozen,
      version: version)
  }

  /// Looks at the log for the first time.
  func look() {
    guard state.version == nil else { return }
    do {
      let observer = try log.observer()
      observer.onEvent = { [outside] event in
        if case .truncate(let length, _) = event { outside.cut = min(length, outside.cut ?? .max) }
      }
      observer.onClear = { [outside] range in outside.clears.append(range) }
      self.observer = observer
      try log.context.read { try absorb(condition()) }
    } catch {
      storeFailed(error)
    }
  }

  /// The log may have grown, shrunk or been cleared by somebody: what changed is announced. For own blocks to be
  /// called only when they are as durable as they have to be.
  public func logChanged() { if state.version != nil { runSoon() } }

  func storeFailed(_ error: any Error) {
    storeFailure = (String(describing: error), now + settings.storeRetryMilliseconds)
    verifier.forget()
  }
}
