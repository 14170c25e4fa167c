import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import Replication
import StoreToolKit
import ToolKit

/// One run of `hc-log replicate`: which logs, until when. Whoever owns the connections tells it what happens; it belongs to
/// their thread.
final class ReplicationJob: @unchecked Sendable {
  /// How a run ends by itself.
  enum End: Sendable {
    /// Both sides have what they asked for.
    case done
    /// Nothing more came in time.
    case timedOut(String)
    /// The connection ended too early.
    case lost(String)
    /// A peer proved two histories, or sent what does not hold.
    case bad(String)
    case failed(ToolError)
  }

  let store: Corestore
  let replicator: StoreReplicator
  private(set) var goals: [ReplicationGoal]
  private let isLive: Bool
  /// Whether every log of the store takes part, also those made later.
  private let isWhole: Bool
  private let policy: DownloadPolicy
  private let timeoutMilliseconds: UInt64
  /// Called once, when the run is over.
  var onEnd: (() -> Void)?
  private(set) var end: End?

  /// What went and came, once the run is closed.
  private(set) var finalTraffic: [Fixed32: LogTraffic] = [:]
  /// The longest length that a peer told of each log at its present fork, by discovery key.
  private(set) var remoteLengths: [Fixed32: UInt64] = [:]
  /// The blocks that a peer was last known to have without gap, by discovery key.
  private var remoteContiguous: [Fixed32: UInt64] = [:]
  /// Logs whose connection ended before the peer had all of them.
  private var cutOff: Set<Fixed32> = []
  private(set) var connectionCount = 0
  private var isAsking = true
  private var isClosed = false
  private var lastProgress: UInt64
  private var progressMark: [UInt64] = []
  /// What a peer sent that does not hold, until when it may show that it has another history.
  private var suspicion: (text: String, end: UInt64)?
  private var nextStep: UInt64?
  private var progress = Progress("replicated")
  private var progressCount: UInt64 = 0

  /// A peer that has asked for nothing in this time does not want what it lacks.
  private static let idleMilliseconds: UInt64 = 2_000
  /// How long a peer may take to show its history.
  private static let probeMilliseconds: UInt64 = 5_000
  /// A peer that has begun to fetch a log, and asks for nothing more in this time, has what it wants.
  private static let quietMilliseconds: UInt64 = 8_000
  /// How often is looked whether all is done: not so often with many logs that the looking takes all the time.
  private var stepMilliseconds: UInt64 { max(5, UInt64(goals.count) / 10) }

  init(
    store: Corestore, goals: [ReplicationGoal], isWhole: Bool, policy: DownloadPolicy, isLive: Bool,
    timeoutMilliseconds: UInt64, now: UInt64
  ) {
    self.store = store
    self.goals = goals
    self.isWhole = isWhole
    self.policy = policy
    self.isLive = isLive
    self.timeoutMilliseconds = timeoutMilliseconds
    lastProgress = now
    replicator = StoreReplicator(store: store)
    if !isWhole {
      let keys = Set(goals.map { $0.log.discoveryKey })
      replicator.admits = { _, key in keys.contains(key) }
    }
    for goal in goals { replicator.activate(goal.log, policy: goal.policy) }
    replicator.onPeer = { [unowned self] in peerChanged($0, $1, $2) }
  }

  // MARK: What happens

  /// There is a connection.
  func connected(at now: UInt64) {
    connectionCount += 1
    lastProgress = now
    look(at: now)
  }

  /// A connection ended.
  ///
  /// - Parameter reason: why.
  func disconnected(_ reason: String, at now: UInt64) {
    guard end == nil, !isLive, !isClosed else { return }
    if let problem = problem(at: now) { return finish(.bad(problem)) }
    guard replicator.streams.isEmpty else { return look(at: now) }
    finish(connectionCount > 0 && (hasAll || !isAsking) && cutOff.isEmpty ? .done : .lost(reason))
  }

  /// Whether everything that was asked for is here, as far as it is known.
  private var hasAll: Bool {
    goals.allSatisfy { goal in
      let remoteLength = remoteLengths[goal.log.discoveryKey] ?? 0
      return (try? goal.shortfall(remoteLength: remoteLength) == nil) ?? false
    }
  }

  /// A peer of a log came or went.
  private func peerChanged(_ stream: ReplicationStream, _ core: CoreReplicator, _ change: CorePeerChange) {
    // Whoever closes a log's channel has what it wants; it is otherwise when the connection ends under it.
    guard case .closed(let length) = change, stream.isClosed else { return }
    if max(length, remoteContiguous[core.log.discoveryKey] ?? 0) < core.log.contiguousLength {
      cutOff.insert(core.log.discoveryKey)
    }
  }

  /// Something was read or committed: look soon whether all is done.
  func look(at now: UInt64) {
    guard end == nil else { return }
    let time = now + stepMilliseconds
    nextStep = min(nextStep ?? time, time)
  }

  /// Another process may have committed.
  func storeChanged(at now: UInt64) {
    guard end == nil else { return }
    do {
      if isWhole { try adoptNewLogs() }
      try replicator.logsChanged()
    } catch {
      finish(.failed(Self.toolError(error)))
    }
    look(at: now)
  }

  private func adoptNewLogs() throws {
    let known = Set(goals.map { $0.log.discoveryKey })
    let new = try store.list().filter { !known.contains($0) }
    guard !new.isEmpty else { return }
    let names = try LogNames(store)
    for key in new {
      guard let log = try store.log(discoveryKey: key) else { continue }
      let goal = ReplicationGoal(
        log, text: names[log.key] ?? KeyIdentifier.encode(log.key), isExplicit: false, policy: policy)
      goals.append(goal)
      replicator.activate(log, policy: policy)
    }
  }

