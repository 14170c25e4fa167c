import Hypercore

/// Deciding what to ask of whom (spec 02 §8.3, §8.4).
extension CoreReplicator {
  /// Makes requests. To be called inside a read transaction.
  func schedule() throws {
    if let failure = storeFailure {
      guard now >= failure.retry else { return }
      storeFailure = nil
    }
    guard !state.isFrozen else { return }
    scheduleReorg()
    forgetUnproven()
    for peer in peers where canAsk(peer) {
      scheduleHead(peer)
      try scheduleSeeks(peer)
    }
    try scheduleGets()
    for peer in peers where canAsk(peer) { try schedulePolicy(peer) }
    try hotswap()
    try scheduleEarlier()
  }

  /// Whether a peer may be asked for anything.
  func canAsk(_ peer: CorePeer) -> Bool {
    peer.isActive && peer.hasSynced && peer.pause == nil && peer.remote.uploading && peer.requests.hasRoom
      && (peer.remote.fork == state.fork || !state.knowsManifest)
  }

  func send(_ request: ProofRequest, _ entry: RequestTable.Entry, to peer: CorePeer, priority: UInt64 = 0) {
    var entry = entry
    entry.time = now
    if entry.fork == 0 { entry.fork = state.fork }
    let id = peer.requests.insert(entry)
    peer.send(.request, RequestMessage(id: id, fork: entry.fork, request: request, priority: priority))
  }

  // MARK: The head

  /// Whether a newer head than the own one is wanted.
  var wantsHead: Bool {
    downloadPolicy != .none || !asks.updates.isEmpty || !asks.seeks.isEmpty
      || asks.open.contains { $0 >= state.length }
  }

  private func asksForManifest(_ peer: CorePeer) -> Bool { !state.knowsManifest && peer.remote.hasManifest }

  /// Asks for a newer head, together with the newest block when that is wanted; or for the manifest alone.
  private func scheduleHead(_ peer: CorePeer) {
    guard wantsHead else { return }
    // One peer at a time, and another one when that does not answer.
    if let upgrade, upgrade.peer === peer || upgrade.time + settings.hotswapMilliseconds > now { return }
    let remote = peer.remote
    if remote.length == 0 && asksForManifest(peer) && !peer.wasAskedForManifest {
      peer.wasAskedForManifest = true
      return send(ProofRequest(manifest: true), .init(kind: .manifest, fork: remote.fork), to: peer)
    }
    guard remote.fork == state.fork, remote.length > state.length, remote.canUpgrade,
      remote.remoteLength == state.length
    else { return }
    var request = ProofRequest(
      upgrade: .init(start: state.length, length: remote.length - state.length), manifest: asksForManifest(peer))
    var entry = RequestTable.Entry(kind: .upgrade, hasUpgrade: true, length: remote.length)
    if let seek = asks.seeks.first, seek.bytes >= unpaddedByteLength {
      request.seek = .init(bytes: seek.bytes, padding: UInt64(log.padding))
      entry.kind = .seek
      entry.target = seek.bytes
    } else if let index = newBlock(peer) {
      request.block = .init(index: index, nodes: 0)
      entry.kind = .block
      entry.target = index
      markInFlight(index)
    }
    upgrade = (peer, remote.length, now)
    send(request, entry, to: peer)
  }

  /// A block behind the own end that is wanted and that the peer has. Not for a log that may start with blocks that its
  /// manifest fixes: those are proven first, and no block behind them.
  private func newBlock(_ peer: CorePeer) -> UInt64? {
    guard state.knowsManifest, state.length >= state.prologueLength, peer.takesBlockWithHead else { return nil }
    let new = state.length..<peer.remote.length
    let newest = peer.remote.length - 1
    let isWanted = asks.open.first { new.contains($0) && peer.have.contains($0) && !inFlight.contains($0) }
    if let isWanted {
      asks.open.removeAll { $0 == isWanted }
      return isWanted
    }
    return policyWants(newest) && peer.have.contains(newest) && !inFlight.contains(newest)
      ? newest : nil
  }

  private var unpaddedByteLength: UInt64 {
    let paddings = state.length &* UInt64(log.padding)
    return state.tree.byteLength - min(state.tree.byteLength, paddings)
  }

  // MARK: Seeks

  private func scheduleSeeks(_ peer: CorePeer) throws {
    guard peer.remote.fork == state.fork else { return }
    for number in asks.seeks.indices where !asks.seeks[number].isAsked {
      let seek = asks.seeks[number]
      guard !seek.useless.contains(peer.number), peer.understandsSeeks || log.padding == 0,
        case .unresolved(let span) = try log.seekResult(bytes: seek.bytes), !span.isEmpty
      else { continue }
      guard let index = firstHeld(span, by: peer) else {
        want(span, of: peer, any: true)
        continue
      }
      // The blocks of the span are those of one subtree.
      let request = ProofRequest(
        hash: .init(index: 2 * index, nodes: UInt64(span.count.trailingZeroBitCount)),
        seek: .init(bytes: seek.bytes, padding: UInt64(log.padding)))
      asks.seeks[number].isAsked = true
      send(request, .init(kind: .hash, target: 2 * index, length: seek.bytes), to: peer)
    }
  }

  /// A block of a range that the peer has and that is not stored here; any that it has when all of those are.
  private func firstHeld(_ range: Range<UInt64>, by peer: CorePeer) -> UInt64? {
    var start = range.lowerBound
    while let index = peer.have.first(in: start..<range.upperBound) {
      if (try? local.contains(index)) != true { return index }
      start = index + 1
    }
    return peer.have.first(in: range)
  }

  // MARK: Blocks

