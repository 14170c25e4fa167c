import CompactEncoding
import Hypercore
import Protomux

extension CorePeer {
  /// Whether more output may be made.
  var takesOutput: Bool {
    carrier.isWritable && carrier.mux.queuedByteCount < replicator.settings.maximumQueuedByteCount
  }

  /// Answers what waits, as far as the carrier takes it. To be called inside a read transaction.
  func serve() throws {
    guard !queue.isEmpty else { return }
    let server = try BlockServer(replicator.log)
    while isActive, takesOutput, let want = queue.nextWant() { try answer(want) }
    while isActive, takesOutput, let request = queue.next() { try answer(request, server) }
  }

  // MARK: Requests

  private func answer(_ request: RequestMessage, _ server: BlockServer) throws {
    let state = replicator.state
    if request.request.block != nil && (state.isFrozen || pause != nil && !replicator.settings.allowsPush) { return }
    guard request.fork == state.fork else { return try refuse(request) }
    let parts = request.request
    if let block = parts.block, parts.seek == nil, parts.upgrade == nil, !parts.manifest, state.length > 0 {
      return try answer(request, block, server)
    }
    if let block = parts.block, try !replicator.local.contains(block.index) { return try refuse(request) }
    let proof: Proof
    do { proof = try replicator.log.proof(for: parts) } catch let error as MerkleError {
      return refuse(request, error)
    }
    send(.data, DataMessage(request: request.id, proof: proof))
    if let block = proof.block { countUpload(block.value.count) }
    if proof.upgrade != nil { pushed = (state.length, state.fork) }
  }

  /// A block and nothing else: written in place.
  private func answer(_ request: RequestMessage, _ block: ProofRequest.Target, _ server: BlockServer) throws {
    guard let value = try server.block(block.index), block.index < replicator.state.length else {
      return try refuse(request)
    }
    replicator.servedNodes.removeAll(keepingCapacity: true)
    do {
      try server.siblings(ofBlock: block.index, count: block.nodes, into: &replicator.servedNodes)
    } catch let error as MerkleError {
      return refuse(request, error)
    }
    let nodes = replicator.servedNodes
    var size = Size()
    size.uint(1)
    size.uint(request.id)
    size.uint(request.fork)
    size.uint(block.index)
    size.buffer(value)
    size.array(nodes)
    try? carrier.mux.send(type: MessageType.data.rawValue, byteCount: size.count, on: channel) { writer in
      writer.uint(1)
      writer.uint(request.id)
      writer.uint(request.fork)
      writer.uint(block.index)
      writer.buffer(value)
      writer.array(nodes)
    }
    countUpload(value.count)
  }

  private func countUpload(_ byteCount: Int) {
    blocksUploaded += 1
    bytesUploaded += UInt64(byteCount)
    replicator.traffic.blocksUploaded += 1
    replicator.traffic.bytesUploaded += UInt64(byteCount)
  }

  /// There is no such block, or the log is at another fork; the manifest can still be told.
  private func refuse(_ request: RequestMessage) throws {
    if request.request.manifest, replicator.state.hasManifest, let manifest = replicator.log.manifest {
      return send(
        .data, DataMessage(request: request.id, proof: Proof(fork: request.fork, manifest: manifest)))
    }
    send(.noData, NoDataMessage(request: request.id, reason: .notAvailable))
  }

  /// The request makes no sense here, which is told after a while; or something it needs is not stored.
  private func refuse(_ request: RequestMessage, _ error: MerkleError) {
    switch error {
    case .missingNode, .missingBlock:
      return send(.noData, NoDataMessage(request: request.id, reason: .notAvailable))
    default: break
    }
    invalidRequests += 1
    let limit = replicator.settings.maximumInvalidRequests
    guard invalidRequests < limit else {
      failure = .violation("\(limit) requests made no sense, the last one: \(error)")
      return
    }
    let delay: UInt64 =
      switch invalidRequests {
      case 1: 200
      case 2...4: 500
      case 5...39: 1_000
      default: 5_000
      }
    penalties.append((replicator.now + delay, request.id))
  }

  // MARK: Wants

  /// The most blocks that are looked through for one that is stored.
  private static let longestSearch: UInt64 = 1 << 25

  private func answer(_ want: WantMessage) throws {
    let local = replicator.local
    let end = want.start + want.length
    if end < local.contiguous || local.isComplete || want.any && want.start < local.contiguous {
      return send(.range, RangeMessage(start: 0, length: local.contiguous))
    }
    guard want.start < local.length else { return }
    if want.any {
      guard let first = try local.first(in: want.start..<min(end, local.length, want.start + Self.longestSearch))
      else { return }
      return send(.range, RangeMessage(start: first, length: 1))
    }
    var start = want.start
    while start < end && start < local.length {
      let next = min((start / RemoteWants.maximumLength + 1) * RemoteWants.maximumLength, end)
      try sendBitfield(start..<min(next, local.length))
      start = next
    }
  }

  private func sendBitfield(_ range: Range<UInt64>) throws {
    let start = range.lowerBound / 32 * 32
    let wordCount = Int((range.upperBound - start + 31) / 32)
    var words: [UInt32] = []
    words.reserveCapacity(wordCount + 1)
    if start & 32 != 0 { words.append(UInt32(try replicator.local.word(start >> 6) >> 32)) }
    var index = (start + 63) >> 6
    while words.count < wordCount {
      let word = try replicator.local.word(index)
      words.append(UInt32(truncatingIfNeeded: word))
      words.append(UInt32(word >> 32))
      index += 1
    }
    words.removeLast(words.count - wordCount)
    send(.bitfield, BitfieldMessage(start: start, words: words))
  }
}
