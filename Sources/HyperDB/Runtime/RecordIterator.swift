public import CompactEncoding
import Hyperbee
import Hypercore
import IndexEncoder

/// The records that a search found, one by one.
public struct RecordIterator {
  private let view: Hyperbee
  private let plan: CollectionPlan
  private let index: IndexPlan?
  private let reverse: Bool
  private var stored: RangeIterator
  /// The entry of the bee in front, when it was already read.
  private var front: Hyperbee.Entry?
  private var overlays: ArraySlice<Updates.Overlay>
  private var remaining: Int

  init(
    _ view: Hyperbee, _ plan: CollectionPlan, _ index: IndexPlan?, _ range: KeyRange, reverse: Bool, limit: Int?,
    _ updates: Updates
  ) throws {
    self.view = view
    self.plan = plan
    self.index = index
    self.reverse = reverse
    remaining = limit.flatMap { $0 < 0 ? nil : $0 } ?? Int.max
    stored = try view.range(range, reverse: reverse)
    overlays = []
    if !updates.isEmpty {
      let found = updates.overlays(ofRecords: index == nil) { range.contains($0) }
      overlays = reverse ? found.reversed()[...] : found[...]
    }
  }

  /// What lies at a key: an entry of the bee, or a pending change.
  private enum Hit {
    case stored(Hyperbee.Entry)
    case pending(Updates.Update)
  }

  /// The next record, nil at the end.
  ///
  /// An index key whose record is missing ends the search, as in the reference; that happens in indexes that are no
  /// longer maintained.
  public mutating func next() throws -> Value? {
    guard remaining > 0 else { return nil }
    return try view.log.reading { try step() }
  }

  private mutating func step() throws -> Value? {
    guard remaining > 0, let hit = try nextHit() else { return nil }
    remaining -= 1
    switch hit {
    case .pending(let update):
      guard let value = update.value else { return nil }
      return .object(try plan.decode(key: update.key, value: value).record)
    case .stored(let entry):
      guard let value = entry.value else { break }
      guard index != nil else { return .object(try plan.decode(key: entry.key, value: value).record) }
      guard let record = try view.get(value)?.value else { break }
      return .object(try plan.decode(key: value, value: record).record)
    }
    remaining = 0
    return nil
  }

  /// All records that are left.
  public consuming func collect() throws -> [Value] {
    try view.log.reading {
      var records: [Value] = []
      while let record = try step() { records.append(record) }
      return records
    }
  }

  /// Moves over all keys that are left and returns how many there were.
  public mutating func count() throws -> Int {
    guard !overlays.isEmpty || front != nil else { return min(remaining, try stored.count()) }
    var count = 0
    while count < remaining, try nextHit() != nil { count += 1 }
    remaining = 0
    return count
  }

  /// Merges the bee's entries with pending changes, which hide them.
  private mutating func nextHit() throws -> Hit? {
    guard !overlays.isEmpty else {
      defer { front = nil }
      return try (front ?? stored.next()).map(Hit.stored)
    }
    while true {
      if front == nil { front = try stored.next() }
      guard let overlay = overlays.first else {
        defer { front = nil }
        return front.map(Hit.stored)
      }
      if let entry = front, entry.key != overlay.key, entry.key.lexicographicallyPrecedes(overlay.key) != reverse {
        front = nil
        return .stored(entry)
      }
      if front?.key == overlay.key { front = nil }
      overlays.removeFirst()
      if !overlay.isDelete { return .pending(overlay.update) }
    }
  }
}

extension KeyRange {
  /// Whether a key lies in the range.
  fileprivate func contains(_ key: [UInt8]) -> Bool {
    if let gt {
      guard gt.lexicographicallyPrecedes(key) else { return false }
    } else if let gte {
      guard !key.lexicographicallyPrecedes(gte) else { return false }
    }
    if let lt {
      return key.lexicographicallyPrecedes(lt)
    } else if let lte {
      return !lte.lexicographicallyPrecedes(key)
    }
    return true
  }
}