  /// The most requests for blocks that may be in flight at a peer.
  private func window(of peer: CorePeer) -> Int {
    let size = max(1, state.length == 0 ? 1 : state.tree.byteLength / state.length)
    let byBytes = max(4, settings.maximumBytesInFlight / Int(min(size, UInt64(settings.maximumBytesInFlight))))
    return min(peer.window, byBytes, settings.maximumRequestsInFlight)
  }

  private func scheduleGets() throws {
    guard !asks.open.isEmpty else { return }
    var rest: [UInt64] = []
    let able = peers.filter { canAsk($0) && $0.remote.fork == state.fork }
    for index in asks.open {
      if asks.gets[index] == nil || inFlight.contains(index) { continue }
      if try local.contains(index) {
        rest.append(index)
        continue
      }
      var isSent = false
      for peer in able.sorted(by: { $0.requests.count < $1.requests.count }) where !isSent {
        if index < state.length, peer.have.contains(index) {
          guard peer.requests.blockCount < settings.maximumRequestsInFlight else { continue }
          isSent = try ask(peer, for: index, priority: 1)
        } else if index < max(peer.remote.length, state.length), !peer.have.contains(index) {
          want(index..<index + 1, of: peer)
        }
      }
      if !isSent { rest.append(index) }
    }
    asks.open = rest
  }

  /// Whether the download policy wants a block.
  func policyWants(_ index: UInt64) -> Bool {
    switch downloadPolicy {
    case .none, .head: false
    case .everything: true
    case .ranges(let ranges): ranges.contains { $0.contains(index) }
    }
  }

  var policyRanges: [Range<UInt64>] {
    switch downloadPolicy {
    case .none, .head: []
    case .everything: [0..<state.length]
    case .ranges(let ranges): ranges.map { $0.clamped(to: 0..<state.length) }
    }
  }

  private func schedulePolicy(_ peer: CorePeer) throws {
    guard peer.remote.fork == state.fork, !local.isComplete else { return }
    let limit = window(of: peer)
    guard peer.requests.blockCount < limit else { return }
    let ranges = policyRanges
    let isSingle = ranges.count == 1
    for range in ranges where !range.isEmpty {
      let start = max(range.lowerBound, local.contiguous, isSingle ? peer.cursor : 0)
      guard start < range.upperBound else { continue }
      let stop = try askAll(start..<range.upperBound, of: peer, limit: limit)
      if isSingle { peer.cursor = stop }
      if peer.requests.blockCount >= limit { return }
    }
  }

  /// Asks for blocks of a range in order, until the peer has enough to do.
  ///
  /// - Returns: where there may be more to ask of it.
  private func askAll(_ range: Range<UInt64>, of peer: CorePeer, limit: Int) throws -> UInt64 {
    var word = range.lowerBound >> 6
    while word << 6 < range.upperBound {
      if !peer.have.mayContain(page: word / Bitfield.wordsPerPage) {
        let next = peer.have.nextPage(behind: word / Bitfield.wordsPerPage)
        let end = min(next.map { $0 * Bitfield.pageSize } ?? .max, range.upperBound)
        wantMissing(word << 6..<end, of: peer)
        guard let next else { return range.upperBound }
        word = next * Bitfield.wordsPerPage
        continue
      }
      let open = ~(try local.word(word)) & ~inFlight.word(word) & Bitfield.mask(of: range, word: word)
      var candidates = open & peer.have.word(word)
      if open != candidates { wantMissing(word << 6..<min((word + 1) << 6, range.upperBound), of: peer) }
      while candidates != 0 {
        let index = word << 6 + UInt64(candidates.trailingZeroBitCount)
        guard peer.requests.blockCount < limit else { return index }
        candidates &= candidates - 1
        guard try ask(peer, for: index) else { return range.upperBound }
      }
      word += 1
    }
    return range.upperBound
  }

  /// Asks a peer for a block that it has.
  ///
  /// - Returns: false when it cannot be asked, since it cannot prove the block.
  func ask(_ peer: CorePeer, for index: UInt64, priority: UInt64 = 0) throws -> Bool {
    guard !peer.isUnproving, let levels = try levels(to: index, at: peer) else { return false }
    markInFlight(index)
    send(
      ProofRequest(block: .init(index: index, nodes: levels), manifest: asksForManifest(peer)),
      .init(kind: .block, target: index), to: peer, priority: priority)
    return true
  }

  /// How many siblings to ask for with a block: as many as lead to a node that is known, or that comes with a block
  /// that was asked of the same peer before.
  ///
  /// Blocks that are asked for one after the other are a *run*. The proof of the first one reaches up to a known
  /// subtree A and tells every subtree of A to the right of the path. So a later block i of A is the first block of a
  /// subtree that is told already, the one of 2^t blocks where t is the number of trailing zero bits of i: t siblings
  /// lead up to it.
  ///
  /// - Returns: nil when the peer's log is too short to prove so many.
  func levels(to index: UInt64, at peer: CorePeer) throws -> UInt64? {
    if peer.run.next == index, index < peer.run.end {
      peer.run.next = index + 1
      return UInt64(index.trailingZeroBitCount)
    }
    let levels = try log.missingNodes(block: index)
    var top = 2 * index
    for _ in 0..<levels { top = FlatTree.parent(top) }
    let end = FlatTree.rightSpan(top) / 2 + 1
    guard end <= peer.remote.length || peer.remote.length >= state.length else { return nil }
    peer.run = (index + 1, end)
    return levels
  }

  func markInFlight(_ index: UInt64) {
    if inFlight.contains(index) { extraRequests[index, default: 0] += 1 } else { inFlight.insert(index) }
  }
}
