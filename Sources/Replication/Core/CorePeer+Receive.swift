import CompactEncoding
import Hypercore
public import Protomux

extension CorePeer {
  /// A message arrived. It takes effect at the latest with ``CoreReplicator/flush()``.
  ///
  /// - Throws: what ends the connection.
  public func receive(type: UInt64, payload: ArraySlice<UInt8>, now: UInt64 = 0) throws(ProtomuxError) {
    replicator.advance(to: now)
    if let failure { throw failure }
    guard isActive, let type = MessageType(rawValue: type) else { return }
    do {
      try receive(type, payload)
    } catch let error as DecodingError {
      throw .decoding(error)
    } catch let error as ProtomuxError {
      throw error
    } catch {
      replicator.storeFailed(error)
    }
    replicator.needsFlush(self)
  }

  private func receive(_ type: MessageType, _ payload: ArraySlice<UInt8>) throws {
    var reader = Reader(payload.span.bytes)
    switch type {
    case .sync: receive(try SyncMessage(from: &reader))
    case .request: try receive(try RequestMessage(from: &reader))
    case .cancel: queue.cancel(try CancelMessage(from: &reader).request)
    case .data: try receiveData(payload)
    case .noData: receive(try NoDataMessage(from: &reader))
    case .want: try receive(try WantMessage(from: &reader))
    case .unwant: remoteWants.remove(try WantMessage(from: &reader))
    case .bitfield: receive(try BitfieldMessage(from: &reader))
    case .range: receive(try RangeMessage(from: &reader))
    case .extension: receive(try ExtensionMessage(from: &reader))
    }
  }

  // MARK: State

  private func receive(_ sync: SyncMessage) {
    if sync.fork != remote.fork || sync.length > remote.length {
      cursor = 0
      unproven = nil
    }
    remote = sync
    let isFirst = !hasSynced
    hasSynced = true
    if !sync.downloading && !replicator.announcesDownloading { return close() }
    owesSync = sync.fork == replicator.state.fork && replicator.state.length > sync.length
    // Two histories of one length look alike until one of them grows. A writer who was put back to an older state must
    // not be the last to know.
    let looksAlike = sync.fork == replicator.state.fork && sync.length == replicator.state.length
    if isFirst, looksAlike, replicator.log.keyPair != nil { replicator.probe(self) }
  }

  /// Blocks a range message may add beyond the mark; what else there is can be asked for.
  private static let longestRange: UInt64 = 1 << 22

  private func receive(_ range: RangeMessage) {
    if !range.drop && range.start == 0 {
      cursor = min(cursor, have.contiguous)
      have.raise(to: range.length)
    } else if range.drop {
      lose(range.start..<range.start + range.length)
    } else {
      let length = range.start <= have.contiguous ? range.length : min(range.length, Self.longestRange)
      have.insert(range.start..<range.start + length)
      cursor = min(cursor, range.start)
    }
  }

  /// It does not have these blocks. What it has between them and its mark is not known any more.
  private func lose(_ range: Range<UInt64>) {
    if range.lowerBound < have.contiguous { localWants.forget(range.lowerBound..<have.contiguous) }
    have.remove(range)
  }

  private func receive(_ bitfield: BitfieldMessage) {
    guard bitfield.start % 32 == 0 else { return }
    cursor = min(cursor, bitfield.start)
    let end = bitfield.start + 32 * UInt64(bitfield.words.count)
    if end < have.contiguous { localWants.forget(end..<have.contiguous) }
    var start = bitfield.start
    for word in bitfield.words {
      have.replace(from: start, with: word)
      start += 32
    }
    have.advance()
  }

  private func receive(_ message: ExtensionMessage) {
    if !message.name.isEmpty { lastExtensionReceived = message.name }
    replicator.receiveExtension(lastExtensionReceived, message.payload, from: self)
  }

  // MARK: What is asked here

  private func receive(_ request: RequestMessage) throws(ProtomuxError) {
    try checkQueue()
    queue.append(request)
  }

  private func receive(_ want: WantMessage) throws(ProtomuxError) {
    guard want.any || want.length <= RemoteWants.maximumLength else { return }
    try checkQueue()
    remoteWants.insert(want)
    queue.append(want)
  }

  private func checkQueue() throws(ProtomuxError) {
    let limit = replicator.settings.maximumQueuedRequests
    guard queue.count < limit else { throw .violation("more than \(limit) requests wait to be answered") }
  }

  // MARK: Answers

  private func receive(_ refusal: NoDataMessage) {
    guard let entry = requests.entry(refusal.request) else { return }
    requests.remove(refusal.request)
    if entry.kind == .block && entry.fork == remote.fork && refusal.reason != .invalidRequest {
      let length = min(have.contiguous, remote.length)
      if entry.target < length && (entry.isEarlier ? length < entry.length : unproven == nil) {
        unproven = (entry.target, length, replicator.now + replicator.settings.earlierRetryMilliseconds)
      }
      // It is not there, whatever was announced; asked again only after it is announced again.
      lose(entry.target..<entry.target + 1)
    }
    if entry.hasUpgrade && !entry.isEarlier { takesBlockWithHead = false }
    countRefusal(isInvalid: refusal.reason == .invalidRequest)
    replicator.released(entry, by: self, isRefusal: true)
  }

  /// Counts answers that were of no use: one a read, since one event on the other side may concern many requests.
  /// Useful answers set the count back.
  func countRefusal(isInvalid: Bool) {
    guard refusalRound != replicator.round else { return }
    refusalRound = replicator.round
    if isInvalid { invalidRefusals += 1 } else { refusals += 1 }
    let limit = replicator.settings.maximumRefusals
    if max(refusals, invalidRefusals) >= limit && pause == nil { pause = .refusals(limit: limit) }
  }

  private func receiveData(_ payload: ArraySlice<UInt8>) throws {
    var reader = Reader(payload.span.bytes)
    guard try reader.uint() == 1 else {
      return replicator.receive(try DataMessage(decoding: payload.span.bytes), from: self)
    }
    // A block and nothing else, which is most of all: neither bytes nor nodes are copied into arrays of their own.
    let id = try reader.uint()
    let fork = try reader.uint()
    let index = try reader.uint()
    let count = try reader.uint()
    guard count <= UInt64(reader.remaining) else {
      throw DecodingError.outOfBounds(needed: count, remaining: reader.remaining)
    }
    let start = payload.startIndex + reader.position
    let value = payload[start..<start + Int(count)]
    let tail = payload[value.endIndex...]
    var rest = Reader(tail.span.bytes)
    let nodeCount = try rest.count(minimumSize: 34)
    guard id != 0, let entry = requests.entry(id), entry.kind == .block, !entry.hasUpgrade else {
      return replicator.receive(try DataMessage(decoding: payload.span.bytes), from: self)
    }
    guard entry.target == index, entry.fork == fork else { return replicator.receiveMismatch(id, entry, from: self) }
    requests.remove(id)
    try replicator.gather(value, at: index, nodeCount: nodeCount, from: &rest, peer: self, entry: entry)
  }
}
