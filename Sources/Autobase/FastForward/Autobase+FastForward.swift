public import CompactEncoding
import Hypercore

/// Where a base stands with a fast-forward.
struct FastForwardState {
  /// The one under way.
  var running: FastForward?
  /// When another one may begin, after a failure.
  var pausedUntil: UInt64 = 0
  /// Signed lengths of system cores that somebody told of.
  var remoteLengths: [Fixed32: UInt64] = [:]
  /// A system core that this base should go on with, whatever its own says.
  var target: Fixed32?
  /// The least number of blocks to gain by the next one.
  var minimum = FastForward.defaultMinimum
  var isForced = false
}

extension Autobase {
  /// Whether the base gathers a state that others have signed, and holds back until it has it.
  public var isFastForwarding: Bool { fastForwardState.running != nil }

  /// What a fast-forward waits for, for people; nil when none is under way.
  public var fastForwardWait: String? {
    guard let running = fastForwardState.running else { return nil }
    let target = running.length > 0 ? "to system length \(running.length): " : ""
    return "fast-forward \(target)\(running.wait ?? "its turn")"
  }

  /// When ``fastForward(now:)`` is to be called although nothing has happened.
  public var fastForwardDeadline: UInt64? { fastForwardState.running?.deadline }

  /// Tells that a peer has a system core, of this length as it says. When that is much more than what is applied here,
  /// ``fastForward(now:)`` begins to gather it.
  public func noteRemoteLength(of core: Fixed32, _ length: UInt64) {
    guard core == system.view.key else { return }
    fastForwardState.remoteLengths = [core: max(length, fastForwardState.remoteLengths[core] ?? 0)]
  }

  /// Lets the base go on with another system core, which must be one of this base. For nodes that come late, or whose
  /// system core nobody has any longer.
  public func setFastForwardTarget(_ key: Fixed32) {
    if key != system.view.key { fastForwardState.target = key }
  }

  /// Lets the base go to a longer signed state however little is gained; until something is applied again.
  public func preferFastForward() { fastForwardState.minimum = 1 }

  /// Lets the base go to the newest signed state of its system core even if nothing is gained: a repair.
  public func forceFastForward() {
    fastForwardState.isForced = true
    fastForwardState.pausedUntil = 0
  }

  /// Begins, continues or ends a fast-forward. Called after everything that may have stored blocks, and at
  /// ``fastForwardDeadline``.
  ///
  /// - Returns: whether the base has moved to a signed state of others.
  @discardableResult
  public func fastForward(now: UInt64) throws -> Bool {
    guard options.fastForwards, !isClosed, interruption == nil, !storage.isReadOnly else { return false }
    if fastForwardState.running == nil { try beginFastForward(now) }
    guard var running = fastForwardState.running else { return false }
    let outcome = try storage.read { running.step(self, now: now) }
    fastForwardState.running = running
    switch outcome {
    case .waits: return false
    case .ready: return try applyFastForward(running)
    case .notWorthwhile: endFastForward()
    case .failed:
      endFastForward()
      fastForwardState.pausedUntil = now + FastForward.pauseMilliseconds
    }
    return false
  }

  private func endFastForward() {
    fastForwardState.running = nil
    fastForwardState.target = nil
    fastForwardState.isForced = false
    fastForwardState.minimum = FastForward.defaultMinimum
  }

  private func beginFastForward(_ now: UInt64) throws {
    guard now >= fastForwardState.pausedUntil else { return }
    let key = system.view.key
    if fastForwardState.isForced {
      fastForwardState.running = FastForward(key: key, minimum: 0, isForced: true, now: now)
    } else if let target = try fastForwardState.target ?? laterSystemCore() {
      fastForwardState.running = FastForward(key: target, minimum: FastForward.defaultMinimum, now: now)
    } else if isFreshAndBehind {
      fastForwardState.running = FastForward(writer: self.key, now: now)
    } else {
      let known = max(fastForwardState.remoteLengths[key] ?? 0, system.view.storage.signedLog.length)
      guard known > length else { return }
      let minimum = try waitsForFrozenLog ? 1 : fastForwardState.minimum
      guard known >= length + minimum else { return }
      fastForwardState.running = FastForward(key: key, minimum: minimum, announcedLength: known, now: now)
    }
  }

  /// Whether nodes of others refer to blocks of a log that is frozen here. They can never be ordered, and what others
  /// sign is all that there is to follow.
  private var waitsForFrozenLog: Bool {
    get throws {
      try readers.all.contains { reader in
        guard let missing = reader.missing, try storage.isStored(missing.key) else { return false }
        return try storage.writer(missing.key).hasConflict
      }
    }
  }

  /// Whether nothing is applied here, and much of the bootstrap writer's log is still to come.
  private var isFreshAndBehind: Bool {
    guard info.members == 0, ownLog?.key != key, let reader = readers[key],
      let log = (reader.source as? LoggedMessages)?.log
    else { return false }
    // Every node makes two blocks of the system view.
    return log.length >= log.contiguousLength + FastForward.defaultMinimum / 2
  }

  /// The system core that a quorum of the signers of the present one have moved to, when they have signed more than is
  /// indexed here (spec 03 §8.5).
  private func laterSystemCore() throws -> Fixed32? {
    guard let chosen = quorumSources(), let target = chosen.map({ $0.signedLength }).min(), target > signedLength else {
      return nil
    }
    var votes: [Fixed32: Int] = [:]
    for source in sources where source.signedLength > signedLength {
      guard let key = source.state.digest?.value, key != system.view.key else { continue }
      votes[key, default: 0] += 1
      if votes[key] == chosen.count, target >= length + FastForward.defaultMinimum { return key }
    }
    return nil
  }

  /// Moves to the gathered state, in one transaction.
  private func applyFastForward(_ target: FastForward) throws -> Bool {
    let old = allViews.map { $0.storage }
    guard let key = target.key else { return false }
    try change {
      guard let core = try storage.view(key: key) else { return }
      try core.reset(to: target.length)
      if core.manifest.version >= 2, let linked = try core.manifest.linked?.first.flatMap({ try storage.view(key: $0) })
      {
        try linked.reset(to: linked.signedLog.length)
        try keys.update(length: linked.length) { try linked.block(at: $0) }
      }
      let info = try SystemView(View(name: SystemView.name, storage: core, keys: keys)).info
      for source in old { try core.fillPrologue(from: source) }
      for view in info.views where view.length > 0 {
        guard let next = try storage.view(key: view.key) else { continue }
        for source in old { try next.fillPrologue(from: source) }
        try next.reset(to: view.length)
      }
      let kept = Set(info.views.map { $0.key } + [key])
      for view in old where !kept.contains(view.key) && view.length > view.signedLength {
        try view.reset(to: view.signedLength)
      }
      updates.reset()
      try storeBoot(BootRecord(key: key, systemLength: target.length, fastForwarding: true))
      endFastForward()
      fastForwardState.remoteLengths = [:]
      let queued = queue
      try load()
      queue = queued
      changeCount += 1
      fastForwardCount += 1
    }
    needsLookup = true
    try advance()
    return true
  }
}
