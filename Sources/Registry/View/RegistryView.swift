public import CompactEncoding
public import HyperDB
public import Hypercore
import Hyperschema
import IndexEncoder
import JSON

/// The database of a registry: its entries by name, drive key, type and owner.
public final class RegistryView {
  /// The database.
  public let database: HyperDB

  /// The registry's database over a log, which may be empty.
  public init(_ log: any ReadableLog) {
    database = HyperDB(log, RegistrySpecification.database, autoUpdate: true)
  }

  private init(_ database: HyperDB) { self.database = database }

  /// The name of the view in a base.
  public static let name = "db-view"

  private static let entries = "@registry/entry"
  private static let byDriveKey = "@registry/entry-by-drive-key"
  private static let byType = "@registry/entry-by-type"
  private static let byOwner = "@registry/entry-by-owner"

  /// The same entries for ever, whatever is written afterwards.
  public func snapshot() throws -> RegistryView { RegistryView(try database.snapshot()) }

  // MARK: Writing

  /// Inserts an entry, or replaces the one of its name, in a transaction of its own. The same entry again changes
  /// nothing.
  public func put(_ entry: Entry) throws {
    try database.insert(Self.entries, entry.value)
    try database.flush()
  }

  /// Deletes the entry of a name, if there is one, in a transaction of its own.
  public func delete(_ name: String) throws {
    try database.delete(Self.entries, Self.key(name))
    try database.flush()
  }

  // MARK: Reading

  /// The entry of a name.
  public func get(_ name: String) throws -> Entry? {
    try database.get(Self.entries, Self.key(name)).flatMap { Entry($0) }
  }

  /// The entry of a drive; with several, the first by name.
  public func get(driveKey: Fixed32) throws -> Entry? {
    try database.findOne(Self.byDriveKey, .exactly(Self.filter("driveKey", .fixed32(driveKey)))).flatMap { Entry($0) }
  }

  /// All entries of a type, by name.
  public func entries(ofType type: String) throws -> [Entry] { try all(Self.byType, "type", type) }

  /// All entries of an owner, by name. The entries without owner are those of the owner "".
  public func entries(ofOwner owner: String) throws -> [Entry] { try all(Self.byOwner, "owner", owner) }

  /// Number of entries.
  public func count() throws -> Int { try database.count(Self.entries) }

  private func all(_ index: String, _ field: String, _ text: String) throws -> [Entry] {
    try database.find(index, .exactly(Self.filter(field, .string(text)))).collect().compactMap { Entry($0) }
  }

  /// The entries that a request asks for, by name, and where to go on.
  ///
  /// Of several filters the first counts, in the order type, owner, drive key.
  public func list(_ request: ListRequest) throws -> ListResponse {
    let limit = request.effectiveLimit
    let (name, filter) = Self.selection(request)
    var bounds = Bounds<Value>(gte: filter, lte: filter)
    if let after = request.after {
      let position = Self.join(filter, after)
      if request.reverse { bounds.lt = position } else { bounds.gt = position }
    }
    var records = try database.find(name, bounds, reverse: request.reverse, limit: limit + 1)
    var entries: [Entry] = []
    while let record = try records.next() {
      guard entries.count < limit else { return ListResponse(entries: entries, next: entries.last?.name) }
      if let entry = Entry(record) { entries.append(entry) }
    }
    return ListResponse(entries: entries)
  }

  /// What to search, and the fields that all entries found have in common.
  private static func selection(_ request: ListRequest) -> (name: String, filter: Value?) {
    if let type = request.type { return (byType, filter("type", .string(type))) }
    if let owner = request.owner { return (byOwner, filter("owner", .string(owner))) }
    if let key = request.driveKey { return (byDriveKey, filter("driveKey", .fixed32(key))) }
    return (entries, nil)
  }

  private static func filter(_ field: String, _ value: Value) -> Value { .object([(field, value)]) }

  private static func join(_ filter: Value?, _ name: String) -> Value {
    .object((filter?.record.map { Array($0.members) } ?? []) + [("name", .string(name))])
  }

  private static let nameLayout = Record.Layout(["name"])

  private static func key(_ name: String) -> Value {
    .object(Record(layout: nameLayout, values: [.string(name)]))
  }
}
