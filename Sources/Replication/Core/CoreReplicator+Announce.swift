import Hypercore
import Protomux

/// Telling peers what changed (spec 02 §6.2, §6.4).
extension CoreReplicator {
  /// A range that is stored now, or no longer.
  struct Change: Hashable {
    var range: Range<UInt64>
    var isDrop = false
  }

  /// Takes note of a log that is other than it was last seen, and tells the peers. To be called inside a transaction.
  ///
  /// - Parameter stored: blocks that were stored here since, in ascending order; all else was done by somebody else.
  func absorb(_ new: LogCondition, stored: [UInt64]? = nil) throws {
    guard new.version != state.version else { return }
    let old = state
    guard old.version != nil else {
      state = new
      return local.adopt(length: new.length, contiguous: new.contiguousLength)
    }
    if let before = old.version, new.version?.differsByOthersOnly(from: before) == true, new.hasSameHead(as: old) {
      // Another process committed something, perhaps single blocks of this log: they are seen when they are needed.
      state = new
      sawForeignChange = true
      return local.forgetPages()
    }
    var drops: [Change] = []
    let isCut = new.fork != old.fork || new.length < old.length
    let cut = isCut ? try self.cut(from: old, to: new) : old.length
    if cut < old.length { drops.append(Change(range: cut..<old.length, isDrop: true)) }
    let before = min(local.contiguous, cut)
    let pages = stored == nil && !isCut && !local.isComplete ? local.loadedPages : []
    let words = try pages.isEmpty ? [:] : remember(pages)
    for range in outside.clears where range.lowerBound < cut {
      drops.append(Change(range: range.clamped(to: 0..<cut), isDrop: true))
      local.remove(range)
    }
    let clears = outside.clears
    outside.clears = []
    outside.cut = nil
    state = new
    local.adopt(length: new.length, contiguous: new.contiguousLength)
    if stored == nil { local.forgetPages() }
    var gains: [Change] = []
    if let stored {
      for index in stored { local.insert(index) }
      gains = Self.ranges(of: stored).map { Change(range: $0) }
    } else {
      if new.contiguousLength < before && clears.isEmpty {
        drops += try missing(in: new.contiguousLength..<before).map { Change(range: $0, isDrop: true) }
      }
      if new.contiguousLength > before { gains.append(Change(range: before..<new.contiguousLength)) }
      gains += try gained(from: max(new.contiguousLength, cut), words)
      drops += try lost(words, except: clears)
    }
    if isCut { restart(at: cut) }
    if stored == nil { sawForeignChange = true }
    announce(gains, drops, hasNewHead: isCut || new.length != old.length || new.hasManifest != old.hasManifest)
  }

  /// The number of leading blocks that are the same before and after.
  private func cut(from old: LogCondition, to new: LogCondition) throws -> UInt64 {
    if let cut = outside.cut { return min(cut, new.length, old.length) }
    var common: UInt64 = 0
    for root in old.tree.roots {
      guard FlatTree.rightSpan(root.index) < 2 * new.length, try log.node(at: root.index) == root else { break }
      common = FlatTree.nextLeaf(root.index) / 2
    }
    return common
  }

  /// The words of pages as they are known now.
  private func remember(_ pages: Set<UInt64>) throws -> [UInt64: [UInt64]] {
    var words: [UInt64: [UInt64]] = [:]
    for page in pages {
      words[page] = try (page * Bitfield.wordsPerPage..<(page + 1) * Bitfield.wordsPerPage).map { try local.word($0) }
    }
    return words
  }

  /// What was stored since in pages that were known, and what is stored from `start` on in others.
  private func gained(from start: UInt64, _ words: [UInt64: [UInt64]]) throws -> [Change] {
    var indexes = try differences(words) { known, found in found & ~known }.filter { $0 >= local.contiguous }
    var word = start >> 6
    while word << 6 < local.length {
      if words[word / Bitfield.wordsPerPage] == nil {
        Self.append(try local.word(word) & Bitfield.mask(of: start..<local.length, word: word), of: word, to: &indexes)
      }
      word += 1
    }
    return Self.ranges(of: indexes.sorted()).map { Change(range: $0) }
  }

  /// What was cleared since in pages that were known, as far as it was not told otherwise.
  private func lost(_ words: [UInt64: [UInt64]], except clears: [Range<UInt64>]) throws -> [Change] {
    let indexes = try differences(words) { known, found in known & ~found }
    return Self.ranges(of: indexes.filter { index in !clears.contains { $0.contains(index) } })
      .map { Change(range: $0, isDrop: true) }
  }

