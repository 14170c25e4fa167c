import CompactEncoding

/// The system view in memory: its info, and what the node under way changes (spec 03 §5.2–5.3). The order of all lists
/// decides the content of blocks.
struct SystemState {
  var info: SystemInfo
  /// Member records to put, in the order they were made; the last one of a key counts.
  private(set) var changes: [(key: Fixed32, member: Member)] = []
  /// Writers whose length changes, in the order they were first touched.
  private(set) var clockUpdates: [Checkout] = []
  /// Whether the set of indexers changes.
  private(set) var isIndexerUpdate = false

  init(_ info: SystemInfo = SystemInfo()) { self.info = info }

  /// The length that the node under way gives a writer, or 0.
  func clockUpdate(_ key: Fixed32) -> UInt64 { clockUpdates.first { $0.key == key }?.length ?? 0 }

  /// Whether the node under way gives a writer a length.
  func isUpdated(_ key: Fixed32) -> Bool { clockUpdates.contains { $0.key == key } }

  /// The changed record of a member, if there is one.
  func change(_ key: Fixed32) -> Member? { changes.last { $0.key == key }?.member }

  mutating func clear() {
    changes.removeAll(keepingCapacity: true)
    clockUpdates.removeAll(keepingCapacity: true)
    isIndexerUpdate = false
  }

  mutating func put(_ key: Fixed32, _ member: Member) { changes.append((key, member)) }

  /// Makes a node a head of what is applied.
  mutating func addHead(_ key: Fixed32, length: UInt64, heads: [Checkout]) {
    var i = 0
    while i < info.heads.count {
      let head = info.heads[i]
      if !heads.contains(head) {
        guard head.key == key else {
          i += 1
          continue
        }
        if head.length > length { return }
      }
      info.heads.swapRemove(at: i)
    }
    info.heads.append(Checkout(key: key, length: length))
    if let index = clockUpdates.firstIndex(where: { $0.key == key }) {
      clockUpdates[index].length = length
    } else {
      clockUpdates.append(Checkout(key: key, length: length))
    }
    if info.pendingIndexers.contains(key) {
      activateIndexer(key, length: length)
    } else if let index = info.indexers.firstIndex(where: { $0.key == key }) {
      info.indexers[index].length = length
    }
  }

  mutating func activateIndexer(_ key: Fixed32, length: UInt64) {
    if length == 0 {
      if !info.pendingIndexers.contains(key) { info.pendingIndexers.append(key) }
      return
    }
    if let index = info.pendingIndexers.firstIndex(of: key) { info.pendingIndexers.swapRemove(at: index) }
    if let index = info.indexers.firstIndex(where: { $0.key == key }) {
      info.indexers[index].length = length
    } else {
      info.indexers.append(Checkout(key: key, length: length))
      if info.members > 0 { isIndexerUpdate = true }
    }
  }

  mutating func deactivateIndexer(_ key: Fixed32) {
    guard let index = info.indexers.firstIndex(where: { $0.key == key }) else { return }
    info.indexers.remove(at: index)
    isIndexerUpdate = true
  }
}

extension Array {
  /// Removes an element by moving the last one into its place.
  fileprivate mutating func swapRemove(at index: Int) {
    swapAt(index, count - 1)
    removeLast()
  }
}
