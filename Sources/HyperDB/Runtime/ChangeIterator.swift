public import CompactEncoding
import Hyperbee
import IndexEncoder

/// Inserts and deletes of records in the order of the log. Blocks of indexes are passed over.
///
/// A collection is recognised by the number in front of the key, whatever its size; the reference is wrong about ids
/// from 252 on.
public struct ChangeIterator {
  /// A record that was inserted or deleted.
  public struct Change: Sendable, Hashable {
    /// What happened.
    public enum Kind: String, Sendable { case insert, delete }

    /// What happened.
    public let kind: Kind
    /// The block that holds the change.
    public let sequence: UInt64
    /// Full name of the collection.
    public let collection: String
    /// The record; for a delete its key fields only.
    public let value: Value
  }

  private let schema: DatabaseSchema
  private var history: HistoryIterator
  private var remaining: Int

  init(_ schema: DatabaseSchema, _ history: HistoryIterator, limit: Int?) {
    self.schema = schema
    self.history = history
    remaining = limit.flatMap { $0 < 0 ? nil : $0 } ?? Int.max
  }

  /// The next change; nil at the end, in a live iterator also when it has caught up with the log.
  public mutating func next() throws -> Change? {
    while remaining > 0, let change = try history.next() {
      var reader = IndexKeyReader(change.entry.key)
      guard let id = try? reader.uint(), let position = schema.identifiers[id] else { continue }
      let plan = schema.collections[position]
      remaining -= 1
      let value: Value
      if let stored = change.entry.value {
        value = .object(try plan.decode(key: change.entry.key, value: stored).record)
      } else {
        value = try plan.decode(key: change.entry.key)
      }
      return Change(
        kind: change.kind == .put ? .insert : .delete, sequence: change.entry.sequence, collection: plan.name,
        value: value)
    }
    return nil
  }

  /// All changes that are left; for a live iterator those up to now.
  public consuming func collect() throws -> [Change] {
    var changes: [Change] = []
    while let change = try next() { changes.append(change) }
    return changes
  }
}
