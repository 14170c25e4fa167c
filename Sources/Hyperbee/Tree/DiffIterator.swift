import Hypercore
import IndexEncoder

/// What differs between two versions of a bee, in key order.
///
/// A key differs when its entry comes from another block: one side is nil when the key is only in the other version.
/// Subtrees that both versions share are skipped as a whole.
public struct DiffIterator {
  /// A key whose entry differs.
  public struct Difference: Sendable, Hashable {
    /// The entry in the left version.
    public let left: Hyperbee.Entry?
    /// The entry in the right version.
    public let right: Hyperbee.Entry?
  }

  private var left: TreeCursor
  private var right: TreeCursor
  private let leftHeight: Int
  private let rightHeight: Int
  private let prefixCount: Int
  private var remaining: Int

  init(left: Tree, right: Tree, range: KeyRange, limit: Int?, prefixCount: Int) throws {
    if left.version == right.version, left.epoch == right.epoch {
      remaining = 0
    } else {
      remaining = limit.flatMap { $0 < 0 ? nil : $0 } ?? Int.max
    }
    self.left = try TreeCursor(left, range: range)
    self.right = try TreeCursor(right, range: range)
    leftHeight = try left.height()
    rightHeight = try right.height()
    self.prefixCount = prefixCount
  }

  /// The next difference, nil at the end.
  public mutating func next() throws -> Difference? {
    guard remaining > 0 else { return nil }
    while true {
      switch (left.front(), right.front()) {
      case (nil, nil): return nil
      case (.subtree(let a), .subtree(let b)):
        if a == b {
          left.skip()
          right.skip()
          continue
        }
        // Entering the higher of two unlike subtrees first brings equal subtrees side by side.
        let order = (leftHeight - left.depth) - (rightHeight - right.depth)
        if order >= 0 { try left.enter() }
        if order <= 0 { try right.enter() }
      case (.subtree, _): try left.enter()
      case (_, .subtree): try right.enter()
      case (.key, nil): return try take(left: true, right: false)
      case (nil, .key): return try take(left: false, right: true)
      case (.key(let a), .key(let b)):
        if a.sequence == b.sequence {
          _ = try left.next()
          _ = try right.next()
          continue
        }
        let order = compareKeys(try left.keyInFront(), try right.keyInFront())
        return try take(left: order <= 0, right: order >= 0)
      }
    }
  }

  /// All differences that are left.
  public consuming func collect() throws -> [Difference] {
    try left.tree.log.reading {
      var differences: [Difference] = []
      while let difference = try next() { differences.append(difference) }
      return differences
    }
  }

  private mutating func take(left isLeft: Bool, right isRight: Bool) throws -> Difference {
    remaining -= 1
    return Difference(
      left: isLeft ? try DiffIterator.take(&left, prefixCount) : nil,
      right: isRight ? try DiffIterator.take(&right, prefixCount) : nil)
  }

  private static func take(_ cursor: inout TreeCursor, _ prefixCount: Int) throws -> Hyperbee.Entry? {
    guard let key = try cursor.next() else { return nil }
    var entry = try cursor.tree.entry(at: key.sequence)
    if prefixCount > 0 { entry.key.removeFirst(min(prefixCount, entry.key.count)) }
    return entry
  }
}
