import CompactEncoding

/// The applied nodes that are not indexed yet, in applied order: one record for each flush of the system view
/// (spec 03 §6.2). The stored copy lets a restart keep the tip.
struct UpdateLog {
  private var records: [LinearizerUpdate] = []
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

  private var next: UInt64 { first + UInt64(records.count) }
  var count: Int { records.count }
  var isEmpty: Bool { records.isEmpty }
  var last: LinearizerUpdate? { records.last }
  subscript(index: Int) -> LinearizerUpdate { records[index] }
  var all: [LinearizerUpdate] { records }

  mutating func append(_ record: LinearizerUpdate) { records.append(record) }

  mutating func popLast() -> LinearizerUpdate? {
    guard let record = records.popLast() else { return nil }
    staleFrom = min(staleFrom, next)
    return record
  }

  /// Drops the first `count` records.
  mutating func removeFirst(_ count: Int) {
    records.removeFirst(count)
    first += UInt64(count)
  }

  /// Starts anew, as after a change of indexers.
  mutating func reset() {
    records.removeAll()
    first = 0
    staleFrom = 0
  }

  /// Brings the stored records up to date.
  mutating func store(_ put: (_ key: [UInt8], _ value: [UInt8]?) throws -> Void) rethrows {
    let live = first..<next
    for sequence in stored where !live.contains(sequence) {
      try put(LinearizerUpdate.recordKey(sequence: sequence), nil)
    }
    for (i, record) in records.enumerated() {
      let sequence = first + UInt64(i)
      if stored.contains(sequence) && sequence < staleFrom { continue }
      try put(LinearizerUpdate.recordKey(sequence: sequence), record.encoded())
    }
    stored = live
    staleFrom = next
  }
}
