/// # HyperDB
///
/// Collections of typed records with any number of indexes, in one bee. Collections and indexes are described by a
/// `db.json`, the records by a `schema.json`; this module interprets both (``DatabaseSchema``), and makes the next
/// version of a `db.json` (``DatabaseBuilder``).
///
/// ## The definition
///
/// `{version, offset, schema: [entry…]}`. Every entry has an id: one counter over collections and indexes in the order
/// of the file, from `offset` on. New entries go to the end, so that ids never change.
///
/// | entry | members |
/// |---|---|
/// | collection | name, namespace, id, type 1, version, versionField, indexes, schema, derived, key, trigger |
/// | index | name, namespace, id, type 2, version, collection, unique, deprecated, key |
///
/// ## Keys and values in the bee
///
/// | | key | value |
/// |---|---|---|
/// | record | UINT id, then the primary key fields | the record without its primary key fields |
/// | index | UINT id, then the index fields, then, unless unique, the primary key fields | the record's **key** |
///
/// Keys are those of ``IndexEncoder``: numbers, numeric enums → UINT; texts → STRING; bytes → BUFFER; truth values →
/// BOOL. Values are structs of ``Hyperschema`` whose key fields are left out (those at the top; the fields of a dotted
/// path stay in the value). When the collection has a version above 0 and no `versionField`, the struct stands behind
/// `00` and `uint` version: the lower of the definition's version and the collection's.
///
/// An index has one key a record, or, when it is mapped by code, any number. Records are always indexed: a field that
/// is null or missing counts as "", 0, false or no bytes; only a missing number is refused.
///
/// ## Changes
///
/// Inserts and deletes are gathered and written by ``HyperDB/flush()`` as one batch. Each compares with the record as
/// it was when the instance last looked, never with other pending changes: inserting what is stored drops a pending
/// change, inserting something else replaces it. For each maintained index, in order, the keys of the old record
/// that the new one lacks are deleted, then those that the old one lacked are put. An old record counts as indexed by
/// an index only if the record's version is at least the index's.
///
/// The batch goes from the newest change to the oldest; within a change first the index keys, then the record itself.
/// With more than one change, the second and later operations on one index key are left out: the newest change decides.
///
/// Source: spec 04 §5, §6.

public import CompactEncoding
public import Hyperbee
public import Hypercore

/// A database over a log, one snapshot of it, or a transaction.
///
/// An instance belongs to one driver at a time: it has no locks. Reads see the log as it was when the instance was
/// made or last updated, under the changes that were not flushed yet.
public final class HyperDB {
  /// The definition in use.
  public let schema: DatabaseSchema
  /// The bee below.
  public let bee: Hyperbee
  /// What the instance is.
  public let role: Role
  /// Handed to the code of mapped indexes.
  public let context: Value

  /// What an instance can be.
  public enum Role: Sendable {
    /// Follows the log and can make transactions.
    case main
    /// Gathers changes of its own and ends when they are written.
    case transaction
    /// Can only be read.
    case snapshot
  }

  let parent: HyperDB?
  let autoUpdate: Bool
  /// The bee at the version that reads see.
  var view: Hyperbee
  var length: UInt64
  var epoch: UInt64
  var updates = Updates()
  var isClosed = false
  var watchers: [(id: Int, body: () -> Void)] = []
  var nextWatcher = 0

  /// A database over a log, which may be empty.
  ///
  /// - Parameters:
  ///   - autoUpdate: whether every call first takes notice of what others wrote, which drops pending changes.
  ///   - context: handed to the code of mapped indexes.
  public convenience init(
    _ log: any ReadableLog, _ schema: DatabaseSchema, autoUpdate: Bool = false, context: Value = .undefined
  ) {
    self.init(Hyperbee(log), schema, autoUpdate: autoUpdate, context: context)
  }

  /// A database over a bee.
  public convenience init(
    _ bee: Hyperbee, _ schema: DatabaseSchema, autoUpdate: Bool = false, context: Value = .undefined
  ) {
    let position = HyperDB.position(bee.log)
    self.init(
      bee, schema, .main, parent: nil, autoUpdate: autoUpdate, context: context, position: position,
      view: bee.at(min(position.length, bee.fixedVersion ?? position.length)))
  }

  init(
    _ bee: Hyperbee, _ schema: DatabaseSchema, _ role: Role, parent: HyperDB?, autoUpdate: Bool, context: Value,
    position: (length: UInt64, epoch: UInt64), view: Hyperbee
  ) {
    self.bee = bee
    self.schema = schema
    self.role = role
    self.parent = parent
    self.autoUpdate = autoUpdate
    self.context = context
    self.view = view
    (length, epoch) = position
  }

  /// The version of the bee that reads see.
  public var version: UInt64 { view.version }

  /// Whether the log differs from what reads see.
  public var isOutdated: Bool { role != .snapshot && HyperDB.position(bee.log) != (length, epoch) }

  /// The bee at the version that reads see, when the instance can be used.
  @inline(__always)
  func readable() throws -> Hyperbee {
    guard !isClosed else { throw DatabaseError.closed }
    if role != .snapshot, bee.log.length != length || bee.epoch != epoch {
      if autoUpdate { update() } else if bee.epoch != epoch { throw DatabaseError.truncated }
    }
    return view
  }
}
