import Hypercore

/// What happens when nothing comes.
extension CoreReplicator {
  // MARK: Slow peers

  /// Asks a peer that has nothing to do for blocks that another one has not sent for a while.
  func hotswap() throws {
    guard peers.count > 1 else { return }
    for slow in peers where slow.requests.blockCount > 0 {
      let late = slow.requests.outstanding.filter { late in
        late.entry.kind == .block && !late.entry.hasUpgrade && late.entry.time + settings.hotswapMilliseconds <= now
      }
      guard !late.isEmpty else { continue }
      for fast in peers where fast !== slow && canAsk(fast) && fast.requests.count == 0 {
        for (_, entry) in late.prefix(16) where fast.have.contains(entry.target) && extraRequests[entry.target] == nil {
          _ = try ask(fast, for: entry.target, priority: 1)
        }
      }
    }
  }

  /// When somebody may be asked for what another peer does not send. What is late already is looked at whenever something
  /// comes in: nothing else can let another peer help out.
  private var hotswapDeadline: UInt64? {
    guard peers.count > 1 else { return nil }
    let times = peers.lazy.filter { $0.requests.blockCount > 0 }.flatMap { $0.requests.entries }
      .filter { $0.kind == .block }.map(\.time)
    let (wait, now) = (settings.hotswapMilliseconds, now)
    let blocks = times.map { $0 + wait }.filter { $0 > now }.min()
    guard let upgrade, upgrade.time + wait > now else { return blocks }
    return min(upgrade.time + wait, blocks ?? .max)
  }

  // MARK: Time

  /// When ``expire(at:)`` has to be called, in milliseconds of the clock that ``CorePeer`` is told.
  public var nextDeadline: UInt64? {
    if isDelayed { return now }
    var deadlines = peers.compactMap(\.nextDeadline)
    if let storeFailure { deadlines.append(storeFailure.retry) }
    if let hotswapDeadline { deadlines.append(hotswapDeadline) }
    if let stalled, stalled + settings.hotswapMilliseconds > now {
      deadlines.append(stalled + settings.hotswapMilliseconds)
    }
    if let reorg, reorg.isAsked, reorg.time + settings.forkTimeoutMilliseconds > now {
      deadlines.append(reorg.time + settings.forkTimeoutMilliseconds)
    }
    return deadlines.min()
  }

  /// It is that late.
  public func expire(at now: UInt64) {
    advance(to: now)
    if let failure = storeFailure, failure.retry <= now { storeFailure = nil }
    for peer in peers { peer.expire(at: now) }
    flush()
  }
}
