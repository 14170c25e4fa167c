import CompactEncoding

/// The applied nodes that are not indexed yet, in applied order: one record for each flush of the system view
/// (spec 03 §6.2). The stored copy lets a restart keep the tip.
///
/// Everything costs what changes, however long the tip is.
struct UpdateLog {
  private var records: [LinearizerUpdate] = []
  /// Records at the start of `records` that are dropped.
  private var dropped = 0
  /// Sequence number of the first record.
  private var first: UInt64 = 0
  /// Sequence numbers of the stored records, and the first of them that is out of date.
  private var stored: Range<UInt64> = 0..<0
  private var staleFrom: UInt64 = 0

  init() {}

  /// The records found in a store.
  init(_ entries: [(key: [UInt8], value: [UInt8])]) throws {
    for entry in entries {
      guard let sequence = LinearizerUpdate.sequence(ofRecordKey: entry.key) else { continue }
      if records.isEmpty { first = sequence }
      guard sequence == next else { throw AutobaseError.corrupt("local record \(sequence) follows \(next)") }
      records.append(try LinearizerUpdate(decoding: entry.value))
    }
    stored = first..<next
    staleFrom = next
  }

  private var next: UInt64 { first + UInt64(count) }
  var count: Int { records.count - dropped }
  var isEmpty: Bool { count == 0 }
  var last: LinearizerUpdate? { isEmpty ? nil : records.last }
  subscript(index: Int) -> LinearizerUpdate { records[dropped + index] }
  var all: ArraySlice<LinearizerUpdate> { records[dropped...] }

  mutating func append(_ record: LinearizerUpdate) { records.append(record) }

  mutating func popLast() -> LinearizerUpdate? {
    guard !isEmpty, let record = records.popLast() else { return nil }
    staleFrom = min(staleFrom, next)
    return record
  }

  /// Drops the first `count` records.
  mutating func removeFirst(_ count: Int) {
    dropped += count
    first += UInt64(count)
    guard dropped >= 64, dropped * 2 >= records.count else { return }
    records.removeSubrange(..<dropped)
    dropped = 0
  }

  /// Starts anew, as after a change of indexers.
  mutating func reset() {
    records.removeAll()
    dropped = 0
    first = 0
    staleFrom = 0
  }

  /// Brings the stored records up to date.
  mutating func store(_ put: (_ key: [UInt8], _ value: [UInt8]?) throws -> Void) rethrows {
    let live = first..<next
    for sequence in stored.lowerBound..<min(max(live.lowerBound, stored.lowerBound), stored.upperBound) {
      try put(LinearizerUpdate.recordKey(sequence: sequence), nil)
    }
    for sequence in max(min(live.upperBound, stored.upperBound), stored.lowerBound)..<stored.upperBound
    where !live.contains(sequence) && sequence >= live.lowerBound {
      try put(LinearizerUpdate.recordKey(sequence: sequence), nil)
    }
    let changed = min(stored.upperBound, staleFrom)
    let start = stored.contains(live.lowerBound) ? max(live.lowerBound, changed) : live.lowerBound
    for sequence in start..<max(start, live.upperBound) {
      try put(
        LinearizerUpdate.recordKey(sequence: sequence), records[dropped + Int(sequence - first)].encoded())
    }
    stored = live
    staleFrom = next
  }
}
