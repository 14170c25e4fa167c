import Hypercore

extension CoreReplicator {
  /// How it stands.
  public var status: CoreReplicationStatus {
    CoreReplicationStatus(
      key: log.key, length: state.length, contiguousLength: local.contiguous, fork: state.fork,
      remoteLength: peers.lazy.filter { $0.hasSynced && $0.remote.fork == self.state.fork }.map(\.remote.length).max()
        ?? 0, isFrozen: state.isFrozen, peers: peers.map(\.status), waits: waits)
  }

  private var waits: [CoreReplicationStatus.Wait] {
    if state.isFrozen { return [.frozen] }
    var waits: [CoreReplicationStatus.Wait] = []
    if let storeFailure { waits.append(.store(storeFailure.reason)) }
    let missing = missingBlocks
    guard downloadPolicy != .none || !asks.isEmpty else { return waits }
    if peers.isEmpty { return waits + [.peer] }
    if !peers.contains(where: \.isOpen) { return waits + [.channel(peers: peers.count)] }
    if !peers.contains(where: \.hasSynced) { return waits + [.sync(peers: peers.count)] }
    if let reorg { waits.append(.reorg(fork: reorg.fork, peer: reorg.peer.number)) }
    if let upgrade {
      waits.append(.upgrade(length: upgrade.length, peer: upgrade.peer.number))
    } else if let ahead = peers.first(where: {
      $0.isActive && $0.pause == nil && $0.remote.fork == state.fork && $0.remote.length > state.length
    }) {
      waits.append(.upgradeOffer(length: ahead.remote.length, peer: ahead.number))
    }
    for seek in asks.seeks { waits.append(.seek(bytes: seek.bytes)) }
    if let missing { waits.append(missing) }
    let busy = peers.filter { $0.requests.blockCount > 0 }
    if !busy.isEmpty {
      let targets = busy.flatMap { $0.requests.entries.filter { $0.kind == .block }.map(\.target) }
      if let low = targets.min(), let high = targets.max() {
        waits.append(.blocks(low..<high + 1, count: targets.count, peers: busy.count))
      }
    }
    return waits
  }

  /// Blocks that are wanted, and that nobody is known to have.
  private var missingBlocks: CoreReplicationStatus.Wait? {
    var count = asks.open.count
    var bounds = asks.open.isEmpty ? nil : (asks.open.min() ?? 0, asks.open.max() ?? 0)
    if case .everything = downloadPolicy, !local.isComplete, !peers.contains(where: { $0.requests.blockCount > 0 }) {
      count += Int(state.length - local.contiguous)
      bounds = (min(bounds?.0 ?? .max, local.contiguous), max(bounds?.1 ?? 0, state.length - 1))
    }
    return bounds.map { .holder($0.0..<$0.1 + 1, count: count) }
  }
}

extension CorePeer {
  var status: CoreReplicationStatus.Peer {
    CoreReplicationStatus.Peer(
      number: number, isOpen: isOpen, hasSynced: hasSynced, length: remote.length, contiguousLength: have.contiguous,
      fork: remote.fork,
      requestsInFlight: requests.count, requestsQueued: queue.count, blocksUploaded: blocksUploaded,
      blocksDownloaded: blocksDownloaded, bytesUploaded: bytesUploaded, bytesDownloaded: bytesDownloaded, pause: pause,
      isProbed: isProbing)
  }
}
