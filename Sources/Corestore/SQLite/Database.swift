internal import CSQLite
internal import CompactEncoding

#if canImport(Glibc)
internal import Glibc
#endif

/// One connection to an SQLite database in WAL mode.
final class Database {
  /// How a file is opened.
  enum Mode {
    /// Read only, beside writers.
    case read
    /// Read only, a file that nobody writes.
    case immutable
    /// Read and write a file that exists.
    case write
    /// Read and write, and create the file.
    case create
  }

  /// Where pages rest while a transaction is open.
  enum Journal: String {
    /// New pages in a log beside the database, old ones where they were.
    case log = "WAL"
    /// New pages where they belong, old ones in a file beside the database, which is removed at the commit.
    case rollback = "DELETE"
  }

  let path: String
  let mode: Mode
  let busyTimeoutMilliseconds: Int
  private var handle: OpaquePointer?

  /// Opens the file.
  init(
    path: String, mode: Mode, busyTimeoutMilliseconds: Int, fileSystem: String? = nil
  ) throws(StoreError) {
    self.path = path
    self.mode = mode
    self.busyTimeoutMilliseconds = busyTimeoutMilliseconds
    var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    var name = path
    switch mode {
    case .read: flags |= SQLITE_OPEN_READONLY
    case .immutable:
      flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
      name = "file:" + Self.escaped(path) + "?immutable=1"
    case .write: flags |= SQLITE_OPEN_READWRITE
    case .create: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    }
    let code = sqlite3_open_v2(name, &handle, flags, fileSystem)
    guard code == SQLITE_OK else {
      let error = failure(code, "open")
      sqlite3_close_v2(handle)
      throw error
    }
    sqlite3_busy_timeout(handle, Int32(busyTimeoutMilliseconds))
  }

  deinit { sqlite3_close_v2(handle) }

  /// A path inside a URI: everything but plain characters as `%xx`.
  private static func escaped(_ path: String) -> String {
    var text = ""
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default: text += "%" + Hex.encode([byte])
      }
    }
    return text
  }

  /// Runs statements that take no parameters and return no rows of interest.
  func execute(_ sql: String) throws(StoreError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code, "write") }
  }

  /// The first column of the first row as an integer, or nil without rows.
  func integer(_ sql: String) throws(StoreError) -> Int64? {
    let statement = try Statement(sql, in: self)
    guard try statement.step() else { return nil }
    defer { statement.reset() }
    return statement.integer(0)
  }

  /// The first column of all rows as text.
  func texts(_ sql: String) throws(StoreError) -> [String] {
    let statement = try Statement(sql, in: self)
    var texts: [String] = []
    while try statement.step() { texts.append(statement.text(0)) }
    return texts
  }

  func prepare(_ sql: String) throws(StoreError) -> OpaquePointer {
    var statement: OpaquePointer?
    let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard code == SQLITE_OK, let statement else { throw failure(code, "read") }
    return statement
  }

  /// Rowid of the row inserted last on this connection.
  var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }
  /// Whether a transaction is open.
  var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// A number that changes whenever the content seen by this connection changes, by its own commits or by those of
  /// others. Others' commits show once a transaction has begun.
  var dataVersion: UInt32 {
    var version: UInt32 = 0
    hypertools_data_version(handle, &version)
    return version
  }

  /// Where SQLite keeps its index of the write-ahead log, once a transaction has run; nil when it shares none.
  var walIndex: UnsafeRawPointer? {
    if let knownIndex { return knownIndex }
    // Asked for without a write-ahead log, SQLite would make an index that nobody else knows.
    guard mode != .immutable, hasLog, let handle, let index = hypertools_wal_index(handle) else { return nil }
    knownIndex = UnsafeRawPointer(index)
    return knownIndex
  }
  private var knownIndex: UnsafeRawPointer?

  /// Whether this connection writes to a write-ahead log, as far as it has seen.
  private var hasLog: Bool { (try? texts("PRAGMA journal_mode")) == ["wal"] }

  /// Sets how a transaction can be undone; false when somebody else has the database open, and it stays as it is.
  func setJournal(_ journal: Journal) throws(StoreError) -> Bool {
    // With the log, its index goes.
    knownIndex = nil
    do throws(StoreError) { try execute("PRAGMA journal_mode = \(journal.rawValue)") } catch {
      guard case .busy = error else { throw error }
      return false
    }
    return true
  }

  /// Waits until all frames of the write-ahead log are on disk; what is no longer in it went to the database's file
  /// and on disk before it was taken out.
  func syncLog() throws(StoreError) {
    let code = hypertools_sync_wal(handle)
    guard code == SQLITE_OK else { throw failure(code, "sync") }
  }

  /// The error for an SQLite result code, with the text of the connection.
  func failure(_ code: Int32, _ operation: String) -> StoreError {
    let detail =
      handle.flatMap { String(validatingCString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
    let system = handle.map { sqlite3_system_errno($0) } ?? 0
    switch code & 0xff {
    case SQLITE_CORRUPT, SQLITE_NOTADB: return .corrupt(path: path, detail: detail)
    case SQLITE_FULL: return .diskFull(path: path)
    case SQLITE_BUSY, SQLITE_LOCKED: return .busy(path: path, timeoutMilliseconds: busyTimeoutMilliseconds)
    case SQLITE_READONLY, SQLITE_PERM: return .readOnly(path: path, detail: detail)
    case SQLITE_IOERR where system == ENOSPC || system == EDQUOT: return .diskFull(path: path)
    case SQLITE_IOERR where system == EROFS || system == EACCES: return .readOnly(path: path, detail: detail)
    case SQLITE_IOERR where [522, 8202, 8458].contains(code):  // short read, bad data, damaged file system
      return .corrupt(path: path, detail: detail)
    case SQLITE_CANTOPEN where system == ENOENT && access(path, F_OK) != 0: return .missing(path: path)
    case SQLITE_CANTOPEN where system == ENOENT:  // the files beside the database, which reading needs as well
      return .readOnly(path: path, detail: "the files beside it cannot be created")
    case SQLITE_CANTOPEN where system == EROFS || system == EACCES: return .readOnly(path: path, detail: detail)
    case SQLITE_IOERR where system != 0:
      return .system(path: path, operation: operation, detail: "\(detail) (\(String(cString: strerror(system))))")
    default: return .system(path: path, operation: operation, detail: "\(detail) (SQLite code \(code))")
    }
  }
}
