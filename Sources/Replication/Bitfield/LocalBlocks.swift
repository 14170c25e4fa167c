import Hypercore

/// Which blocks of a log are stored here: a mark, and pages above it that are read from the store when somebody asks.
final class LocalBlocks {
  /// Pages that are kept; above, all are dropped and read again.
  private static let pageLimit = 4_096

  private let log: Hypercore
  private var known = BlockSet(pageLimit: pageLimit)
  private var loaded: Set<UInt64> = []
  private(set) var length: UInt64 = 0

  init(_ log: Hypercore) { self.log = log }

  /// All below are stored.
  var contiguous: UInt64 { known.contiguous }

  /// Everything is stored.
  var isComplete: Bool { known.contiguous >= length }

  /// Pages whose content is known.
  var loadedPages: Set<UInt64> { loaded }

  /// The log has this length, and all below the mark are stored. What is known above it stays known.
  func adopt(length: UInt64, contiguous: UInt64) {
    if length < self.length || contiguous < known.contiguous {
      known.removeAll()
      loaded.removeAll()
    } else if length > self.length {
      // The page with the old end has new blocks perhaps.
      forget(page: self.length / Bitfield.pageSize)
    }
    self.length = length
    known.raise(to: contiguous)
    if !loaded.isEmpty {
      let limit = known.contiguous / Bitfield.pageSize
      loaded = loaded.filter { $0 >= limit }
    }
  }

  /// Blocks were stored.
  func insert(_ index: UInt64) {
    guard index >= known.contiguous else { return }
    if loaded.contains(index / Bitfield.pageSize) || index == known.contiguous { known.insert(index..<index + 1) }
  }

  /// Blocks were cleared.
  func remove(_ range: Range<UInt64>) {
    for page in loaded where page * Bitfield.pageSize < range.upperBound { forget(page: page) }
    known.remove(range)
  }

  /// What is above the mark has to be read again.
  func forgetPages() {
    loaded.removeAll()
    known.removePages()
  }

  private func forget(page: UInt64) {
    loaded.remove(page)
    known.setPage(page, [UInt64](repeating: 0, count: Int(Bitfield.wordsPerPage)))
  }

  func contains(_ index: UInt64) throws -> Bool {
    if index < known.contiguous { return true }
    return try index < length && word(index >> 6) >> (index & 63) & 1 != 0
  }

  /// The blocks 64·index to 64·index + 63.
  func word(_ index: UInt64) throws -> UInt64 {
    let first = index << 6
    if first >= length || min(first + 64, length) <= known.contiguous { return known.word(index) }
    try load(page: index / Bitfield.wordsPerPage)
    return known.word(index)
  }

  /// The first stored block of a range.
  func first(in range: Range<UInt64>) throws -> UInt64? {
    var word = range.lowerBound >> 6
    while word << 6 < range.upperBound {
      let found = try self.word(word) & Bitfield.mask(of: range, word: word)
      if found != 0 { return word << 6 + UInt64(found.trailingZeroBitCount) }
      word += 1
    }
    return nil
  }

  private func load(page: UInt64) throws {
    guard !loaded.contains(page) else { return }
    if loaded.count >= Self.pageLimit { forgetPages() }
    let words = try log.storedBlockWords(
      from: page * Bitfield.pageSize, wordCount: Int(Bitfield.wordsPerPage))
    known.setPage(page, words)
    loaded.insert(page)
  }
}
