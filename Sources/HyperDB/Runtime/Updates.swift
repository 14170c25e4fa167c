/// Changes of an instance that were not flushed yet, in the order of their calls.
struct Updates {
  /// A record that was inserted or deleted.
  struct Update {
    let collection: Int
    let key: [UInt8]
    /// The new value, nil for a delete.
    let value: [UInt8]?
    let operations: [Operation]
  }

  /// An index key that appears or goes away.
  struct Operation {
    let key: [UInt8]
    let isDelete: Bool
    /// Whether another change may write the same key.
    let mayCollide: Bool
  }

  /// Nil where a change was replaced or dropped.
  private var list: [Update?] = []
  private var positions: [[UInt8]: Int] = [:]

  var isEmpty: Bool { positions.isEmpty }
  var count: Int { positions.count }

  /// The pending change of a record.
  @inline(__always)
  subscript(key: [UInt8]) -> Update? {
    guard !positions.isEmpty, let position = positions[key] else { return nil }
    return list[position]
  }

  /// Changes from the oldest to the newest.
  var ordered: some BidirectionalCollection<Update> { list.lazy.compactMap(\.self) }

  /// Makes `update` the newest change, in place of an earlier one of the same record.
  mutating func store(_ update: Update) {
    if let earlier = positions.updateValue(list.count, forKey: update.key) { list[earlier] = nil }
    list.append(update)
    if list.count > 2 * positions.count + 64 { compact() }
  }

  mutating func drop(_ key: [UInt8]) {
    if !positions.isEmpty, let position = positions.removeValue(forKey: key) { list[position] = nil }
  }

  private mutating func compact() {
    list.removeAll { $0 == nil }
    for (position, update) in list.enumerated() { if let update { positions[update.key] = position } }
  }

  // MARK: Reading through pending changes

  /// What a pending change makes of a key in the bee.
  struct Overlay {
    let key: [UInt8]
    let update: Update
    let isDelete: Bool
  }

  /// The newest pending word on an index key.
  func overlay(index key: [UInt8]) -> Overlay? {
    for update in ordered.reversed() {
      if let operation = update.operations.last(where: { $0.key == key }) {
        return Overlay(key: key, update: update, isDelete: operation.isDelete)
      }
    }
    return nil
  }

  /// What pending changes make of the keys that satisfy a condition, ascending, the newest word on each.
  ///
  /// - Parameter ofRecords: whether the keys of records are looked at, or those of indexes.
  func overlays(ofRecords: Bool, where isIncluded: ([UInt8]) -> Bool) -> [Overlay] {
    var newest: [[UInt8]: Overlay] = [:]
    for update in ordered {
      if ofRecords {
        guard isIncluded(update.key) else { continue }
        newest[update.key] = Overlay(key: update.key, update: update, isDelete: update.value == nil)
      } else {
        for operation in update.operations where isIncluded(operation.key) {
          newest[operation.key] = Overlay(key: operation.key, update: update, isDelete: operation.isDelete)
        }
      }
    }
    return newest.values.sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }
}
