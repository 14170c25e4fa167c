import CSQLite

/// A disk below SQLite whose power can be cut.
///
/// Files rest in the file system as always, and beside that the disk remembers what of each is *durable*: its content
/// at the last sync, and what was written since. When the power is cut every further operation fails. Once all
/// connections are closed, ``restart(using:)`` leaves in the files what a real disk may: all that is durable, and of the
/// later writes any part, in sectors of 512 bytes, whatever their order was. A name that was removed or made anew without
/// a sync may be the old one again.
///
/// ```swift
/// let disk = try TestDisk()
/// let store = try Corestore(directory: path, options: options(disk.name))
/// disk.cutPower(after: 17)                  // the 17th operation from now on that changes something is the last
/// ```
///
/// A disk belongs to one thread.
public final class TestDisk {
  /// The name by which SQLite knows the disk, as a VFS.
  public let name: String
  /// Counts operations that change something: writes, truncations, syncs, removals.
  public private(set) var operations = 0
  /// Counts the syncs among them.
  public private(set) var syncs = 0
  /// Whether the power is off.
  public private(set) var isOff = false
  private var lastOperation: Int?
  private var files: [String: DiskFile] = [:]
  let system: UnsafeMutablePointer<sqlite3_vfs>
  private let vfs: UnsafeMutablePointer<sqlite3_vfs>
  private let cName: UnsafeMutablePointer<CChar>

  /// A new disk, known to SQLite under a name of its own.
  public init(_ name: String) {
    guard let system = sqlite3_vfs_find(nil) else { fatalError("SQLite has no VFS") }
    self.system = system
    self.name = "test-disk-\(name)"
    cName = .allocate(capacity: self.name.utf8.count + 1)
    for (i, byte) in self.name.utf8CString.enumerated() { cName[i] = byte }
    vfs = .allocate(capacity: 1)
    vfs.initialize(to: system.pointee)
    vfs.pointee.pNext = nil
    vfs.pointee.zName = UnsafePointer(cName)
    vfs.pointee.szOsFile = Int32(DiskHandle.size) + system.pointee.szOsFile
    vfs.pointee.pAppData = Unmanaged.passUnretained(self).toOpaque()
    vfs.pointee.xOpen = { vfs, name, file, flags, outFlags in
      guard let vfs, let file else { return SQLITE_MISUSE }
      return TestDisk.of(vfs).open(name, file, flags, outFlags)
    }
    vfs.pointee.xDelete = { vfs, name, sync in
      guard let vfs, let name else { return SQLITE_MISUSE }
      return TestDisk.of(vfs).delete(name, sync != 0)
    }
    guard sqlite3_vfs_register(vfs, 0) == SQLITE_OK else { fatalError("SQLite takes no VFS") }
  }

  deinit {
    sqlite3_vfs_unregister(vfs)
    vfs.deallocate()
    cName.deallocate()
  }

  private static func of(_ vfs: UnsafeMutablePointer<sqlite3_vfs>) -> TestDisk {
    Unmanaged<TestDisk>.fromOpaque(vfs.pointee.pAppData).takeUnretainedValue()
  }

  /// Lets `count` more operations happen, the last of which may be done in part. 0: none.
  public func cutPower(after count: Int) {
    lastOperation = operations + count
    if count == 0 { isOff = true }
  }

  /// Turns the power on again, with what is left in the files. All connections must be closed.
  public func restart(using random: inout some RandomNumberGenerator) throws {
    for (path, file) in files.sorted(by: { $0.key < $1.key }) {
      try DiskFile.replace(path, by: isOff ? file.left(using: &random) : file.current)
      try DiskFile.replace(path + "-shm", by: nil)
    }
    files.removeAll()
    isOff = false
    lastOperation = nil
  }

  // MARK: Operations

  /// Whether the next operation still happens.
  private func begin() -> Bool {
    guard !isOff else { return false }
    operations += 1
    if operations == lastOperation { isOff = true }
    return true
  }

  /// Runs an operation on a file, and notes it; the one at which the power is cut is noted and fails.
  func change(_ path: String, _ change: DiskFile.Change, _ body: () -> Int32) -> Int32 {
    guard begin() else { return SQLITE_IOERR }
    files[path, default: DiskFile()].changes.append(change)
    return isOff ? SQLITE_IOERR : body()
  }

  /// - Parameter withNames: whether the names in the directory are synced as well: SQLite's own VFS does so at the first
  ///   sync of a log or journal that it may have made.
  func sync(_ path: String, withNames: Bool) -> Int32 {
    guard begin(), !isOff else { return SQLITE_IOERR }
    syncs += 1
    files[path, default: DiskFile()].sync()
    if withNames { for name in files.keys { files[name]?.syncName() } }
    return SQLITE_OK
  }

  private func open(
    _ name: UnsafePointer<CChar>?, _ file: UnsafeMutablePointer<sqlite3_file>, _ flags: Int32,
    _ outFlags: UnsafeMutablePointer<Int32>?
  ) -> Int32 {
    file.pointee.pMethods = nil
    if isOff { return SQLITE_IOERR }
    let path = name.map { String(cString: $0) } ?? ""
    let before = DiskFile.content(path)
    let code = system.pointee.xOpen(system, name, DiskHandle.real(file), flags, outFlags)
    guard code == SQLITE_OK else { return code }
    if !path.isEmpty, files[path] == nil { files[path] = DiskFile(durable: before) }
    let isLog = flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL) != 0
    DiskHandle.attach(self, path, isLog && flags & SQLITE_OPEN_CREATE != 0, to: file)
    return code
  }

  private func delete(_ name: UnsafePointer<CChar>, _ isSynced: Bool) -> Int32 {
    let path = String(cString: name)
    let code = change(path, .remove) { system.pointee.xDelete(system, name, 0) }
    if isSynced, code == SQLITE_OK { files[path]?.sync() }
    return code
  }
}
