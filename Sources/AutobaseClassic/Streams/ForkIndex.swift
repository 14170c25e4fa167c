import CompactEncoding

/// Which newest entries no other one depends on, the *forks*, and how much each of them alone has seen; kept up to
/// date while entries are replaced by their predecessors.
///
/// Heads are numbered by the columns of a roster. A head sees another one when its row covers it. A fork's size is the
/// sum, over all inputs, of what its clock covers beyond what any other fork's clock covers. So only an input's largest
/// row entry counts, for the fork that has it, less the second largest: for each column the index keeps both, and a
/// change of one head costs one pass over its row, and over the forks for the columns in which it was one of the two.
struct ForkIndex {
  private let count: Int
  /// Row h is the clock of head h.
  private var rows: [UInt64]
  /// Entries up to and with the head; 0 when there is none.
  private(set) var lengths: [UInt64]
  /// How many other heads see it.
  private var seenBy: [Int]
  private var isFork: [Bool]
  private(set) var forks: [Int] = []
  private var largest: [UInt64]
  private var second: [UInt64]
  /// The fork with the largest entry of a column; -1 when there is none.
  private var owner: [Int]
  private var sizes: [UInt64]
  private var foreign: [[(key: Fixed32, length: UInt64)]]
  private var foreignCount = 0
  private var changed: [Int] = []

  init(count: Int) {
    self.count = count
    rows = [UInt64](repeating: 0, count: count * count)
    lengths = [UInt64](repeating: 0, count: count)
    seenBy = [Int](repeating: 0, count: count)
    isFork = [Bool](repeating: false, count: count)
    largest = lengths
    second = lengths
    owner = [Int](repeating: -1, count: count)
    sizes = lengths
    foreign = [[(key: Fixed32, length: UInt64)]](repeating: [], count: count)
  }

  /// Whether there are no heads.
  var isEmpty: Bool { !lengths.contains { $0 > 0 } }

  /// Makes the entry that ends at `length`, with this clock, head number `head`.
  mutating func replace(_ head: Int, length: UInt64, clock: RosterClock) {
    if isFork[head] { dropFork(head) }
    if foreignCount > 0 || !clock.foreign.isEmpty {
      foreignCount += (clock.foreign.isEmpty ? 0 : 1) - (foreign[head].isEmpty ? 0 : 1)
      foreign[head] = clock.foreign
    }
    lengths[head] = length
    let seen = compare(head, clock.row)
    for other in changed {
      seenBy[other] += clock.row[other] >= lengths[other] ? 1 : -1
      if seenBy[other] == 0 {
        addFork(other)
      } else if isFork[other] {
        dropFork(other)
      }
    }
    seenBy[head] = seen
    if seen == 0 && length > 0 { addFork(head) }
  }

  /// Puts a new row in the place of a head's old one, and notes in `changed` which other heads only one of the two sees.
  ///
  /// - Returns: how many other heads see this one.
  private mutating func compare(_ head: Int, _ row: [UInt64]) -> Int {
    changed.removeAll(keepingCapacity: true)
    var seen = 0
    let (count, length) = (count, lengths[head])
    let base = head * count
    rows.withUnsafeMutableBufferPointer { rows in
      lengths.withUnsafeBufferPointer { lengths in
        row.withUnsafeBufferPointer { row in
          for other in 0..<count {
            if lengths[other] > 0 && other != head {
              if (rows[base + other] >= lengths[other]) != (row[other] >= lengths[other]) { changed.append(other) }
              if length > 0 && rows[other * count + head] >= length { seen += 1 }
            }
            rows[base + other] = row[other]
          }
        }
      }
    }
    return seen
  }

  /// Takes head number `head` away.
  mutating func remove(_ head: Int) {
    replace(head, length: 0, clock: RosterClock(row: [UInt64](repeating: 0, count: count)))
  }

  private mutating func addFork(_ head: Int) {
    isFork[head] = true
    forks.append(head)
    sizes[head] = 0
    let base = head * count
    for column in 0..<count {
      let value = rows[base + column]
      if value > largest[column] {
        let previous = owner[column]
        if previous >= 0 { sizes[previous] &-= largest[column] &- second[column] }
        second[column] = largest[column]
        largest[column] = value
        owner[column] = head
        sizes[head] &+= value &- second[column]
      } else if value > second[column] {
        sizes[owner[column]] &-= value &- second[column]
        second[column] = value
      }
    }
  }

  private mutating func dropFork(_ head: Int) {
    isFork[head] = false
    forks.removeAll { $0 == head }
    if forks.isEmpty {
      for column in 0..<count { (largest[column], second[column], owner[column]) = (0, 0, -1) }
      return
    }
    let base = head * count
    for column in 0..<count where rows[base + column] > 0 {
      if owner[column] == head {
        owner[column] = -1
      } else if rows[base + column] < second[column] {
        continue
      }
      recount(column)
    }
  }

  /// Finds the two largest entries of a column among the forks.
  private mutating func recount(_ column: Int) {
    let previous = owner[column]
    if previous >= 0 { sizes[previous] &-= largest[column] &- second[column] }
    var (first, next, holder) = (UInt64(0), UInt64(0), -1)
    for fork in forks {
      let value = rows[fork * count + column]
      if value > first {
        (first, next, holder) = (value, first, fork)
      } else if value > next {
        next = value
      }
    }
    largest[column] = first
    second[column] = next
    owner[column] = holder
    if holder >= 0 { sizes[holder] &+= first &- next }
  }

  /// The fork with the smallest size, and of several the one with the smallest rank; nil when there are no forks.
  ///
  /// - Parameter ranks: for each head its rank; nil ranks them by number.
  func smallest(ranks: [Int]?) -> Int? {
    guard forks.count > 1 else { return forks.first }
    let extra = foreignCount == 0 ? nil : foreignSizes()
    var best: (size: UInt64, rank: Int, head: Int)?
    for (place, fork) in forks.enumerated() {
      let size = extra.map { sizes[fork] &+ $0[place] } ?? sizes[fork]
      let rank = ranks?[fork] ?? fork
      if let best, (best.size, best.rank) < (size, rank) { continue }
      best = (size, rank, fork)
    }
    return best?.head
  }

  /// What each fork alone has seen of inputs that are not on the roster.
  private func foreignSizes() -> [UInt64] {
    var tops: [Fixed32: (largest: UInt64, second: UInt64, owner: Int)] = [:]
    for (place, fork) in forks.enumerated() {
      for entry in foreign[fork] {
        let top = tops[entry.key] ?? (0, 0, -1)
        if entry.length > top.largest {
          tops[entry.key] = (entry.length, top.largest, place)
        } else if entry.length > top.second {
          tops[entry.key] = (top.largest, entry.length, top.owner)
        }
      }
    }
    var sizes = [UInt64](repeating: 0, count: forks.count)
    for top in tops.values { sizes[top.owner] &+= top.largest &- top.second }
    return sizes
  }
}
