public import CompactEncoding
import Hyperbee
import Hypercore
public import IndexEncoder

extension HyperDB {
  /// The record with the key that `query` names, or nil.
  ///
  /// - Parameter name: a collection, or an index; then the query must name all fields of its key.
  /// - Throws: ``DatabaseError/unknownIndexOrCollection(_:)``; what reading the bee throws.
  public func get(_ name: String, _ query: Value) throws -> Value? {
    try bee.log.reading { try lookUp(name, query) }
  }

  private func lookUp(_ name: String, _ query: Value) throws -> Value? {
    let view = try readable()
    switch schema.names[name] {
    case .collection(let position):
      let plan = schema.collections[position]
      let key = try plan.key.encode(query: query)
      if let update = updates[key] {
        return try update.value.map { .object(try plan.decode(key: key, value: $0).record) }
      }
      return try record(plan, key, in: view)
    case .index(let position):
      let index = schema.indexes[position]
      let plan = schema.collections[index.collection]
      let key = try index.key.encode(query: query)
      if !updates.isEmpty, let overlay = updates.overlay(index: key) {
        guard !overlay.isDelete, let value = overlay.update.value else { return nil }
        return .object(try plan.decode(key: overlay.update.key, value: value).record)
      }
      guard let primary = try view.get(key)?.value else { return nil }
      return try record(plan, primary, in: view)
    case nil: throw DatabaseError.unknownIndexOrCollection(name)
    }
  }

  /// The stored record of a key.
  func record(_ plan: CollectionPlan, _ key: [UInt8], in view: Hyperbee) throws -> Value? {
    guard let value = try view.get(key)?.value else { return nil }
    return .object(try plan.decode(key: key, value: value).record)
  }

  /// The records of a collection or index whose keys lie between partial records, in the order of the keys.
  ///
  /// A bound names the first fields of the key, up to the first it leaves out; everything that begins so is on the same
  /// side of it. All records of a type are `.exactly(["type": …])`.
  ///
  /// In an index, a record that changed without changing its index key is given as it is stored, without the pending
  /// change, as the reference does.
  ///
  /// - Parameters:
  ///   - range: bounds; everything by default. For an index that maps to bare values a bound is such a value.
  ///   - reverse: whether to start at the upper end.
  ///   - limit: most records, nil or negative for all.
  ///   - version: a version of the bee to read instead, without pending changes.
  /// - Throws: ``DatabaseError/unknownIndex(_:)``; an `IndexError` for a bound that does not fit.
  public func find(
    _ name: String, _ range: Bounds<Value> = Bounds(), reverse: Bool = false, limit: Int? = nil,
    at version: UInt64? = nil
  ) throws -> RecordIterator {
    try bee.log.reading { try search(name, range, reverse: reverse, limit: limit, at: version) }
  }

  private func search(
    _ name: String, _ range: Bounds<Value>, reverse: Bool, limit: Int?, at version: UInt64?
  ) throws -> RecordIterator {
    var view = try readable()
    let overlaid = version == nil ? updates : Updates()
    if let version { view = role == .snapshot ? try view.checkout(version) : try bee.checkout(version) }
    switch schema.names[name] {
    case .collection(let position):
      let plan = schema.collections[position]
      return try RecordIterator(
        view, plan, nil, plan.key.encode(range: range), reverse: reverse, limit: limit, overlaid)
    case .index(let position):
      let index = schema.indexes[position]
      return try RecordIterator(
        view, schema.collections[index.collection], index,
        index.key.encode(range: range, naming: index.map == nil ? nil : index.mappedCount), reverse: reverse,
        limit: limit, overlaid)
    case nil: throw DatabaseError.unknownIndex(name)
    }
  }

  /// The first record that ``find(_:_:reverse:limit:at:)`` gives, or nil.
  public func findOne(_ name: String, _ range: Bounds<Value> = Bounds(), reverse: Bool = false) throws -> Value? {
    try bee.log.reading {
      var records = try find(name, range, reverse: reverse, limit: 1)
      return try records.next()
    }
  }

  /// Number of keys that ``find(_:_:reverse:limit:at:)`` walks over; an index may have several for one record. Reads
  /// no records.
  public func count(_ name: String, _ range: Bounds<Value> = Bounds()) throws -> Int {
    try bee.log.reading {
      var records = try find(name, range)
      return try records.count()
    }
  }

  /// What happened to the records, in the order of the log.
  ///
  /// - Parameters:
  ///   - range: bounds of sequences, as in a bee's history; a negative one counts from the version.
  ///   - isLive: whether the iterator goes on with what is appended later.
  public func changes(
    _ range: Bounds<Int64> = Bounds(), reverse: Bool = false, limit: Int? = nil, isLive: Bool = false
  ) throws -> ChangeIterator {
    let view = try readable()
    let history = try (isLive ? bee : view).history(range, reverse: reverse, isLive: isLive)
    return ChangeIterator(schema, history, limit: limit)
  }
}
