/// A sparse set of numbers, kept as bits in pages that exist only where there are any.
///
/// Word w holds the numbers 64·w to 64·w + 63, the lowest in bit 0.
struct Bitfield: Sendable {
  /// A page holds this many words, 8,192 numbers, in 1 KiB.
  static let wordsPerPage: UInt64 = 128
  /// Numbers a page.
  static let pageSize = wordsPerPage * 64

  private(set) var pages: [UInt64: [UInt64]] = [:]
  /// Most pages that are kept: what does not fit is left out.
  let pageLimit: Int

  init(pageLimit: Int = 8_192) { self.pageLimit = pageLimit }

  var isEmpty: Bool { pages.isEmpty }

  func contains(_ number: UInt64) -> Bool { word(number >> 6) >> (number & 63) & 1 != 0 }

  func word(_ index: UInt64) -> UInt64 {
    guard let page = pages[index / Self.wordsPerPage] else { return 0 }
    return page[Int(index % Self.wordsPerPage)]
  }

  func hasPage(_ page: UInt64) -> Bool { pages[page] != nil }

  /// Replaces the words of one page.
  mutating func setPage(_ page: UInt64, _ words: [UInt64]) {
    precondition(words.count == Int(Self.wordsPerPage), "a page has \(Self.wordsPerPage) words")
    guard pages[page] != nil || pages.count < pageLimit else { return }
    pages[page] = words
  }

  mutating func removeAll() { pages.removeAll() }

  /// Drops the pages that lie entirely below `number`.
  mutating func removePages(below number: UInt64) {
    guard !pages.isEmpty else { return }
    let limit = number / Self.pageSize
    for page in pages.keys where page < limit { pages[page] = nil }
  }

  /// Drops pages without numbers.
  mutating func removeEmptyPages() {
    for (index, page) in pages where page.allSatisfy({ $0 == 0 }) { pages[index] = nil }
  }

  /// Sets the bits of `mask` in one word to those of `bits`.
  mutating func setWord(_ index: UInt64, _ bits: UInt64, mask: UInt64 = .max) {
    let page = index / Self.wordsPerPage
    let offset = Int(index % Self.wordsPerPage)
    if pages[page] == nil {
      guard bits & mask != 0, pages.count < pageLimit else { return }
      pages[page] = [UInt64](repeating: 0, count: Int(Self.wordsPerPage))
    }
    pages[page]?[offset] &= ~mask
    pages[page]?[offset] |= bits & mask
  }

  mutating func insert(_ number: UInt64) { setWord(number >> 6, 1 << (number & 63), mask: 1 << (number & 63)) }

  mutating func remove(_ number: UInt64) { setWord(number >> 6, 0, mask: 1 << (number & 63)) }

  /// Adds a range; stops when there are too many pages.
  mutating func insert(_ range: Range<UInt64>) {
    guard range.count != 1 else { return insert(range.lowerBound) }
    for page in pagesOf(range) {
      if pages[page] == nil && pages.count >= pageLimit { return }
      if covers(range, page) {
        pages[page] = Self.fullPage
        continue
      }
      for index in wordsOf(range, in: page) { setWord(index, .max, mask: Self.mask(of: range, word: index)) }
    }
  }

  /// Removes a range.
  mutating func remove(_ range: Range<UInt64>) {
    guard range.count != 1 else { return remove(range.lowerBound) }
    let touched = pagesOf(range)
    let known = touched.count > pages.count ? pages.keys.filter { touched.contains($0) } : Array(touched)
    for page in known where pages[page] != nil {
      if covers(range, page) {
        pages[page] = nil
        continue
      }
      for index in wordsOf(range, in: page) { setWord(index, 0, mask: Self.mask(of: range, word: index)) }
    }
  }

  private static let fullPage = [UInt64](repeating: .max, count: Int(wordsPerPage))

  private func covers(_ range: Range<UInt64>, _ page: UInt64) -> Bool {
    range.lowerBound <= page * Self.pageSize && (page + 1) * Self.pageSize <= range.upperBound
  }

  private func pagesOf(_ range: Range<UInt64>) -> Range<UInt64> {
    range.isEmpty ? 0..<0 : range.lowerBound / Self.pageSize..<(range.upperBound - 1) / Self.pageSize + 1
  }

  private func wordsOf(_ range: Range<UInt64>, in page: UInt64) -> Range<UInt64> {
    let words = range.lowerBound >> 6..<(range.upperBound - 1) >> 6 + 1
    return words.clamped(to: page * Self.wordsPerPage..<(page + 1) * Self.wordsPerPage)
  }

  /// The bits of a word that belong to a range.
  static func mask(of range: Range<UInt64>, word: UInt64) -> UInt64 {
    let first = word << 6
    guard range.lowerBound < first + 64, range.upperBound > first else { return 0 }
    let low = range.lowerBound > first ? UInt64.max << (range.lowerBound - first) : .max
    let high = range.upperBound < first + 64 ? ~(UInt64.max << (range.upperBound - first)) : .max
    return low & high
  }
}
