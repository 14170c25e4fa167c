/// Why an indexer does not vote for a node, as the earliest moment at which that can end.
enum MissingVote {
  /// Its log has not seen so much of the writer's.
  case seen(by: Int, writer: Int, length: UInt64)
  /// Its first node that counts has not seen the node: all up to this length must be processed.
  case processed(Int, UInt64)
  /// Its first node that counts has seen a competitor, of the indexer named: all up to this length must be yielded.
  case yielded(Int, UInt64)
}

/// Merges that wait for votes, by what they wait for: whoever comes is found without looking at the others.
struct WatchList {
  private struct Entry: Comparable {
    var threshold: UInt64
    var merge: Merge
    var place: Int

    static func < (a: Self, b: Self) -> Bool { a.threshold < b.threshold }
    static func == (a: Self, b: Self) -> Bool { a.threshold == b.threshold }
  }

  private let count: Int
  /// For each pair of indexers, those that wait for the first to see so much of the second's log.
  private var seen: [MinimumHeap<Entry>]
  /// For each pair, what the first entry waits for: looked at for every node.
  private var firstSeen: [UInt64]
  private var processed: [MinimumHeap<Entry>]
  private var yielded: [MinimumHeap<Entry>]
  private var woken: [Entry] = []
  private var openCount = 0
  private var entryCount = 0

  init(indexers count: Int) {
    self.count = count
    let pairs = count > 1 ? count * count : 0
    seen = Array(repeating: MinimumHeap(), count: pairs)
    firstSeen = Array(repeating: .max, count: pairs)
    processed = Array(repeating: MinimumHeap(), count: count)
    yielded = processed
  }

  mutating func opened() { openCount += 1 }

  mutating func closed() {
    openCount -= 1
    if entryCount > 64 && entryCount > 4 * openCount * (count / 2 + 1) { dropClosed() }
  }

  mutating func add(_ reason: MissingVote, _ merge: Merge, _ place: Int) {
    entryCount += 1
    switch reason {
    case .seen(let viewer, let writer, let length):
      let pair = viewer * count + writer
      seen[pair].push(Entry(threshold: length, merge: merge, place: place))
      firstSeen[pair] = min(firstSeen[pair], length)
    case .processed(let indexer, let length):
      processed[indexer].push(Entry(threshold: length, merge: merge, place: place))
    case .yielded(let indexer, let length):
      yielded[indexer].push(Entry(threshold: length, merge: merge, place: place))
    }
  }

  /// An indexer's log has seen this much.
  mutating func seen(by viewer: Int, _ clock: Clock) {
    let first = viewer * count
    for writer in 0..<count where clock[writer] >= firstSeen[first + writer] {
      wake(clock[writer], in: \.seen, first + writer)
      firstSeen[first + writer] = seen[first + writer].first?.threshold ?? .max
    }
  }

  /// Nodes of an indexer are yielded up to this length.
  mutating func yielded(_ indexer: Int, _ length: UInt64) { wake(length, in: \.yielded, indexer) }

  /// Windows may have moved.
  mutating func shifted(_ indexers: [WriterWindow]) {
    for i in 0..<count where !processed[i].isEmpty { wake(indexers[i].offset, in: \.processed, i) }
  }

  /// A merge that an indexer may vote for now.
  mutating func next() -> (Merge, Int)? {
    guard let entry = woken.popLast() else { return nil }
    return (entry.merge, entry.place)
  }

  private mutating func wake(_ level: UInt64, in heaps: WritableKeyPath<Self, [MinimumHeap<Entry>]>, _ i: Int) {
    while let first = self[keyPath: heaps][i].first, first.threshold <= level {
      _ = self[keyPath: heaps][i].pop()
      entryCount -= 1
      if first.merge.isOpen { woken.append(first) }
    }
  }

  private mutating func dropClosed() {
    for pair in seen.indices where !seen[pair].isEmpty {
      seen[pair].filter { $0.merge.isOpen }
      firstSeen[pair] = seen[pair].first?.threshold ?? .max
    }
    for i in 0..<count {
      processed[i].filter { $0.merge.isOpen }
      yielded[i].filter { $0.merge.isOpen }
    }
    entryCount = seen.reduce(0) { $0 + $1.count } + processed.reduce(0) { $0 + $1.count }
    entryCount += yielded.reduce(0) { $0 + $1.count }
  }
}
