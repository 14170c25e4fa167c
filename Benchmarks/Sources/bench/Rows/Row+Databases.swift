import CompactEncoding
import Corestore
import HyperDB
import Hypercore
import IndexEncoder
import JSON
import Registry

extension Row {
  /// The registry's database over a log in a store, `--sync normal`, filled with the real entries of `examples/`.
  static let databases = [
    Row(
      name: "db-insert-each", title: "HyperDB insert of registry entries, transaction each", aim: .figure(20_000),
      javascript: 900, limit: "raw SQLite, the same rows: 4 blocks a transaction"
    ) { workspace in
      let entries = try Entries(workspace.entries)
      let (store, database) = try database(in: workspace)
      let raw = try RawLog(workspace.fresh("raw.db"), blockSize: 180, durable: false)
      var next = entries.endless()
      return Pair(
        ours: {
          try repeated(for: workspace.budget) {
            let transaction = try database.transaction()
            try transaction.insert("@registry/entry", next())
            try withExtendedLifetime(store) { try transaction.flush() }
          }
        },
        limit: { try repeated(for: workspace.budget) { try raw.append(4) } })
    },
    Row(
      name: "db-insert-one", title: "HyperDB insert of registry entries, one transaction", aim: .figure(100_000),
      javascript: 13_000, limit: "raw SQLite, the same rows: 4 blocks an entry, one transaction"
    ) { workspace in
      let entries = try Entries(workspace.entries)
      let raw = try RawLog(workspace.fresh("raw.db"), blockSize: 180, durable: false)
      return Pair(
        ours: {
          let (store, database) = try database(in: workspace)
          return try timed(entries.values.count) {
            let transaction = try database.transaction()
            for value in entries.values { try transaction.insert("@registry/entry", value) }
            try withExtendedLifetime(store) { try transaction.flush() }
          }
        },
        limit: { try timed(entries.values.count) { try raw.append(4 * entries.values.count) } })
    },
    reading(
      "db-get", title: "HyperDB get", aim: 150_000, javascript: 12_000,
      limit: "raw SQLite, select by key"
    ) { database, entries in
      for query in entries.names where try database.get("@registry/entry", query) == nil { throw Entries.missing }
    } raw: { raw, entries in
      for key in entries.keys where try raw.get(key) == nil { throw Entries.missing }
    },
    reading(
      "db-find-one", title: "HyperDB findOne by index", aim: 80_000, javascript: 5000,
      limit: "raw SQLite, select by index and join"
    ) { database, entries in
      for query in entries.driveKeys {
        guard try database.findOne("@registry/entry-by-drive-key", .exactly(query)) != nil else {
          throw Entries.missing
        }
      }
    } raw: { raw, entries in
      for key in entries.indexKeys where try raw.find(key) == nil { throw Entries.missing }
    },
    reading(
      "db-scan", title: "HyperDB full scan", aim: 400_000, javascript: 28_000,
      limit: "raw SQLite, select all in order"
    ) { database, entries in
      var records = try database.find("@registry/entry")
      var count = 0
      while try records.next() != nil { count += 1 }
      guard count == entries.values.count else { throw Entries.missing }
    } raw: { raw, entries in
      guard try raw.readAll() == entries.values.count else { throw Entries.missing }
    },
  ]

  /// A row that reads all entries in one way, in one read transaction.
  private static func reading(
    _ name: String, title: String, aim: Double, javascript: Double, limit: String,
    _ read: @escaping @Sendable (HyperDB, Entries) throws -> Void,
    raw readRaw: @escaping @Sendable (RawTable, Entries) throws -> Void
  ) -> Row {
    Row(name: name, title: title, aim: .figure(aim), javascript: javascript, limit: limit) { workspace in
      let entries = try Entries(workspace.entries)
      let (store, database) = try database(in: workspace)
      let transaction = try database.transaction()
      for value in entries.values { try transaction.insert("@registry/entry", value) }
      try transaction.flush()
      database.update()
      let raw = try RawTable(workspace.fresh("raw.db"))
      try raw.transaction {
        for i in entries.values.indices {
          try raw.put(entries.keys[i], entries.bytes[i])
          try raw.index(entries.indexKeys[i], entries.keys[i])
        }
      }
      return Pair(
        ours: {
          try repeated(for: workspace.budget, step: entries.values.count) {
            try store.read { try read(database, entries) }
          }
        },
        limit: {
          try repeated(for: workspace.budget, step: entries.values.count) {
            try raw.transaction { try readRaw(raw, entries) }
          }
        })
    }
  }

  private static func schema() throws -> DatabaseSchema {
    try DatabaseSchema(
      DatabaseDefinition(JSON(parsing: RegistrySpecification.databaseText)), schema: RegistrySpecification.schema)
  }

  private static func database(in workspace: Workspace) throws -> (Corestore, HyperDB) {
    let store = try Corestore(directory: workspace.fresh("store"), options: StoreOptions(durability: .normal))
    return (store, try HyperDB(store.get(name: "view"), schema()))
  }
}
