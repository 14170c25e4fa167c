import CompactEncoding

/// The keys of some inputs in byte order. The number of a key is its column in rows of lengths.
struct Roster: Sendable {
  let keys: [Fixed32]

  /// - Parameter keys: each once, in any order.
  init(_ keys: some Sequence<Fixed32>) { self.keys = keys.sorted() }

  var count: Int { keys.count }

  /// The column of a key.
  ///
  /// - Parameter guess: looked at first.
  func index(of key: Fixed32, guess: Int = 0) -> Int? {
    if guess < keys.count, keys[guess] == key { return guess }
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low < keys.count && keys[low] == key ? low : nil
  }

  /// A clock without entries over these inputs.
  var emptyTable: ClockTable { ClockTable(keys: keys, lengths: [UInt64](repeating: 0, count: keys.count)) }
}

/// A clock over the inputs of a roster, and the entries of inputs that are not on it.
struct RosterClock: Sendable {
  /// For each key of the roster a length.
  var row: [UInt64]
  /// By key; lengths above 0.
  var foreign: [(key: Fixed32, length: UInt64)]

  init(row: [UInt64], foreign: [(key: Fixed32, length: UInt64)] = []) {
    self.row = row
    self.foreign = foreign
  }

  /// The clock as values outside of streams have it.
  func clock(_ roster: Roster) -> CausalClock {
    var table = ClockTable(keys: roster.keys, lengths: row)
    if !foreign.isEmpty { table = ClockTable(zip(roster.keys, row).map { (key: $0, length: $1) } + foreign) }
    return CausalClock(table: table)
  }
}
