public import CompactEncoding

#if canImport(Glibc)
internal import Glibc
#endif

/// Secrets as files of mode 0600 in a directory of mode 0700: `seed` holds the primary key, and a file named by each
/// public key in hex the secret key that belongs to it, all as raw bytes.
public final class SecretDirectory: SecretStore {
  /// Name of the directory inside that of the store.
  public static let name = "secrets"
  private static let seedName = "seed"

  /// Path of the directory.
  public let path: String

  /// The secrets of the store in `directory`. Nothing is created until a secret is kept.
  public init(storeDirectory directory: String) { path = directory + "/" + Self.name }

  public func primaryKey() throws -> Fixed32? {
    guard let bytes = try read(Self.seedName, count: 32) else { return nil }
    return Fixed32(bytes)
  }

  public func establishPrimaryKey(_ key: Fixed32) throws -> Fixed32 {
    try keep(key.bytes, as: Self.seedName)
    return try primaryKey() ?? key
  }

  public func secretKey(for publicKey: Fixed32) throws -> [UInt8]? { try read(publicKey.description, count: 64) }

  public func setSecretKey(_ secretKey: [UInt8], for publicKey: Fixed32) throws {
    try keep(secretKey, as: publicKey.description)
  }

  private func read(_ name: String, count: Int) throws -> [UInt8]? {
    let file = path + "/" + name
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw failure("read", file, errno)
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: count + 1)
    let found = Glibc.read(descriptor, &bytes, bytes.count)
    guard found >= 0 else { throw failure("read", file, errno) }
    guard found == count else {
      throw StoreError.corrupt(path: file, detail: "a secret of \(count) bytes was expected")
    }
    return Array(bytes[..<count])
  }

  /// Writes a file that appears whole or not at all, and never replaces one that exists.
  private func keep(_ bytes: [UInt8], as name: String) throws {
    try SQLiteStorage.makeDirectory(path, mode: 0o700)
    let file = path + "/" + name
    if access(file, F_OK) == 0 { return }
    let temporary = "\(file).\(getpid()).\(UInt32.random(in: 0 ... .max))"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("write", temporary, errno) }
    defer { unlink(temporary) }
    var written = write(descriptor, bytes, bytes.count)
    if written == bytes.count && fsync(descriptor) != 0 { written = -1 }
    let error = errno
    close(descriptor)
    guard written == bytes.count else { throw failure("write", temporary, written < 0 ? error : ENOSPC) }
    guard link(temporary, file) == 0 || errno == EEXIST else { throw failure("write", file, errno) }
    SQLiteStorage.sync(directory: path)
  }

  private func failure(_ operation: String, _ path: String, _ code: Int32) -> StoreError {
    let detail = String(cString: strerror(code))
    switch code {
    case ENOSPC, EDQUOT: return .diskFull(path: path)
    case EACCES, EROFS, EPERM: return .readOnly(path: path, detail: detail)
    default: return .system(path: path, operation: operation, detail: detail)
    }
  }
}
