import Hypercore
import IndexEncoder

/// The puts and deletes of a bee in the order in which they were appended, or in reverse.
public struct HistoryIterator {
  /// A put or delete.
  public struct Change: Sendable, Hashable {
    /// Whether the key was put or deleted.
    public enum Kind: String, Sendable { case put, delete = "del" }

    /// What happened.
    public let kind: Kind
    /// Block, key and, for a put, value.
    public let entry: Hyperbee.Entry
  }

  private let bee: Hyperbee
  private var lower: UInt64
  /// The first sequence not covered; nil for a live history, which never ends.
  private var upper: UInt64?
  private let reverse: Bool
  private var remaining: Int

  init(_ bee: Hyperbee, range: Bounds<Int64>, reverse: Bool, limit: Int?, isLive: Bool) throws(BeeError) {
    guard !(isLive && reverse) else { throw .liveReverse }
    let version = bee.version
    func absolute(_ bound: Int64) -> UInt64 {
      UInt64(max(0, bound < 0 ? bound.addingReportingOverflow(Int64(version)).partialValue : bound))
    }
    self.bee = bee
    self.reverse = reverse
    remaining = limit.flatMap { $0 < 0 ? nil : $0 } ?? Int.max
    lower = max(1, range.gt.map { absolute($0) + 1 } ?? range.gte.map(absolute) ?? 1)
    let given = range.lt.map(absolute) ?? range.lte.map { absolute($0) + 1 }
    upper = isLive ? given : min(version, given ?? version)
  }

  /// The next change; nil at the end, in a live history also when it has caught up with the log.
  public mutating func next() throws -> Change? {
    guard remaining > 0 else { return nil }
    return try bee.log.reading { try step() }
  }

  private mutating func step() throws -> Change? {
    let version = bee.version
    let end = min(upper ?? version, version)
    guard remaining > 0, lower < end else { return nil }
    let sequence = reverse ? end - 1 : lower
    let block = try bee.tree.block(at: sequence)
    let entry = Hyperbee.Entry(
      sequence: sequence, key: Array(block.key.dropFirst(bee.prefix.count)), value: block.value)
    let kind: Change.Kind = try block.isDeletion() ? .delete : .put
    if reverse { upper = sequence } else { lower = sequence + 1 }
    remaining -= 1
    return Change(kind: kind, entry: entry)
  }

  /// All changes that are left; for a live history those up to now.
  public consuming func collect() throws -> [Change] {
    try bee.log.reading {
      var changes: [Change] = []
      while let change = try next() { changes.append(change) }
      return changes
    }
  }
}
