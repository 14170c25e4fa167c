#if canImport(Glibc)
internal import Glibc
#endif

extension SQLiteStorage {
  /// Name of the database inside the directory.
  public static let fileName = "store.db"

  static func open(_ directory: String, _ options: StoreOptions) throws(StoreError) -> Database {
    let path = directory + "/" + fileName
    if options.create && !options.isReadOnly { try makeDirectory(directory, mode: 0o755) }
    guard access(path, F_OK) == 0 || (options.create && !options.isReadOnly) else {
      if errno == ENOENT || errno == ENOTDIR { throw .missing(path: path) }
      throw .system(path: path, operation: "open", detail: String(cString: strerror(errno)))
    }
    let mode: Database.Mode = options.isReadOnly ? .read : options.create ? .create : .write
    do throws(StoreError) {
      return try open(path, mode, options)
    } catch {
      if options.isReadOnly, case .readOnly = error, hasJournal(path) {
        // Somebody died while filling the store. Whoever may write takes back what he wrote.
        var writable = options
        (writable.isReadOnly, writable.create) = (false, false)
        _ = try open(path, .write, writable)
        return try open(path, mode, options)
      }
      // Without the right to write there is no shared memory to coordinate with writers. When nobody writes, the file
      // can be read as it is.
      guard options.isReadOnly, case .readOnly = error, !hasLog(path) else { throw error }
      return try open(path, .immutable, options)
    }
  }

  private static func open(
    _ path: String, _ mode: Database.Mode, _ options: StoreOptions
  ) throws(StoreError) -> Database {
    let database = try Database(
      path: path, mode: mode, busyTimeoutMilliseconds: options.busyTimeoutMilliseconds, fileSystem: options.fileSystem)
    try prepare(database, options)
    return database
  }

  /// Whether there is a write-ahead log with something in it.
  static func hasLog(_ path: String) -> Bool { hasContent(path + "-wal") }
  /// Whether there are pages that a transaction outside of the log would need to be undone.
  static func hasJournal(_ path: String) -> Bool { hasContent(path + "-journal") }

  private static func hasContent(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_size > 0
  }

  /// Lets the database grow to at most `count` pages; beyond that, writing fails as on a full disk.
  public func limitPages(_ count: Int) throws { try database.execute("PRAGMA max_page_count = \(count)") }

  /// Makes a directory and those above it. They survive a power failure: what is synced inside them would be lost with
  /// them.
  static func makeDirectory(_ path: String, mode: mode_t) throws(StoreError) {
    var created = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      created += created.isEmpty && !path.hasPrefix("/") ? String(part) : "/" + part
      if created.hasPrefix("//") { created.removeFirst() }
      if part.isEmpty { continue }
      if mkdir(created, mode) == 0 {
        sync(directory: created + "/..")
        continue
      }
      if errno == EEXIST || errno == EISDIR { continue }
      let error = errno
      var info = stat()
      if stat(created, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR { continue }
      if error == EACCES || error == EROFS || error == EPERM {
        throw .readOnly(path: created, detail: String(cString: strerror(error)))
      }
      if error == ENOSPC || error == EDQUOT { throw .diskFull(path: created) }
      throw .system(path: created, operation: "create", detail: String(cString: strerror(error)))
    }
  }

  /// Waits until the names in a directory are on disk, as far as the system does that.
  static func sync(directory: String) {
    let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static func prepare(_ database: Database, _ options: StoreOptions) throws(StoreError) {
    if options.isReadOnly {
      try checkVersion(database, database.integer("PRAGMA user_version") ?? 0)
      try database.execute("PRAGMA query_only = 1; PRAGMA cache_size = -16384")
      return
    }
    try setLogMode(database)
    try database.execute(
      """
      PRAGMA synchronous = \(options.durability.pragma); PRAGMA cache_size = -16384;
      PRAGMA wal_autocheckpoint = 8192; PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY
      """)
    let version = try database.integer("PRAGMA user_version") ?? 0
    if version == Schema.version { return try checkVersion(database, version) }
    try migrate(database)
  }

  /// Turns the write-ahead log on. Of several processes that do so with a new file at once, SQLite refuses some without
  /// waiting, since each holds a lock that another one wants: they try again.
  private static func setLogMode(_ database: Database) throws(StoreError) {
    let limit = ContinuousClock.now + .milliseconds(database.busyTimeoutMilliseconds)
    while true {
      do throws(StoreError) {
        return try database.execute("PRAGMA journal_mode = WAL")
      } catch {
        guard case .busy = error, ContinuousClock.now < limit else { throw error }
        usleep(2_000)
      }
    }
  }

  private static func checkVersion(_ database: Database, _ version: Int64) throws(StoreError) {
    guard version <= Schema.version else {
      throw .newerSchema(path: database.path, found: Int(version), supported: Schema.version)
    }
    try checkApplication(database)
    guard version == Schema.version else {
      throw .readOnly(path: database.path, detail: "schema version \(version) must be migrated first")
    }
  }

  private static func checkApplication(_ database: Database) throws(StoreError) {
    guard try database.integer("PRAGMA application_id") == Int64(Schema.applicationID) else {
      throw .corrupt(path: database.path, detail: "an SQLite database, but not of this program")
    }
  }

  /// Creates the tables, or brings an older store up to date, one version a transaction. Several processes may do
  /// this at once: each looks again once it holds the write lock.
  static func migrate(
    _ database: Database, to current: Int = Schema.version, steps: [Int: String] = Schema.migrations
  ) throws(StoreError) {
    while true {
      try database.execute("BEGIN IMMEDIATE")
      do throws(StoreError) {
        let version = Int(try database.integer("PRAGMA user_version") ?? 0)
        if version > current {
          throw .newerSchema(path: database.path, found: version, supported: current)
        }
        if version == 0 {
          guard try database.integer("SELECT count(*) FROM sqlite_schema") == 0 else {
            throw .corrupt(path: database.path, detail: "an SQLite database, but not of this program")
          }
          try database.execute(Schema.create)
          try database.execute("INSERT INTO meta(key, value) VALUES('created_by', 'hypertools')")
          try database.execute("PRAGMA application_id = \(Schema.applicationID)")
          try database.execute("PRAGMA user_version = \(Schema.version)")
        } else if version < current {
          guard let step = steps[version] else {
            throw .corrupt(path: database.path, detail: "schema version \(version) was never released")
          }
          try database.execute(step)
          try database.execute("PRAGMA user_version = \(version + 1)")
        }
        try database.execute("COMMIT")
        if version == current { return try checkApplication(database) }
      } catch {
        try? database.execute("ROLLBACK")
        throw error
      }
    }
  }
}
