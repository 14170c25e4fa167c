import CompactEncoding
import Hypercore

/// Checking and storing what came, many answers in one transaction.
extension CoreReplicator {
  /// Takes a block that answers a request, with siblings that are still to be read.
  func gather(
    _ value: ArraySlice<UInt8>, at index: UInt64, nodeCount: Int, from reader: inout Reader, peer: CorePeer,
    entry: RequestTable.Entry
  ) throws(DecodingError) {
    let first = gatheredNodes.count
    gatheredNodes.reserveCapacity(first + nodeCount)
    for _ in 0..<nodeCount { gatheredNodes.append(try reader.value()) }
    gatheredByteCount += value.count + 64 * (nodeCount + 1)
    gathered.append(Gathered(peer: peer, entry: entry, block: (index, value, first..<gatheredNodes.count)))
  }

  /// Takes an answer of any shape.
  func receive(_ message: DataMessage, from peer: CorePeer) {
    if message.request == 0 { return receiveUnasked(message, from: peer) }
    guard let entry = peer.requests.entry(message.request) else { return }
    guard entry.isAnswered(by: message.proof) else { return receiveMismatch(message.request, entry, from: peer) }
    peer.requests.remove(message.request)
    add(message, entry, from: peer)
  }

  private func add(_ message: DataMessage, _ entry: RequestTable.Entry?, from peer: CorePeer) {
    gatheredByteCount += (message.proof.block?.value.count ?? 0) + 1_024
    gathered.append(Gathered(peer: peer, entry: entry, other: OtherAnswer(message.proof)))
  }

  /// A push, or a proof that another history exists.
  private func receiveUnasked(_ message: DataMessage, from peer: CorePeer) {
    if message.proof.upgrade?.start == 0 && message.proof.block == nil {
      return add(message, nil, from: peer)
    }
    guard settings.allowsPush, announcesDownloading, message.proof.fork == state.fork else { return }
    add(message, nil, from: peer)
  }

  /// The answer does not fit its request.
  func receiveMismatch(_ id: UInt64, _ entry: RequestTable.Entry, from peer: CorePeer) {
    peer.requests.remove(id)
    released(entry, by: peer, isRefusal: true)
    if peer.pause == nil { peer.pause = .invalidData("an answer does not fit its request") }
  }

  // MARK: Storing

  /// No way up a tree is longer.
  private static let longestWay = 53
  /// Pages of blocks in flight above which empty ones are dropped.
  private static let inFlightPages = 64

  /// Checks and stores everything that was gathered.
  func storeGathered() {
    guard !gathered.isEmpty || mayDropWaiting && !waiting.isEmpty else { return }
    mayDropWaiting = false
    var items: [Gathered] = []
    swap(&items, &gathered)
    if !waiting.isEmpty {
      items += waiting
      waiting = []
    }
    var nodes: [TreeNode] = []
    swap(&nodes, &gatheredNodes)
    gatheredByteCount = 0
    do {
      if log.keyPair != nil { try absorbDurably() }
      let (outcomes, after) = try log.context.write(durability: .relaxed) {
        try absorb(condition())
        try verifier.refresh()
        let outcomes = try process(items, nodes)
        return (outcomes, try condition())
      }
      let stored = outcomes.compactMap { outcome in
        if case .stored = outcome.result { items[outcome.item].storedBlock } else { nil }
      }
      try log.context.read { try absorb(after, stored: stored.sorted()) }
      for outcome in outcomes { settle(outcome, items[outcome.item], nodes) }
      if inFlight.pages.count > Self.inFlightPages { inFlight.removeEmptyPages() }
    } catch {
      storeFailed(error)
      for item in items { if let entry = item.entry { released(entry, by: item.peer, isRefusal: true) } }
    }
  }

  /// Sees what somebody else did to the log; to an own one, when it is durable.
  func absorbDurably() throws {
    try durableVersion()
    try log.context.read { try absorb(condition()) }
  }

