/// How much of each active indexer's log a node has seen; 0 for nothing.
///
/// A fixed number of words in memory of its own: clocks are read far more often than anything else of a node. The node
/// that holds it frees it.
struct Clock {
  private let words: UnsafeMutableBufferPointer<UInt64>

  /// A clock that has seen nothing.
  init(count: Int) {
    words = .allocate(capacity: count)
    words.initialize(repeating: 0)
  }

  func deallocate() { words.deallocate() }

  var count: Int { words.count }

  subscript(indexer: Int) -> UInt64 {
    get { words[indexer] }
    nonmutating set { words[indexer] = newValue }
  }

  /// Takes in what another one has seen.
  func merge(_ other: Clock) {
    for i in words.indices where other.words[i] > words[i] { words[i] = other.words[i] }
  }

  /// In how many places this one has seen at least what `levels` says.
  func count(atLeast levels: [UInt64]) -> Int {
    levels.withUnsafeBufferPointer { levels in
      var count = 0
      for i in words.indices { count &+= words[i] >= levels[i] ? 1 : 0 }
      return count
    }
  }

  /// In how many places this one has seen more than what `levels` says.
  func count(above levels: [UInt64]) -> Int {
    levels.withUnsafeBufferPointer { levels in
      var count = 0
      for i in words.indices { count &+= words[i] > levels[i] ? 1 : 0 }
      return count
    }
  }
}
