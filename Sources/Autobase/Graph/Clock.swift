/// How much of each active indexer's log a node has seen; 0 for nothing.
///
/// A fixed number of words in memory of its own, which whoever made it frees: clocks are read far more often than
/// anything else of a node, so reading one touches no counted reference.
struct Clock {
  private let words: UnsafeMutablePointer<UInt64>
  let count: Int

  /// A clock that has seen nothing.
  init(count: Int) {
    words = .allocate(capacity: max(count, 1))
    words.initialize(repeating: 0, count: max(count, 1))
    self.count = count
  }

  func deallocate() { words.deallocate() }

  subscript(indexer: Int) -> UInt64 {
    get {
      assert(indexer < count)
      return words[indexer]
    }
    nonmutating set {
      assert(indexer < count)
      words[indexer] = newValue
    }
  }

  /// Takes in what another one has seen.
  func merge(_ other: Clock) {
    for i in 0..<count where other.words[i] > words[i] { words[i] = other.words[i] }
  }

  /// In how many places this one has seen at least what another one has.
  func count(atLeast other: Clock) -> Int {
    var found = 0
    for i in 0..<count { found &+= words[i] >= other.words[i] ? 1 : 0 }
    return found
  }

  /// In how many places this one has seen more than another one.
  func count(above other: Clock) -> Int {
    var found = 0
    for i in 0..<count { found &+= words[i] > other.words[i] ? 1 : 0 }
    return found
  }
}
