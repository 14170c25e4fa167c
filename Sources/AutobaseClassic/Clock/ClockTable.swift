import CompactEncoding

/// For each of some logs, a length: what clocks are made of.
///
/// The keys are kept apart from the numbers, so that all clocks over the same logs share one list of keys: a copy
/// costs eight bytes a log. A length of 0 is the same as no entry.
struct ClockTable: Sendable {
  /// In byte order, each once.
  private(set) var keys: [Fixed32]
  /// For each key, how many blocks of its log are covered.
  private(set) var lengths: [UInt64]

  init() {
    keys = []
    lengths = []
  }

  /// - Parameters:
  ///   - keys: in byte order, each once.
  ///   - lengths: as many.
  init(keys: [Fixed32], lengths: [UInt64]) {
    assert(keys.count == lengths.count)
    self.keys = keys
    self.lengths = lengths
  }

  /// The entries in any order; the last one of a key counts.
  init(_ entries: some Sequence<(key: Fixed32, length: UInt64)>) {
    let all = entries.enumerated().sorted { ($0.element.key, $0.offset) < ($1.element.key, $1.offset) }
    keys = []
    lengths = []
    keys.reserveCapacity(all.count)
    lengths.reserveCapacity(all.count)
    for (_, entry) in all {
      if keys.last == entry.key {
        lengths[lengths.count - 1] = entry.length
      } else {
        keys.append(entry.key)
        lengths.append(entry.length)
      }
    }
  }

  /// Where the key is, or where it would be inserted.
  func search(_ key: Fixed32) -> (index: Int, isFound: Bool) {
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return (low, low < keys.count && keys[low] == key)
  }

  subscript(_ key: Fixed32) -> UInt64 {
    get {
      let (index, isFound) = search(key)
      return isFound ? lengths[index] : 0
    }
    set {
      let (index, isFound) = search(key)
      if isFound {
        lengths[index] = newValue
      } else if newValue > 0 {
        keys.insert(key, at: index)
        lengths.insert(newValue, at: index)
      }
    }
  }

  /// Sets the length of the key at `index`.
  mutating func set(_ index: Int, _ length: UInt64) { lengths[index] = length }

  /// The entries that are there, by key.
  var entries: [(key: Fixed32, length: UInt64)] {
    var list: [(key: Fixed32, length: UInt64)] = []
    list.reserveCapacity(keys.count)
    for (key, length) in zip(keys, lengths) where length > 0 { list.append((key, length)) }
    return list
  }

  /// The sum of all lengths.
  var total: UInt64 {
    var sum: UInt64 = 0
    for length in lengths { sum = sum.addingReportingOverflow(length).overflow ? .max : sum + length }
    return sum
  }

  var isEmpty: Bool { !lengths.contains { $0 > 0 } }
}

extension ClockTable: Hashable {
  static func == (a: Self, b: Self) -> Bool {
    if a.sharesKeys(with: b) { return a.lengths == b.lengths }
    var (i, j) = (0, 0)
    while true {
      while i < a.keys.count && a.lengths[i] == 0 { i += 1 }
      while j < b.keys.count && b.lengths[j] == 0 { j += 1 }
      if i == a.keys.count || j == b.keys.count { return i == a.keys.count && j == b.keys.count }
      guard a.lengths[i] == b.lengths[j], a.keys[i] == b.keys[j] else { return false }
      i += 1
      j += 1
    }
  }

  func hash(into hasher: inout Hasher) {
    for (key, length) in zip(keys, lengths) where length > 0 {
      hasher.combine(key)
      hasher.combine(length)
    }
  }

  /// Whether both have the very same list of keys. False says nothing.
  func sharesKeys(with other: ClockTable) -> Bool {
    keys.count == other.keys.count
      && keys.withUnsafeBufferPointer { a in other.keys.withUnsafeBufferPointer { a.baseAddress == $0.baseAddress } }
  }
}
