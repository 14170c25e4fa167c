import Hypercore

/// Blocks that no peer can prove under the own head, but under a shorter one.
///
/// The newest head may be here without its blocks, and with nobody else; peers have an older one with its blocks. They
/// cannot prove them under a head that they do not know. So when nothing has come for a while, a peer with a shorter
/// head is asked for that head, together with a block. The nodes that this proves tile the log up to there; what lies
/// below is then asked for as always.
///
/// The head is asked for from nothing, with the first block that is missing: the way up from that names the roots of
/// the blocks before it, so that another history shows. If the peer lacks just that block, or the manifest fixes the
/// start of the log, the head is asked for from there on.
///
/// A peer of the own length, or longer, may be in the same situation and have blocks under a shorter head. It says that
/// it has them, and refuses them: then it is asked for the head up to which it has everything.
///
/// A peer that has a longer head, and cannot prove the step to it, may still prove the one to such a head.
///
/// No peer is asked twice for the same length within ``ReplicationSettings/earlierRetryMilliseconds``.
extension CoreReplicator {
  private struct EarlierRequest {
    let peer: CorePeer
    /// Nil when the head alone is asked for.
    let block: UInt64?
    let start: UInt64
    let length: UInt64
  }

  /// Asks for a shorter head when nothing else helps.
  func scheduleEarlier() throws {
    guard let next = try earlierRequest() else {
      stalled = nil
      return
    }
    let since = stalled ?? now
    stalled = since
    guard since + settings.hotswapMilliseconds <= now else { return }
    stalled = nil
    next.peer.earlier = (next.length, now + settings.earlierRetryMilliseconds)
    let step = ProofRequest.Upgrade(start: next.start, length: next.length - next.start)
    guard let block = next.block else {
      upgrade = (next.peer, next.length, now)
      return send(
        ProofRequest(upgrade: step), .init(kind: .upgrade, hasUpgrade: true, length: next.length), to: next.peer)
    }
    markInFlight(block)
    send(
      ProofRequest(block: .init(index: block, nodes: 0), upgrade: step),
      .init(kind: .block, hasUpgrade: true, isEarlier: true, target: block, length: next.length), to: next.peer)
  }

  /// A shorter head was stored: more blocks can be proven.
  func foundEarlier() {
    stalled = nil
    for peer in peers {
      peer.cursor = 0
      peer.unproven = nil
    }
  }

  /// What a peer did not prove is asked of it again some time later, or when the block has come from elsewhere.
  func forgetUnproven() {
    for peer in peers {
      guard let unproven = peer.unproven, unproven.end <= now || unproven.index < local.contiguous else { continue }
      peer.cursor = 0
      peer.unproven = nil
    }
  }

  /// What a shorter head would prove, when nothing else is on its way.
  private func earlierRequest() throws -> EarlierRequest? {
    guard state.length > 0, state.knowsManifest else { return nil }
    if wantsHead, upgrade == nil, let peer = peers.first(where: offersLess) {
      return EarlierRequest(peer: peer, block: nil, start: state.length, length: peer.have.contiguous)
    }
    guard !local.isComplete else { return nil }
    let able = peers.filter { earlierLength(of: $0) > local.contiguous && canAsk($0) && $0.remote.fork == state.fork }
    guard !able.isEmpty, !peers.contains(where: isAnswering) else { return nil }
    let start = max(local.contiguous, state.prologueLength)
    for peer in able {
      let length = earlierLength(of: peer)
      guard length > start, length <= state.length, let block = try earlierBlock(start..<length, of: peer) else {
        continue
      }
      guard try log.hasRoots(of: start) else { return nil }
      let isPlain = block == start && state.prologueLength == 0
      return EarlierRequest(peer: peer, block: block, start: isPlain ? 0 : start, length: length)
    }
    return nil
  }

  /// The length of the shorter head that a peer may prove; 0 when there is none, or when it was asked before.
  private func earlierLength(of peer: CorePeer) -> UInt64 {
    var length = peer.remote.length < state.length ? peer.remote.length : 0
    if peer.isUnproving, let unproven = peer.unproven { length = unproven.length }
    if let asked = peer.earlier, asked.length == length, asked.retry > now { return 0 }
    return length
  }

  /// Whether a peer has more, and cannot prove the step to its head.
  private func offersLess(_ peer: CorePeer) -> Bool {
    let (remote, length) = (peer.remote, peer.have.contiguous)
    guard length > state.length, !remote.canUpgrade, remote.remoteLength == state.length, remote.length > length,
      remote.fork == state.fork, canAsk(peer)
    else { return false }
    return peer.earlier.map { $0.length != length || $0.retry <= now } ?? true
  }

  /// Whether a peer was asked for a block just now.
  private func isAnswering(_ peer: CorePeer) -> Bool {
    peer.requests.blockCount > 0
      && peer.requests.entries.contains { $0.kind == .block && $0.time + settings.hotswapMilliseconds > now }
  }

  /// A block of a range that is wanted and not stored, and that the peer has.
  private func earlierBlock(_ range: Range<UInt64>, of peer: CorePeer) throws -> UInt64? {
    if let index = peer.unproven?.index, try isWanted(index, in: range) { return index }
    for index in asks.gets.keys.sorted() where peer.have.contains(index) {
      if try isWanted(index, in: range) { return index }
    }
    for wanted in policyRanges {
      var start = max(range.lowerBound, wanted.lowerBound)
      let end = min(range.upperBound, wanted.upperBound)
      while start < end, let index = peer.have.first(in: start..<end) {
        if try !local.contains(index) { return index }
        start = index + 1
      }
    }
    return nil
  }

  private func isWanted(_ index: UInt64, in range: Range<UInt64>) throws -> Bool {
    try range.contains(index) && (policyWants(index) || asks.gets[index] != nil) && !local.contains(index)
  }
}
