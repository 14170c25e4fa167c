/// The blocks that somebody has: all below a mark, and some above.
struct BlockSet: Sendable {
  /// All below are in the set.
  private(set) var contiguous: UInt64 = 0
  private(set) var bits: Bitfield

  init(pageLimit: Int = 8_192) { bits = Bitfield(pageLimit: pageLimit) }

  func contains(_ index: UInt64) -> Bool { index < contiguous || bits.contains(index) }

  /// The blocks 64·index to 64·index + 63.
  func word(_ index: UInt64) -> UInt64 {
    let first = index << 6
    if first + 64 <= contiguous { return .max }
    let below = contiguous > first ? ~(UInt64.max << (contiguous - first)) : 0
    return below | bits.word(index)
  }

  /// Whether all of a range are in the set.
  func contains(_ range: Range<UInt64>) -> Bool {
    if range.upperBound <= contiguous || range.isEmpty { return true }
    var word = max(range.lowerBound, contiguous) >> 6
    while word << 6 < range.upperBound {
      let mask = Bitfield.mask(of: range, word: word)
      guard self.word(word) & mask == mask else { return false }
      word += 1
    }
    return true
  }

  /// The first block at or behind `start` and below `end` that is in the set.
  func first(in range: Range<UInt64>) -> UInt64? {
    var word = range.lowerBound >> 6
    while word << 6 < range.upperBound {
      let page = word / Bitfield.wordsPerPage
      if !mayContain(page: page) {
        guard let next = nextPage(behind: page) else { return nil }
        word = next * Bitfield.wordsPerPage
        continue
      }
      let found = self.word(word) & Bitfield.mask(of: range, word: word)
      if found != 0 { return word << 6 + UInt64(found.trailingZeroBitCount) }
      word += 1
    }
    return nil
  }

  /// Whether a page of words may have any.
  func mayContain(page: UInt64) -> Bool { page * Bitfield.pageSize < contiguous || bits.hasPage(page) }

  /// The first page behind one that holds nothing that may hold something. A log may be said to have 2^50 blocks: nothing
  /// goes through its pages one after the other.
  func nextPage(behind page: UInt64) -> UInt64? {
    if mayContain(page: page + 1) { return page + 1 }
    return bits.pages.keys.lazy.filter { $0 > page }.min()
  }

  /// All below `length` are in the set, whatever else.
  mutating func raise(to length: UInt64) {
    guard length > contiguous else { return }
    contiguous = length
    advance()
  }

  mutating func removeAll() {
    contiguous = 0
    bits.removeAll()
  }

  mutating func insert(_ range: Range<UInt64>) {
    if range.lowerBound <= contiguous { return raise(to: range.upperBound) }
    bits.insert(range)
  }

  /// Removes a range. What lies between it and the mark is lost when it lies below the mark.
  mutating func remove(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    contiguous = min(contiguous, range.lowerBound)
    bits.remove(range)
  }

  /// Replaces 32 blocks from `start`, a multiple of 32.
  mutating func replace(from start: UInt64, with half: UInt32) {
    contiguous = min(contiguous, start)
    let shift = start & 63
    bits.setWord(start >> 6, UInt64(half) << shift, mask: UInt64(UInt32.max) << shift)
  }

  /// Replaces a page of words.
  mutating func setPage(_ page: UInt64, _ words: [UInt64]) { bits.setPage(page, words) }

  mutating func removePages() { bits.removeAll() }

  /// Moves the mark over the blocks behind it.
  mutating func advance() {
    while true {
      let word = bits.word(contiguous >> 6) >> (contiguous & 63)
      let run = UInt64((~word).trailingZeroBitCount)
      guard run > 0 else { break }
      contiguous += min(run, 64 - contiguous & 63)
    }
    bits.removePages(below: contiguous)
  }
}