  private func process(_ items: [Gathered], _ nodes: [TreeNode]) throws -> [Outcome] {
    var outcomes: [Outcome] = []
    outcomes.reserveCapacity(items.count)
    var open: [Int] = []
    var isFrozen = false
    for index in items.indices {
      let result = isFrozen ? .stale : try process(items[index], nodes)
      if result.isConflict { isFrozen = true }
      if case .waits = result { open.append(index) } else { outcomes.append(Outcome(item: index, result: result)) }
    }
    // Answers may come in any order: what waits for another one is tried again as long as that helps. The ways up are
    // that short, too.
    for _ in 0..<Self.longestWay where !open.isEmpty && !isFrozen {
      var rest: [Int] = []
      for index in open {
        let result = isFrozen ? .stale : try process(items[index], nodes)
        if result.isConflict { isFrozen = true }
        if case .waits = result { rest.append(index) } else { outcomes.append(Outcome(item: index, result: result)) }
      }
      if rest.count == open.count { break }
      open = rest
    }
    if isFrozen { verifier.forget() } else { try verifier.store() }
    return outcomes + open.map { Outcome(item: $0, result: .waits) }
  }

  private func process(_ item: Gathered, _ nodes: [TreeNode]) throws -> Outcome.Result {
    do {
      if let block = item.block {
        guard item.entry?.fork == verifier.fork else { return .stale }
        let siblings = item.ownNodes?[...] ?? nodes[block.nodes]
        switch try verifier.add(block: block.index, block.value, siblings: siblings) {
        case .proven: return .stored
        case .waits: return .waits
        }
      }
      guard let other = item.other else { return .stale }
      try verifier.store()
      defer { try? verifier.refresh() }
      return try process(other.proof, item.entry)
    } catch MerkleError.contradiction(let index) {
      try verifier.store()
      return .contradiction(try log.freeze(contradictedAt: index))
    } catch let error as MerkleError {
      return .failed(error)
    } catch SessionError.storageConflict {
      return .failed(.invalidManifest)
    } catch SessionError.frozen {
      return .stale
    }
  }

  private func process(_ proof: Proof, _ entry: RequestTable.Entry?) throws -> Outcome.Result {
    switch entry?.kind {
    case .reorg?:
      guard proof.fork == reorg?.fork, proof.fork > state.fork else { return .stale }
      return try follow(try log.reorg(proof))
    case .reorgHash?:
      guard proof.fork == reorg?.fork, var search = reorg?.search else { return .stale }
      guard try log.update(&search, with: proof) else { throw MerkleError.forkNotVerifiable }
      return try follow(search)
    case nil where proof.upgrade?.start == 0 && proof.block == nil:
      let verdict = try log.checkConflict(proof)
      if case .conflict = verdict { try log.freeze() }
      return .verdict(verdict)
    case .block? where entry?.isEarlier == true:
      switch try log.applyEarlier(proof) {
      case .stored: return .stored
      case .stale: return .stale
      case .conflict(let proofs): return .contradiction(proofs)
      }
    default:
      if let manifest = proof.manifest, proof.upgrade == nil { try log.setManifest(manifest) }
      guard proof.block != nil || proof.hash != nil || proof.seek != nil || proof.upgrade != nil else {
        return .stored
      }
      return try log.apply(proof) ? .stored : .stale
    }
  }

  private func follow(_ search: Reorg) throws -> Outcome.Result {
    guard search.isFinished else { return .search(search) }
    try log.commit(search)
    return .followed
  }

  // MARK: After the commit

