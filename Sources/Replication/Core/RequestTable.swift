/// What one peer was asked for and has not answered.
///
/// Ids are positions in a table, and stay small. A position whose request was taken back is used again under a higher
/// id, so that an answer that crosses finds nothing.
struct RequestTable: Sendable {
  enum Kind: UInt8, Sendable { case free, block, upgrade, hash, seek, manifest, reorg, reorgHash }

  struct Entry: Sendable {
    var kind = Kind.free
    /// The request also asks for a newer head.
    var hasUpgrade = false
    /// That head may be shorter than the own one.
    var isEarlier = false
    var fork: UInt64 = 0
    /// Block index, flat-tree index or byte offset.
    var target: UInt64 = 0
    /// Length after the upgrade.
    var length: UInt64 = 0
    /// When it was sent.
    var time: UInt64 = 0
    /// Counts requests, to tell older from newer ones.
    var sequence: UInt64 = 0
    var generation: UInt64 = 0

    var hasBlock: Bool { kind == .block }
  }

  static let capacity: UInt64 = 1 << 16

  private(set) var entries: [Entry] = []
  private var free: [Int] = []
  /// Requests that wait for an answer, those that were taken back not counted.
  private(set) var count = 0
  /// Requests for blocks among them.
  private(set) var blockCount = 0
  private var sequence: UInt64 = 0

  /// Notes a request and returns its id.
  mutating func insert(_ new: Entry) -> UInt64 {
    var entry = new
    sequence += 1
    entry.sequence = sequence
    count += 1
    if entry.hasBlock { blockCount += 1 }
    if let slot = free.popLast() {
      entry.generation = entries[slot].generation
      entries[slot] = entry
      return entry.generation * Self.capacity + UInt64(slot) + 1
    }
    entries.append(entry)
    return UInt64(entries.count)
  }

  /// Whether there is room for one more.
  var hasRoom: Bool { !free.isEmpty || UInt64(entries.count) < Self.capacity - 1 }

  /// The request with an id.
  func entry(_ id: UInt64) -> Entry? {
    let slot = Int(id % Self.capacity) - 1
    guard slot >= 0, slot < entries.count, entries[slot].kind != .free,
      entries[slot].generation == id / Self.capacity
    else { return nil }
    return entries[slot]
  }

  /// Removes the request with an id: it was answered.
  mutating func remove(_ id: UInt64) {
    guard let entry = entry(id) else { return }
    let slot = Int(id % Self.capacity) - 1
    forget(entry)
    entries[slot].kind = .free
    free.append(slot)
  }

  /// The request with an id was taken back; its answer may still come.
  mutating func cancel(_ id: UInt64) {
    guard let entry = entry(id) else { return }
    let slot = Int(id % Self.capacity) - 1
    forget(entry)
    // The position is free at once under a new id; a crossing answer to the old one finds nothing.
    entries[slot].kind = .free
    entries[slot].generation += 1
    free.append(slot)
  }

  private mutating func forget(_ entry: Entry) {
    count -= 1
    if entry.hasBlock { blockCount -= 1 }
  }

  /// Ids and requests that wait for an answer.
  var outstanding: [(id: UInt64, entry: Entry)] {
    entries.enumerated().compactMap { slot, entry in
      entry.kind == .free
        ? nil : (entry.generation * Self.capacity + UInt64(slot) + 1, entry)
    }
  }
}
