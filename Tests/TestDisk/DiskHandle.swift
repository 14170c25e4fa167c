import CSQLite

/// An open file, as SQLite holds it: the table of methods, a reference to what it is a file of, and then the file of
/// the system's own VFS.
enum DiskHandle {
  /// Bytes in front of the system's file.
  static let size = 16

  private final class Target {
    let disk: TestDisk
    let path: String
    /// Whether the next sync is also one of the directory.
    var syncsNames: Bool
    init(_ disk: TestDisk, _ path: String, _ syncsNames: Bool) {
      self.disk = disk
      self.path = path
      self.syncsNames = syncsNames
    }
  }

  /// The system's file.
  static func real(_ file: UnsafeMutablePointer<sqlite3_file>) -> UnsafeMutablePointer<sqlite3_file> {
    (UnsafeMutableRawPointer(file) + size).assumingMemoryBound(to: sqlite3_file.self)
  }

  static func attach(
    _ disk: TestDisk, _ path: String, _ syncsNames: Bool, to file: UnsafeMutablePointer<sqlite3_file>
  ) {
    let slot = (UnsafeMutableRawPointer(file) + 8).assumingMemoryBound(to: UnsafeMutableRawPointer.self)
    slot.pointee = Unmanaged.passRetained(Target(disk, path, syncsNames)).toOpaque()
    file.pointee.pMethods = UnsafePointer(methods)
  }

  private static func reference(_ file: UnsafeMutablePointer<sqlite3_file>) -> Unmanaged<Target> {
    Unmanaged.fromOpaque((UnsafeMutableRawPointer(file) + 8).load(as: UnsafeMutableRawPointer.self))
  }

  private static func target(_ file: UnsafeMutablePointer<sqlite3_file>) -> Target {
    reference(file).takeUnretainedValue()
  }

  private static func system(_ file: UnsafeMutablePointer<sqlite3_file>) -> sqlite3_io_methods {
    real(file).pointee.pMethods.pointee
  }

  nonisolated(unsafe) private static let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
    let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    methods.initialize(to: sqlite3_io_methods())
    // The second version has shared memory; memory maps, of the third, would go past the disk.
    methods.pointee.iVersion = 2
    methods.pointee.xClose = { file in
      guard let file else { return SQLITE_MISUSE }
      let code = DiskHandle.system(file).xClose(DiskHandle.real(file))
      DiskHandle.reference(file).release()
      return code
    }
    methods.pointee.xRead = { file, buffer, count, offset in
      guard let file, !DiskHandle.target(file).disk.isOff else { return SQLITE_IOERR }
      return DiskHandle.system(file).xRead(DiskHandle.real(file), buffer, count, offset)
    }
    methods.pointee.xWrite = { file, bytes, count, offset in
      guard let file, let bytes else { return SQLITE_MISUSE }
      let target = DiskHandle.target(file)
      let new = Array(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
      return target.disk.change(target.path, .write(offset: Int(offset), bytes: new)) {
        DiskHandle.system(file).xWrite(DiskHandle.real(file), bytes, count, offset)
      }
    }
    methods.pointee.xTruncate = { file, size in
      guard let file else { return SQLITE_MISUSE }
      let target = DiskHandle.target(file)
      return target.disk.change(target.path, .truncate(size: Int(size))) {
        DiskHandle.system(file).xTruncate(DiskHandle.real(file), size)
      }
    }
    methods.pointee.xSync = { file, _ in
      guard let file else { return SQLITE_MISUSE }
      let target = DiskHandle.target(file)
      defer { target.syncsNames = false }
      return target.disk.sync(target.path, withNames: target.syncsNames)
    }
    methods.pointee.xFileSize = { file, size in
      guard let file else { return SQLITE_MISUSE }
      return DiskHandle.system(file).xFileSize(DiskHandle.real(file), size)
    }
    methods.pointee.xLock = { file, level in
      guard let file else { return SQLITE_MISUSE }
      return DiskHandle.system(file).xLock(DiskHandle.real(file), level)
    }
    methods.pointee.xUnlock = { file, level in
      guard let file else { return SQLITE_MISUSE }
      return DiskHandle.system(file).xUnlock(DiskHandle.real(file), level)
    }
    methods.pointee.xCheckReservedLock = { file, result in
      guard let file else { return SQLITE_MISUSE }
      return DiskHandle.system(file).xCheckReservedLock(DiskHandle.real(file), result)
    }
    methods.pointee.xFileControl = { file, operation, argument in
      guard let file else { return SQLITE_MISUSE }
      // Growing a file ahead of its writes is an optimisation, and would not be seen here.
      if operation == SQLITE_FCNTL_SIZE_HINT { return SQLITE_OK }
      return DiskHandle.system(file).xFileControl(DiskHandle.real(file), operation, argument)
    }
    methods.pointee.xSectorSize = { _ in Int32(DiskFile.sectorSize) }
    methods.pointee.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
    methods.pointee.xShmMap = { file, region, size, extend, memory in
      guard let file else { return SQLITE_MISUSE }
      return DiskHandle.system(file).xShmMap(DiskHandle.real(file), region, size, extend, memory)
    }
    methods.pointee.xShmLock = { file, offset, count, flags in
      guard let file else { return SQLITE_MISUSE }
      return DiskHandle.system(file).xShmLock(DiskHandle.real(file), offset, count, flags)
    }
    methods.pointee.xShmBarrier = { file in
      guard let file else { return }
      DiskHandle.system(file).xShmBarrier(DiskHandle.real(file))
    }
    methods.pointee.xShmUnmap = { file, delete in
      guard let file else { return SQLITE_MISUSE }
      return DiskHandle.system(file).xShmUnmap(DiskHandle.real(file), delete)
    }
    return methods
  }()
}
