public import CompactEncoding
import Hyperbee
import Hypercore

extension HyperDB {
  /// Inserts a record, or replaces the one with the same key. It is written by ``flush()``.
  ///
  /// - Throws: ``DatabaseError/unknownCollection(_:)``; an `EncodingError` or `IndexError` when the record does not
  ///   fit its struct or keys; what reading throws.
  public func insert(_ collection: String, _ record: Value) throws {
    try bee.log.reading { try put(collection, record) }
  }

  private func put(_ collection: String, _ record: Value) throws {
    let view = try readable()
    guard let position = schema.collection(collection) else { throw DatabaseError.unknownCollection(collection) }
    let plan = schema.collections[position]
    let values = try plan.arrange(record)
    let key = try plan.key.encode(values)
    let value = try plan.encode(values)
    let previous = try view.get(key)?.value
    if previous == value { return updates.drop(key) }
    let old = try previous.map { try plan.decode(key: key, value: $0) }
    var operations: [Updates.Operation] = []
    let indexes = schema.maintained[position]
    operations.reserveCapacity(indexes.count * (old == nil ? 1 : 2))
    for index in indexes {
      let new = try index.keys(values, record, context: context)
      var before: [[UInt8]] = []
      if let old, index.version <= old.version {
        before = try index.keys(old.record.values, .object(old.record), context: context)
      }
      HyperDB.compare(before, new, index.mayCollide, into: &operations)
    }
    updates.store(Updates.Update(collection: position, key: key, value: value, operations: operations))
  }

  /// Deletes the record with the key that `query` names. An unknown collection or record changes nothing.
  public func delete(_ collection: String, _ query: Value) throws {
    try bee.log.reading { try remove(collection, query) }
  }

  private func remove(_ collection: String, _ query: Value) throws {
    let view = try readable()
    guard let position = schema.collection(collection) else { return }
    let plan = schema.collections[position]
    let key = try plan.key.encode(query: query)
    guard let previous = try view.get(key)?.value else { return updates.drop(key) }
    let old = try plan.decode(key: key, value: previous)
    var operations: [Updates.Operation] = []
    for index in schema.maintained[position] where index.version <= old.version {
      for key in try index.keys(old.record.values, .object(old.record), context: context) {
        operations.append(Updates.Operation(key: key, isDelete: true, mayCollide: index.mayCollide))
      }
    }
    updates.store(Updates.Update(collection: position, key: key, value: nil, operations: operations))
  }

  /// Appends what turns the index keys `old` into `new`: deletes, then puts. Keys that are in both stay, one for one.
  ///
  /// So a map that gives a key twice, and then once, loses that key: maps should give each key once.
  private static func compare(
    _ old: [[UInt8]], _ new: [[UInt8]], _ mayCollide: Bool, into operations: inout [Updates.Operation]
  ) {
    func add(_ keys: [[UInt8]], isDelete: Bool) {
      for key in keys { operations.append(Updates.Operation(key: key, isDelete: isDelete, mayCollide: mayCollide)) }
    }
    if old.isEmpty || new.isEmpty || (old.count == 1 && new.count == 1) {
      if old == new { return }
      add(old, isDelete: true)
      add(new, isDelete: false)
      return
    }
    let old = old.sorted { $0.lexicographicallyPrecedes($1) }
    let new = new.sorted { $0.lexicographicallyPrecedes($1) }
    var deleted: [[UInt8]] = []
    var put: [[UInt8]] = []
    var i = 0
    var j = 0
    while i < old.count || j < new.count {
      if i < old.count, j < new.count, old[i] == new[j] {
        i += 1
        j += 1
      } else if j == new.count || (i < old.count && old[i].lexicographicallyPrecedes(new[j])) {
        deleted.append(old[i])
        i += 1
      } else {
        put.append(new[j])
        j += 1
      }
    }
    add(deleted, isDelete: true)
    add(put, isDelete: false)
  }

  /// Whether changes wait for ``flush()``.
  public var hasUpdates: Bool { !updates.isEmpty }

  /// Whether a change of the record with the key that `query` names waits for ``flush()``.
  public func hasUpdate(_ collection: String, _ query: Value) throws -> Bool {
    guard let position = schema.collection(collection) else { return false }
    return updates[try schema.collections[position].key.encode(query: query)] != nil
  }

  /// Writes all changes in one append; without changes nothing, not even a header. Ends a transaction.
  ///
  /// - Throws: ``DatabaseError/readOnly`` for a snapshot; ``DatabaseError/changed`` when somebody wrote to the log since
  ///   this instance last looked: update it, or begin a new transaction, and repeat the changes.
  public func flush() throws {
    guard !isClosed else { throw DatabaseError.closed }
    guard role != .snapshot else { throw DatabaseError.readOnly }
    guard !updates.isEmpty else { return }
    let batch = try bee.batch()
    try batch.writing { try write(batch) }
    refresh()
    if let parent {
      if parent.updates.isEmpty { parent.refresh() }
      close()
    }
  }

  private func write(_ batch: Batch) throws {
    guard bee.log.length == length, bee.epoch == epoch else { throw DatabaseError.changed }
    var seen: Set<[UInt8]> = []
    let isChecked = updates.count > 1
    for update in updates.ordered.reversed() {
      for operation in update.operations {
        if isChecked, operation.mayCollide, !seen.insert(operation.key).inserted { continue }
        if operation.isDelete {
          try batch.delete(operation.key)
        } else {
          try batch.put(operation.key, update.key)
        }
      }
      if let value = update.value {
        try batch.put(update.key, value)
      } else {
        try batch.delete(update.key)
      }
    }
    try batch.flush()
  }
}
