public import IndexEncoder

extension Hyperbee {
  /// Watches a range of keys, starting from the present version, or from the empty bee when `isEager`.
  ///
  /// - Throws: ``BeeError/watchNeedsMainInstance`` on a sub, checkout or snapshot.
  public func watch(_ range: KeyRange = KeyRange(), isEager: Bool = false) throws -> RangeWatcher {
    guard isMain else { throw BeeError.watchNeedsMainInstance }
    return RangeWatcher(self, range: range, previous: try isEager ? checkout(1) : snapshot())
  }

  /// Watches one entry.
  ///
  /// - Throws: ``BeeError/watchNeedsMainInstance`` on a sub, checkout or snapshot; as ``get(_:)``.
  public func watch(key: [UInt8]) throws -> EntryWatcher {
    guard isMain else { throw BeeError.watchNeedsMainInstance }
    return try EntryWatcher(self, key: key)
  }
}

/// Tells whether a range of keys changed. It does not wait by itself: ask it with ``poll()`` after the log changed.
public struct RangeWatcher {
  private let bee: Hyperbee
  private let range: KeyRange
  /// The version that the next change is compared with.
  public private(set) var previous: Hyperbee

  init(_ bee: Hyperbee, range: KeyRange, previous: Hyperbee) {
    self.bee = bee
    self.range = range
    self.previous = previous
  }

  /// The present and the previous version when something in the range differs between them, or when the log was
  /// truncated meanwhile (the present one may then be shorter); else nil. Changes since the last call are merged.
  public mutating func poll() throws -> (current: Hyperbee, previous: Hyperbee)? {
    let before = previous
    guard bee.epoch != before.epoch || bee.version != before.version else { return nil }
    let current = try bee.snapshot()
    if current.epoch == before.epoch {
      var differences = try current.diff(before, range: range, limit: 1)
      let isSame = try differences.next() == nil
      previous = current
      return isSame ? nil : (current, before)
    }
    previous = current
    return (current, before)
  }
}