  private func finish(_ end: End) {
    guard self.end == nil else { return }
    self.end = end
    nextStep = nil
    onEnd?()
  }

  // MARK: Time

  /// When ``expire(at:)`` has to be called.
  var nextDeadline: UInt64? {
    guard end == nil else { return nil }
    let patience = isLive ? nil : lastProgress + timeoutMilliseconds
    return [nextStep, patience].compactMap { $0 }.min()
  }

  func expire(at now: UInt64) {
    guard let deadline = nextDeadline, deadline <= now else { return }
    step(at: now)
  }

  /// Looks how it stands.
  private func step(at now: UInt64) {
    guard end == nil else { return }
    nextStep = nil
    let status = replicator.coreReplicators.map { ($0, $0.status) }
    show(status.map(\.1), at: now)
    if let problem = problem(at: now) { return finish(.bad(problem)) }
    if suspicion != nil { return look(at: now + 45) }
    guard !isLive else { return }
    if connectionCount > 0, isSettled {
      if isAsking { stopAsking() }
      if replicator.streams.allSatisfy({ isSatisfied($0, at: now) }) { return finish(.done) }
      look(at: now + 45)
    }
    guard now >= lastProgress + timeoutMilliseconds else { return }
    let waits = status.flatMap(\.1.waits).first.map { "\($0)" }
    finish(.timedOut(connectionCount == 0 ? "no peer came" : waits ?? "the peer went silent"))
  }

  /// Notes what peers have, while they are there.
  func noteLengths() {
    for core in replicator.coreReplicators { note(core.status) }
  }

  private func note(_ status: CoreReplicationStatus) {
    let key = discoveryKey(of: status.key)
    remoteLengths[key, default: 0].raise(to: status.remoteLength)
    for peer in status.peers { remoteContiguous[key, default: 0].raise(to: peer.contiguousLength) }
  }

  private func show(_ status: [CoreReplicationStatus], at now: UInt64) {
    var mark = replicator.streams.map { UInt64($0.coreCount) }
    for core in status {
      note(core)
      mark += [core.length, core.contiguousLength, core.fork]
      for peer in core.peers {
        mark += [peer.length, peer.contiguousLength, peer.blocksUploaded, peer.blocksDownloaded]
      }
    }
    if mark != progressMark {
      progressMark = mark
      lastProgress = now
    }
    let count = replicator.traffic.reduce(0) { $0 + $1.value.blocksDownloaded + $1.value.blocksUploaded }
    progress.advance(by: count - min(count, progressCount))
    progressCount = count
  }

  /// What peers did that must not be. What does not hold may come of another history, which is asked for first.
  private func problem(at now: UInt64) -> String? {
    for core in replicator.coreReplicators.map(\.status) {
      if core.isFrozen { return "\(KeyIdentifier.encode(core.key)) has two signed histories: its writer forked it" }
      for peer in core.peers {
        guard case .invalidData(let reason) = peer.pause else { continue }
        let text = "a peer sent data for \(KeyIdentifier.encode(core.key)) that does not hold: \(reason)"
        guard peer.isProbed else { return text }
        suspicion = suspicion ?? (text, now + Self.probeMilliseconds)
      }
    }
    guard let (text, end) = suspicion else { return nil }
    let isOpen = replicator.coreReplicators.contains { $0.status.peers.contains(where: \.isProbed) }
    if isOpen && now < end { return nil }
    // Who closed the channel instead, or takes too long, has not shown that it was a mistake.
    let isGone = !replicator.coreReplicators.contains { !$0.status.peers.isEmpty }
    suspicion = nil
    return isOpen || isGone ? text : nil
  }

  /// Whether there is nothing to wait for that a connected peer could give.
  private var isSettled: Bool {
    replicator.streams.allSatisfy { !$0.isAwaitingPeers }
      && goals.allSatisfy { goal in
        guard let core = replicator.core(goal.log.discoveryKey) else { return true }
        return core.status.waits.allSatisfy { wait in
          switch wait {
          case .peer, .holder, .frozen: true
          case .channel, .sync, .upgrade, .upgradeOffer, .blocks, .reorg, .seek, .store: false
          }
        }
      }
  }

  /// Tells peers that nothing more is wanted; channels close when they want nothing either.
  private func stopAsking() {
    isAsking = false
    for goal in goals { replicator.core(goal.log.discoveryKey)?.isDownloading = false }
    replicator.flush()
  }

  /// Whether the other side has what it wanted.
  private func isSatisfied(_ stream: ReplicationStream, at now: UInt64) -> Bool {
    if stream.coreCount == 0 { return true }
    var hasFetched = false
    var isComplete = true
    for core in replicator.coreReplicators {
      guard let number = stream.peer(of: core)?.number,
        let peer = core.status.peers.first(where: { $0.number == number })
      else { continue }
      if peer.isOpen && peer.length >= core.log.length && peer.contiguousLength >= core.log.contiguousLength {
        continue
      }
      isComplete = false
      if peer.blocksUploaded > 0 { hasFetched = true }
    }
    return isComplete || now >= lastProgress + (hasFetched ? Self.quietMilliseconds : Self.idleMilliseconds)
  }

  /// Ends the replication. What was counted stays.
  func close() {
    isClosed = true
    noteLengths()
    for stream in replicator.streams { stream.closed() }
    finalTraffic = replicator.traffic
    replicator.close()
  }

  static func toolError(_ error: any Error) -> ToolError {
    (error as? any ToolErrorConvertible)?.toolError ?? ToolError(.integrity, "\(error)")
  }
}

extension UInt64 {
  fileprivate mutating func raise(to other: UInt64) { self = Swift.max(self, other) }
}
