internal import Hypercore

#if canImport(Glibc)
internal import Glibc
#endif

/// What `doctor` shows about a store.
public struct StoreHealth: Sendable {
  /// Problems that SQLite's integrity check found; empty when the file is sound.
  public var problems: [String]
  /// Schema version of the file.
  public var schemaVersion: Int
  /// Bytes of a page.
  public var pageSize: Int
  /// Pages of the file.
  public var pageCount: Int
  /// Pages of the file that hold nothing.
  public var freePageCount: Int
  /// Bytes of the write-ahead log.
  public var walSize: Int
  /// Number of cores.
  public var coreCount: Int
  /// Number of drafts.
  public var draftCount: Int
  /// Number of stored blocks.
  public var blockCount: Int
  /// Bytes that are free on the disk for this user.
  public var freeDiskSpace: Int
  /// Whether the primary key is beside the data and belongs to it.
  public var hasPrimaryKey: Bool
  /// Files of secrets that others than their owner may read.
  public var openSecrets: [String]
}

extension Corestore {
  /// Examines the store.
  ///
  /// - Parameter isThorough: checks every page and index, which reads the whole file; else only that it opens.
  /// - Throws: ``StoreError`` when the file cannot be read at all; damage that the check finds is reported.
  public func health(isThorough: Bool = true) throws -> StoreHealth {
    guard let storage = context.storage as? SQLiteStorage else {
      throw StoreError.system(path: "memory", operation: "examine", detail: "a store in memory has no file")
    }
    let database = storage.database
    func number(_ sql: String) throws(StoreError) -> Int { Int(try database.integer(sql) ?? 0) }
    let problems = isThorough ? try database.texts("PRAGMA integrity_check(20)").filter { $0 != "ok" } : []
    var info = stat()
    let walSize = stat(database.path + "-wal", &info) == 0 ? Int(info.st_size) : 0
    var disk = statvfs()
    let freeSpace = statvfs(database.path, &disk) == 0 ? Int(disk.f_bavail) * Int(disk.f_frsize) : 0
    return StoreHealth(
      problems: problems, schemaVersion: try number("PRAGMA user_version"), pageSize: try number("PRAGMA page_size"),
      pageCount: try number("PRAGMA page_count"), freePageCount: try number("PRAGMA freelist_count"),
      walSize: walSize, coreCount: try number("SELECT count(*) FROM cores"),
      draftCount: try number("SELECT count(*) FROM areas WHERE name IS NOT NULL"),
      blockCount: try number("SELECT count(*) FROM blocks"), freeDiskSpace: freeSpace,
      hasPrimaryKey: (try? primaryKey()) != nil, openSecrets: (secrets as? SecretDirectory)?.openFiles() ?? [])
  }
}

extension SecretDirectory {
  /// The directory and its files, as far as others than their owner may read them.
  func openFiles() -> [String] {
    var found: [String] = []
    func examine(_ path: String) {
      var info = stat()
      if stat(path, &info) == 0 && info.st_mode & 0o077 != 0 { found.append(path) }
    }
    examine(path)
    guard let directory = opendir(path) else { return found }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != "." && name != ".." { examine(path + "/" + name) }
    }
    return found
  }
}
