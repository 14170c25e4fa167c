import CompactEncoding
import Corestore
import HyperDB
import Hypercore
import IndexEncoder
import Registry

extension Row {
  /// The registry's database over a log in a store, `--sync normal`, filled with the real entries of `examples/`.
  static let databases = [
    inserting(
      "db-insert-each", title: "HyperDB insert of registry entries, transaction each", isOne: false, aim: 20_000,
      javascript: 900),
    inserting(
      "db-insert-one", title: "HyperDB insert of registry entries, one transaction", isOne: true, aim: 100_000,
      javascript: 13_000),
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

  /// A row that fills a new database in each round. An entry is four blocks of the log: itself and three index keys.
  private static func inserting(_ name: String, title: String, isOne: Bool, aim: Double, javascript: Double) -> Row {
    Row(
      name: name, title: title, aim: .figure(aim), javascript: javascript,
      limit: "raw SQLite, the same rows: 4 blocks an entry"
    ) { workspace in
      let entries = try Entries(workspace.entries)
      var blockSize = 0
      return Pair(
        ours: {
          let (store, log, database) = try database(in: workspace)
          var next = entries.values.makeIterator()
          var count = 0
          let start = now()
          while isOne ? count == 0 : now() - start < workspace.budget && count < entries.values.count {
            try store.write {
              let transaction = try database.transaction()
              while let entry = next.next() {
                try transaction.insert("@registry/entry", entry)
                count += 1
                if !isOne { break }
              }
              try transaction.flush()
            }
          }
          let sample = Sample(operations: Double(count), seconds: now() - start)
          blockSize = Int(log.byteLength / log.length)
          return sample
        },
        limit: {
          let raw = try RawLog(workspace.fresh("raw.db"), blockSize: blockSize, durable: false)
          if isOne { return try timed(entries.values.count) { try raw.append(4 * entries.values.count) } }
          return try repeated(for: workspace.budget) { try raw.append(4) }
        })
    }
  }

  /// A row that reads all entries in one way, in one read transaction.
  private static func reading(
    _ name: String, title: String, aim: Double, javascript: Double, limit: String,
    _ read: @escaping @Sendable (HyperDB, Entries) throws -> Void,
    raw readRaw: @escaping @Sendable (RawTable, Entries) throws -> Void
  ) -> Row {
    Row(name: name, title: title, aim: .figure(aim), javascript: javascript, limit: limit) { workspace in
      let entries = try Entries(workspace.entries)
      let (store, _, database) = try database(in: workspace)
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

  private static func database(in workspace: Workspace) throws -> (Corestore, Hypercore, HyperDB) {
    let store = try Corestore(directory: workspace.fresh("store"), options: StoreOptions(durability: .normal))
    let log = try store.get(name: "view")
    return (store, log, HyperDB(log, RegistrySpecification.database))
  }
}