  private func differences(
    _ words: [UInt64: [UInt64]], _ difference: (_ known: UInt64, _ found: UInt64) -> UInt64
  ) throws -> [UInt64] {
    var indexes: [UInt64] = []
    for (page, known) in words.sorted(by: { $0.key < $1.key }) {
      for (offset, word) in known.enumerated() {
        let index = page * Bitfield.wordsPerPage + UInt64(offset)
        Self.append(difference(word, try local.word(index)), of: index, to: &indexes)
      }
    }
    return indexes
  }

  /// The blocks of a range that are not stored.
  private func missing(in range: Range<UInt64>) throws -> [Range<UInt64>] {
    var indexes: [UInt64] = []
    for word in range.lowerBound >> 6...(range.upperBound - 1) >> 6 {
      Self.append(~(try local.word(word)) & Bitfield.mask(of: range, word: word), of: word, to: &indexes)
    }
    return Self.ranges(of: indexes)
  }

  private static func append(_ word: UInt64, of index: UInt64, to indexes: inout [UInt64]) {
    var word = word
    while word != 0 {
      indexes.append(index << 6 + UInt64(word.trailingZeroBitCount))
      word &= word - 1
    }
  }

  /// Ascending numbers as ranges.
  static func ranges(of indexes: [UInt64]) -> [Range<UInt64>] {
    var ranges: [Range<UInt64>] = []
    for index in indexes {
      if let last = ranges.last, last.upperBound == index {
        ranges[ranges.count - 1] = last.lowerBound..<index + 1
      } else {
        ranges.append(index..<index + 1)
      }
    }
    return ranges
  }

  // MARK: Sending

  private func announce(_ gains: [Change], _ drops: [Change], hasNewHead: Bool) {
    for peer in peers where peer.isActive {
      for drop in drops {
        peer.toldComplete = nil
        peer.send(
          .range, RangeMessage(drop: true, start: drop.range.lowerBound, length: UInt64(drop.range.count)))
      }
      let syncsFirst = hasNewHead && (peer.toldCanUpgrade || !drops.isEmpty)
      if syncsFirst { sendSync(to: peer) }
      if local.isComplete && local.length > 0 {
        // After a mere truncation everything that is left is known.
        if gains.isEmpty && !drops.isEmpty { peer.toldComplete = local.length }
        announceComplete(to: peer)
      } else {
        for gain in gains { announce(gain.range, to: peer) }
      }
      if hasNewHead ? !syncsFirst : offersMore(to: peer) { sendSync(to: peer) }
    }
  }

  /// Everything is stored: told once for each length.
  private func announceComplete(to peer: CorePeer) {
    guard peer.toldComplete != local.length else { return }
    peer.toldComplete = local.length
    peer.send(.range, RangeMessage(start: 0, length: local.length))
  }

  /// Blocks near the end are told to everybody, others to those who want them.
  private func announce(_ range: Range<UInt64>, to peer: CorePeer) {
    if range.lowerBound + Self.newestBlocks < local.length && !peer.remoteWants.contains(range) { return }
    guard !peer.have.contains(range) else { return }
    peer.send(.range, RangeMessage(start: range.lowerBound, length: UInt64(range.count)))
  }

  private static let newestBlocks: UInt64 = 256

  /// Whether news are wanted, as peers are told.
  var announcesDownloading: Bool { isDownloading || !asks.isEmpty }

  func sendSync(to peer: CorePeer) {
    peer.owesSync = false
    let isSameFork = peer.remote.fork == state.fork
    peer.toldCanUpgrade = canUpgrade(peer)
    peer.send(
      .sync,
      SyncMessage(
        fork: state.fork, length: state.length, remoteLength: isSameFork ? peer.remote.length : 0,
        canUpgrade: peer.toldCanUpgrade, downloading: announcesDownloading, hasManifest: state.hasManifest,
        allowPush: settings.allowsPush && announcesDownloading))
  }

  /// Whether the step from the peer's length to the own one can be proven; true before it has told its length.
  private func canUpgrade(_ peer: CorePeer) -> Bool {
    guard peer.hasSynced else { return true }
    guard peer.remote.fork == state.fork else { return false }
    if peer.remote.length == 0 { return true }
    guard peer.remote.length < state.length else { return false }
    return (try? log.provesUpgrade(from: peer.remote.length)) ?? false
  }

  /// Whether the step to the own head could not be proven when the peer was told of it, and can be proven now.
  private func offersMore(to peer: CorePeer) -> Bool {
    !peer.toldCanUpgrade && peer.remote.length < state.length && canUpgrade(peer)
  }

  func downloadingChanged() {
    for peer in peers where peer.isActive {
      sendSync(to: peer)
      if !announcesDownloading && peer.hasSynced && !peer.remote.downloading {
        peer.close()
      } else {
        peer.carrier.setNeedsFlush()
      }
    }
  }
}
