import Hypercore

/// Following higher forks (spec 02 §8.6), and histories that contradict each other (§8.7).
extension CoreReplicator {
  /// Asks for the head of the highest fork that a peer has, then for hashes, until the common history is known.
  func scheduleReorg() {
    if let reorg, reorg.isAsked, reorg.time + settings.forkTimeoutMilliseconds <= now {
      reorg.peer.unprovenFork = reorg.fork
      self.reorg = nil
    }
    guard settings.followsForks, downloadPolicy != .none || !asks.isEmpty else { return }
    let able = peers.filter {
      $0.isActive && $0.hasSynced && $0.pause == nil && $0.remote.uploading && $0.remote.length > 0
        && $0.remote.fork > max(state.fork, $0.unprovenFork) && $0.requests.hasRoom
    }
    if let best = able.max(by: { $0.remote.fork < $1.remote.fork }), best.remote.fork > reorg?.fork ?? state.fork {
      reorg = ReorgSearch(peer: best, fork: best.remote.fork, isAsked: true, time: now)
      return ask(
        best,
        ProofRequest(upgrade: .init(start: 0, length: best.remote.length), manifest: !state.knowsManifest),
        .init(kind: .reorg, hasUpgrade: true, fork: best.remote.fork))
    }
    guard let reorg, !reorg.isAsked, let want = reorg.search?.want else { return }
    let peer = reorg.peer
    guard peer.isActive, peer.pause == nil, peer.remote.fork == reorg.fork else {
      self.reorg = nil
      return
    }
    let index = peer.have.first(in: want.blocks) ?? want.blocks.lowerBound
    self.reorg?.isAsked = true
    self.reorg?.time = now
    ask(
      peer, ProofRequest(hash: .init(index: 2 * index, nodes: want.nodes)),
      .init(kind: .reorgHash, fork: reorg.fork, target: 2 * index))
  }

  private func ask(_ peer: CorePeer, _ request: ProofRequest, _ entry: RequestTable.Entry) {
    var entry = entry
    entry.time = now
    let id = peer.requests.insert(entry)
    peer.send(.request, RequestMessage(id: id, fork: entry.fork, request: request))
  }

  // MARK: Conflicts

  /// Asks a peer whose answer did not hold for a proof of the common length, to see whether it has another history.
  func probe(_ peer: CorePeer) {
    let length = min(state.length, peer.remote.length)
    guard length > 0, peer.isActive, !peer.isProbing else { return }
    peer.isProbing = true
    peer.send(
      .request,
      RequestMessage(
        id: 0, fork: peer.remote.fork, request: ProofRequest(upgrade: .init(start: 0, length: length))))
  }

  func settle(_ verdict: ConflictVerdict, _ peer: CorePeer) {
    let wasProbing = peer.isProbing
    peer.isProbing = false
    switch verdict {
    case .none:
      // A peer whose history is the same may have been overtaken by events, but not again and again.
      if wasProbing, case .invalidData? = peer.pause, peer.malformedAnswers < settings.maximumRefusals {
        peer.pause = nil
      }
    case .invalid: break
    case .conflict(_, let fork, let own): freeze(fork, [own])
    }
  }

  /// Tells everybody at that fork that two histories exist, and stops.
  func freeze(_ fork: UInt64, _ proofs: [Proof]) {
    didChange = true
    state.isFrozen = true
    for peer in peers where peer.isActive && peer.remote.fork == fork {
      for proof in proofs { peer.send(.data, DataMessage(request: 0, proof: proof)) }
    }
    stop()
  }

  /// The log is frozen: nothing comes or goes any more.
  func stop() {
    for peer in peers { peer.close() }
    failAll(.frozen)
  }
}
