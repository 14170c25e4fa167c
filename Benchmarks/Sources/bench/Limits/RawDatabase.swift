import CLimits

/// SQLite by its C API and nothing else: no layer, no cache, no checks that the tools would not need.
final class RawDatabase {
  let handle: OpaquePointer

  /// Opens a new database with the pragmas of the store.
  init(_ path: String, durable: Bool = false) throws {
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    guard sqlite3_open_v2(path, &opened, flags, nil) == SQLITE_OK, let opened else {
      throw BenchError("cannot open \(path)")
    }
    handle = opened
    for pragma in RawDatabase.pragmas(durable: durable) { try execute("PRAGMA " + pragma) }
  }

  deinit { sqlite3_close_v2(handle) }

  func execute(_ sql: String) throws {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
      throw BenchError("\(sql): \(String(cString: sqlite3_errmsg(handle)))")
    }
  }

  func prepare(_ sql: String) throws -> RawStatement { try RawStatement(sql, in: self) }
}

/// A prepared statement.
final class RawStatement {
  private let handle: OpaquePointer
  private let database: RawDatabase

  init(_ sql: String, in database: RawDatabase) throws {
    self.database = database
    var prepared: OpaquePointer?
    let code = sqlite3_prepare_v3(database.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard code == SQLITE_OK, let prepared else {
      throw BenchError("\(sql): \(String(cString: sqlite3_errmsg(database.handle)))")
    }
    handle = prepared
  }

  deinit { sqlite3_finalize(handle) }

  func bind(_ value: Int, at index: Int32) { sqlite3_bind_int64(handle, index, Int64(value)) }

  /// Binds without a copy; the bytes must live until the statement has run.
  func bind(_ bytes: UnsafeRawBufferPointer, at index: Int32) {
    limits_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count))
  }

  /// Runs a statement without rows.
  func run() throws {
    let code = sqlite3_step(handle)
    sqlite3_reset(handle)
    guard code == SQLITE_DONE || code == SQLITE_ROW else { throw BenchError("SQLite code \(code)") }
  }

  /// Runs to the last row and gives the bytes of the first column of all rows to `body`.
  func rows(_ body: (UnsafeRawBufferPointer) -> Void) throws -> Int {
    var count = 0
    while sqlite3_step(handle) == SQLITE_ROW {
      count += 1
      body(.init(start: sqlite3_column_blob(handle, 0), count: Int(sqlite3_column_bytes(handle, 0))))
    }
    sqlite3_reset(handle)
    return count
  }
}

extension RawDatabase {
  /// The pragmas with which the store opens its database.
  static func pragmas(durable: Bool) -> [String] {
    [
      "journal_mode=WAL", "synchronous=\(durable ? "FULL" : "NORMAL")", "cache_size=-16384",
      "wal_autocheckpoint=8192", "journal_size_limit=67108864", "temp_store=MEMORY",
    ]
  }
}