  private func settle(_ outcome: Outcome, _ item: Gathered, _ nodes: [TreeNode]) {
    let peer = item.peer
    var isStale = false
    switch outcome.result {
    case .waits:
      keepWaiting(item, nodes)
      return
    case .stored:
      didChange = true
      peer.refusals = 0
      peer.invalidRefusals = 0
      if let byteCount = item.byteCount {
        peer.blocksDownloaded += 1
        peer.bytesDownloaded += UInt64(byteCount)
        traffic.blocksDownloaded += 1
        traffic.bytesDownloaded += UInt64(byteCount)
        peer.window = min(peer.window + 1, settings.maximumRequestsInFlight)
      }
      if let index = item.storedBlock { finished(index) }
      if item.entry?.isEarlier == true { foundEarlier() }
    case .failed(let error): failed(error, item)
    case .search(let search):
      reorg?.search = search
      reorg?.isAsked = false
    case .followed:
      reorg = nil
      didChange = true
    case .verdict(let verdict): settle(verdict, peer)
    case .contradiction(let proofs): freeze(state.fork, proofs)
    case .stale: isStale = true
    }
    if let entry = item.entry { released(entry, by: peer, isRefusal: isStale, isStored: outcome.isStored(item)) }
  }

  /// Keeps an answer that leads to a node that another answer has to tell, as long as one is to come.
  private func keepWaiting(_ item: Gathered, _ nodes: [TreeNode]) {
    guard let entry = item.entry, let block = item.block else { return }
    let isLastHope = !item.peer.requests.entries.contains { $0.kind == .block && $0.sequence < entry.sequence }
    let byteCount = waiting.reduce(block.value.count) { $0 + ($1.byteCount ?? 0) }
    guard !isLastHope, !item.peer.isClosed, waiting.count < settings.maximumRequestsInFlight,
      byteCount <= settings.maximumGatheredByteCount
    else {
      item.peer.run = (.max, 0)
      item.peer.countRefusal(isInvalid: true)
      return released(entry, by: item.peer, isRefusal: false)
    }
    var kept = item
    if kept.ownNodes == nil {
      kept.ownNodes = Array(nodes[block.nodes])
      // A copy: the slice would keep the whole frame in memory.
      kept.block?.value = ArraySlice(Array(block.value))
    }
    waiting.append(kept)
  }

  /// An answer does not hold: whoever sent it is not asked any more, unless it may have been overtaken by events.
  private func failed(_ error: MerkleError, _ item: Gathered) {
    let peer = item.peer
    peer.run = (.max, 0)
    if item.entry?.kind == .reorg || item.entry?.kind == .reorgHash { reorg = nil }
    if item.entry == nil && settings.allowsPush { return }
    peer.malformedAnswers += 1
    let isHarmless = error.code == "INVALID_OPERATION" && peer.malformedAnswers < settings.maximumRefusals
    guard !isHarmless, peer.pause == nil else { return }
    peer.pause = .invalidData("\(error)")
    probe(peer)
  }
}

extension Gathered {
  /// The block of the answer, if it has one.
  var storedBlock: UInt64? { block?.index ?? other?.proof.block?.index }

  /// Bytes of the block of the answer, if it has one.
  var byteCount: Int? { block?.value.count ?? other?.proof.block?.value.count }
}

extension Outcome {
  /// Whether the block that was asked for is stored now.
  func isStored(_ item: Gathered) -> Bool {
    if case .stored = result { item.storedBlock != nil } else { false }
  }
}

extension RequestTable.Entry {
  /// Whether an answer has only parts that were asked for.
  func isAnswered(by proof: Proof) -> Bool {
    guard proof.fork == fork || kind == .reorg else { return false }
    if proof.upgrade != nil && !hasUpgrade { return false }
    if let block = proof.block, kind != .block || block.index != target { return false }
    switch kind {
    case .block: return proof.hash == nil && proof.seek == nil && (proof.block != nil || hasUpgrade)
    case .seek: return proof.block == nil && (proof.seek == nil || proof.seek?.bytes == target)
    case .hash, .reorgHash: return proof.hash?.index == target
    case .upgrade, .reorg, .manifest: return proof.hash == nil && proof.seek == nil
    case .free: return false
    }
  }
}
