/// Why a backup could not be made or read.
public enum BackupError: Error, Sendable, Equatable {
  /// The archive is not what was written: `offset` is the byte of the archive from which on it is damaged.
  case damaged(offset: UInt64, part: String, detail: String)
  /// The archive ends too early, after `offset` bytes.
  case truncated(offset: UInt64, part: String)
  /// The file is something else.
  case notABackup(detail: String)
  /// The archive was written by a newer version of this program.
  case newer(found: Int, supported: Int)
  /// What the archive holds is not what its manifest says, or no sound store.
  case unsound(detail: String)
  /// A file cannot be read or written.
  case system(path: String, operation: String, code: Int32)
}

extension BackupError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .damaged(let offset, let part, let detail):
      "the archive is damaged from byte \(offset) on, in \(part): \(detail)"
    case .truncated(let offset, let part): "the archive ends too early, after \(offset) bytes, in \(part)"
    case .notABackup(let detail): "not a backup: \(detail)"
    case .newer(let found, let supported):
      "the archive has version \(found), this program knows up to \(supported)"
    case .unsound(let detail): "what the archive holds is damaged: \(detail)"
    case .system(let path, let operation, let code): "cannot \(operation) \(path): error \(code)"
    }
  }
}
