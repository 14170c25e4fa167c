import Hypercore
import IndexEncoder

/// The entries of a range in key order, or in reverse.
///
/// The iterator stays at the version it was made at. A truncation of the log ends it with
/// ``BeeError/logChanged(expectedLength:foundLength:expectedEpoch:foundEpoch:)``; iterate over a
/// ``Hyperbee/snapshot()`` to be safe from it.
public struct RangeIterator {
  private var cursor: TreeCursor
  private let prefixCount: Int
  private var remaining: Int

  init(_ tree: Tree, range: KeyRange, reverse: Bool, limit: Int?, prefixCount: Int) throws {
    cursor = try TreeCursor(tree, range: range, reverse: reverse)
    self.prefixCount = prefixCount
    remaining = limit.flatMap { $0 < 0 ? nil : $0 } ?? Int.max
  }

  /// The next entry, nil at the end.
  public mutating func next() throws -> Hyperbee.Entry? {
    guard remaining > 0 else { return nil }
    return try cursor.tree.log.reading { try step() }
  }

  @inline(__always)
  private mutating func step() throws -> Hyperbee.Entry? {
    guard remaining > 0, let key = try cursor.next() else { return nil }
    remaining -= 1
    var entry = try cursor.tree.entry(at: key.sequence)
    if prefixCount > 0 { entry.key.removeFirst(min(prefixCount, entry.key.count)) }
    return entry
  }

  /// Moves over all entries that are left without reading their blocks, and returns how many there were.
  public mutating func count() throws -> Int {
    try cursor.tree.log.reading {
      var count = 0
      while count < remaining, try cursor.next() != nil { count += 1 }
      remaining = 0
      return count
    }
  }

  /// All entries that are left.
  public consuming func collect() throws -> [Hyperbee.Entry] {
    try cursor.tree.log.reading {
      var entries: [Hyperbee.Entry] = []
      while let entry = try step() { entries.append(entry) }
      return entries
    }
  }
}
