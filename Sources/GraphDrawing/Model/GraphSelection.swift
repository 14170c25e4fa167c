public import Autobase
import CompactEncoding

/// Which nodes of an order are shown.
public struct GraphSelection: Sendable, Hashable {
  /// The part of the order that is meant.
  public var range: Range<Int>
  /// The places in it that are shown, ascending; what is between them is folded.
  public var places: [Int]

  /// All of a range.
  public init(_ range: Range<Int>) {
    self.range = range
    places = Array(range)
  }

  /// The number of a place among those that are shown; nil for others.
  func row(of place: Int) -> Int? {
    guard range.contains(place) else { return nil }
    if places.count == range.count { return place - range.lowerBound }
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle] < place { low = middle + 1 } else { high = middle }
    }
    return low < places.count && places[low] == place ? low : nil
  }

  /// What tells most of a range in so many lines; the rest is folded.
  ///
  /// Nodes are ranked by the news they bring: how many nodes of another writer one refers to that its own writer had
  /// not referred to before. So where branches that were long apart come together both the node that joins them and the
  /// one that it joins are shown, and what only continues a log is folded. The ends of the range, the border between
  /// what is final and the tip, and each writer's first node come before all others.
  ///
  /// - Parameters:
  ///   - lines: how many lines may be drawn, folds among them; at least two for the ends.
  ///   - landmark: a node that is shown in any case.
  public init(folding range: Range<Int>, of source: some GraphSource, lines: Int, landmark: Checkout? = nil) {
    self.range = range
    let ranking = Ranking(range, source, landmark.flatMap { source.position($0) })
    // The most of the ranking that fits; more places never take fewer lines by much, so halving finds the border.
    var (low, high) = (min(ranking.places.count, 1), min(ranking.places.count, max(lines, 2)))
    while low < high {
      let middle = (low + high + 1) / 2
      if Self.lines(Self.closed(ranking.places.prefix(middle), range), range) <= max(lines, 2) {
        low = middle
      } else {
        high = middle - 1
      }
    }
    places = Self.closed(ranking.places.prefix(low), range)
  }

  /// The places in order, with gaps filled that are no longer than the line that would stand for them.
  private static func closed(_ chosen: ArraySlice<Int>, _ range: Range<Int>) -> [Int] {
    var places: [Int] = []
    var next = range.lowerBound
    for place in chosen.sorted() + [range.upperBound] {
      if place == next + 1 { places.append(next) }
      if place < range.upperBound { places.append(place) }
      next = place + 1
    }
    return places
  }

  private static func lines(_ places: [Int], _ range: Range<Int>) -> Int {
    var lines = places.count
    var next = range.lowerBound
    for place in places + [range.upperBound] {
      if place > next { lines += 1 }
      next = place + 1
    }
    return lines
  }
}

extension GraphSelection {
  /// The places of a range that tell something, those that tell most first.
  private struct Ranking {
    var places: [Int] = []

    init(_ range: Range<Int>, _ source: some GraphSource, _ landmark: Int?) {
      var score = [UInt64](repeating: 0, count: range.count)
      func add(_ place: Int, _ points: UInt64) {
        guard range.contains(place) else { return }
        let (sum, overflow) = score[place - range.lowerBound].addingReportingOverflow(points)
        score[place - range.lowerBound] = overflow ? .max : sum
      }
      var referred = ReferredLengths()
      for place in range {
        let node = source.node(place)
        if referred.isNew(node.key) { add(place, 1 << 62) }
        for other in source.references(place) where other.key != node.key {
          let news = referred.note(other, by: node.key)
          guard news > 0 else { continue }
          add(place, news)
          // The end of a branch tells as much as the node that joins it, unless there was only one node of it.
          if news > 1, let index = source.position(other) { add(index, news) }
        }
      }
      for place in [range.lowerBound, range.upperBound - 1, landmark ?? range.lowerBound] { add(place, .max) }
      if let final = source.finalCount, range.contains(final) {
        add(final - 1, .max)
        add(final, .max)
      }
      places = range.filter { score[$0 - range.lowerBound] > 0 }.sorted {
        let (a, b) = (score[$0 - range.lowerBound], score[$1 - range.lowerBound])
        return a != b ? a > b : $0 < $1
      }
    }
  }

  /// How much of each log the nodes of each writer have referred to.
  private struct ReferredLengths {
    private var ranks: [Fixed32: Int] = [:]
    private var lengths: [Int: UInt64] = [:]
    private var isWritten: Set<Int> = []

    /// Whether a writer was not named before.
    mutating func isNew(_ key: Fixed32) -> Bool { isWritten.insert(rank(key)).inserted }

    /// How much is new of what a writer refers to.
    mutating func note(_ node: Checkout, by key: Fixed32) -> UInt64 {
      let pair = rank(key) << 32 | rank(node.key)
      let before = lengths[pair] ?? 0
      guard node.length > before else { return 0 }
      lengths[pair] = node.length
      return node.length - before
    }

    private mutating func rank(_ key: Fixed32) -> Int {
      if let rank = ranks[key] { return rank }
      ranks[key] = ranks.count
      return ranks.count - 1
    }
  }
}
