public import Corestore
internal import Glibc
internal import Hypercore

/// Makes a store of a backup: whole, or not at all.
public struct Restoration {
  private let reader: BackupReader
  private let directory: String

  /// What the backup holds.
  public var manifest: BackupManifest { reader.manifest }

  /// A store in `directory`, which must not be there, or be empty.
  ///
  /// - Throws: ``BackupError``; EEXIST when something is there.
  public init(_ reader: BackupReader, to directory: String) throws(BackupError) {
    self.reader = reader
    var directory = directory
    while directory.count > 1, directory.hasSuffix("/") { directory.removeLast() }
    self.directory = directory
    if access(directory, F_OK) == 0, rmdir(directory) != 0 {
      throw .system(path: directory, operation: "restore to", code: errno == ENOTDIR ? EEXIST : errno)
    }
  }

  /// Restores the store under a new identity: with a new primary key. The logs that the old one wrote can be read.
  ///
  /// - Parameter finish: what else is to be done before the store appears.
  public func asNewNode<R>(_ finish: (Corestore) throws -> R) throws -> R {
    try restore(withSecrets: false) { path in
      try Corestore.renewPrimaryKey(directory: path)
      return try finish(Corestore(directory: path, options: StoreOptions(create: false)))
    }
  }

  /// Restores the store with the identity that it had. To be done only when nobody has seen more of its logs.
  public func asItWas<R>(_ finish: (Corestore) throws -> R) throws -> R {
    try restore(withSecrets: true) { path in
      try finish(Corestore(directory: path, options: StoreOptions(create: false)))
    }
  }

  private func restore<R>(withSecrets: Bool, _ finish: (String) throws -> R) throws -> R {
    let end = directory.lastIndex(of: "/")
    let parent = end.map { $0 == directory.startIndex ? "/" : String(directory[..<$0]) } ?? "."
    let name = end.map { String(directory[directory.index(after: $0)...]) } ?? directory
    if access(parent, F_OK) != 0 { throw BackupError.system(path: parent, operation: "write into", code: errno) }
    let folder = try TemporaryFolder(in: parent, name: ".\(name).restored-")
    do {
      try unpack(to: folder.path, withSecrets: withSecrets)
      let result = try finish(folder.path)
      chmod(folder.path, 0o755)
      Self.sync(folder.path)
      guard rename(folder.path, directory) == 0 else {
        throw BackupError.system(path: directory, operation: "create", code: errno)
      }
      Self.sync(parent)
      return result
    } catch {
      folder.remove()
      throw error
    }
  }

  private func unpack(to folder: String, withSecrets: Bool) throws {
    if withSecrets, mkdir(folder + "/" + SecretDirectory.name, 0o700) != 0 {
      throw BackupError.system(path: folder, operation: "write into", code: errno)
    }
    var current: (name: String, descriptor: Int32)?
    func finish() throws {
      guard let open = current else { return }
      current = nil
      defer { close(open.descriptor) }
      if fsync(open.descriptor) != 0 { throw BackupError.system(path: open.name, operation: "write", code: errno) }
    }
    defer { if let current { close(current.descriptor) } }
    try reader.read { file, bytes in
      let isSecret = file.name != BackupManifest.storeName
      if isSecret && !withSecrets { return }
      let path = folder + "/" + file.name
      if current?.name != file.name {
        try finish()
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, isSecret ? 0o600 : 0o644)
        guard descriptor >= 0 else { throw BackupError.system(path: path, operation: "write", code: errno) }
        current = (file.name, descriptor)
      }
      guard let descriptor = current?.descriptor else { return }
      var start = 0
      while start < bytes.count {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + start, $0.count - start) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw BackupError.system(path: path, operation: "write", code: errno) }
        start += count
      }
    }
    try finish()
    let store = try Corestore(directory: folder, options: StoreOptions(create: false, isReadOnly: true))
    guard try store.headsOfLogs() == manifest.logs else {
      throw BackupError.unsound(detail: "the logs are not those of the manifest")
    }
  }

  private static func sync(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
