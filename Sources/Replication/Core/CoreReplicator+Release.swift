import Hypercore

/// Requests that wait for no answer any more.
extension CoreReplicator {
  /// A request waits for no answer any more: it was answered, refused, or its peer is gone. What it asked for may be
  /// asked for again.
  func released(_ entry: RequestTable.Entry, by peer: CorePeer, isRefusal: Bool, isStored: Bool = false) {
    if entry.hasUpgrade && !entry.isEarlier && upgrade?.peer === peer { upgrade = nil }
    switch entry.kind {
    case .block: releasedBlock(entry, by: peer, isStored: isStored)
    case .hash, .seek:
      let bytes = entry.kind == .seek ? entry.target : entry.length
      for number in asks.seeks.indices where asks.seeks[number].bytes == bytes {
        asks.seeks[number].isAsked = false
        if entry.kind == .hash { asks.seeks[number].useless.insert(peer.number) }
      }
    case .reorg, .reorgHash:
      let isCurrent = reorg?.peer === peer && reorg?.fork == entry.fork
      if isRefusal && isCurrent { reorg = nil }
    case .upgrade, .manifest, .free: break
    }
  }

  private func releasedBlock(_ entry: RequestTable.Entry, by peer: CorePeer, isStored: Bool) {
    let index = entry.target
    if isStored {
      inFlight.remove(index)
      if !extraRequests.isEmpty, extraRequests.removeValue(forKey: index) != nil { cancelOthers(index) }
      return
    }
    peer.run = (.max, 0)
    mayDropWaiting = true
    if let extra = extraRequests[index] {
      extraRequests[index] = extra > 1 ? extra - 1 : nil
      return
    }
    inFlight.remove(index)
    for peer in peers { peer.cursor = min(peer.cursor, index) }
    if asks.gets[index] != nil { asks.open.append(index) }
  }

  /// The block came from one peer; the others need not send it.
  private func cancelOthers(_ index: UInt64) {
    for peer in peers {
      for (id, entry) in peer.requests.outstanding
      where entry.kind == .block && !entry.hasUpgrade && entry.target == index {
        peer.requests.cancel(id)
        peer.send(.cancel, CancelMessage(request: id))
      }
    }
  }

  /// The log was cut: what is in flight for its old blocks is of no use.
  func restart(at cut: UInt64) {
    for peer in peers {
      peer.run = (.max, 0)
      peer.cursor = min(peer.cursor, cut)
      for (id, entry) in peer.requests.outstanding where entry.fork != state.fork || entry.target >= cut {
        guard entry.kind != .reorg && entry.kind != .reorgHash || entry.fork <= state.fork else { continue }
        peer.requests.cancel(id)
        released(entry, by: peer, isRefusal: true)
      }
    }
    waiting.removeAll()
    if let fork = reorg?.fork, fork <= state.fork { reorg = nil }
  }
}
