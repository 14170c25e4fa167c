public import CompactEncoding
internal import HypercoreCrypto
internal import ZstdFrames

/// Why an archive could not be read, or taken into a store.
public enum ArchiveError: Error, Sendable, Equatable {
  /// What is known of a log in one place.
  public struct State: Sendable, Equatable {
    /// Number of blocks.
    public var length: UInt64
    /// Number of truncations.
    public var fork: UInt64
  }

  /// The file is something else.
  case notAnArchive(detail: String)
  /// The archive was written by a newer version of this program.
  case newer(found: UInt64, supported: UInt64)
  /// The archive is not what was written: the section that begins at byte `offset` is damaged, or does not prove what it
  /// holds.
  case damaged(offset: UInt64, part: String, detail: String)
  /// The archive ends too early, after `offset` bytes.
  case truncated(offset: UInt64, part: String)
  /// The archive and the store hold signed blocks of one log that contradict each other.
  case conflict(key: Fixed32, here: State, archived: State)
  /// The log was truncated in one place and not in the other.
  case otherFork(key: Fixed32, here: State, archived: State)
  /// Blocks are left out where the log in the store ends, so that it cannot be told whether the archive continues it.
  case unclear(key: Fixed32, here: State, archived: State)
  /// A file cannot be read.
  case system(path: String, operation: String, code: Int32)
}

extension ArchiveError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .notAnArchive(let detail): "not an archive of logs: \(detail)"
    case .newer(let found, let supported):
      "the archive has version \(found), this program knows up to \(supported)"
    case .damaged(let offset, let part, let detail):
      "the archive is damaged from byte \(offset) on, in \(part): \(detail)"
    case .truncated(let offset, let part): "the archive ends too early, after \(offset) bytes, in \(part)"
    case .conflict(let key, let here, let archived):
      "two histories of \(KeyIdentifier.encode(key)) were signed: "
        + "the \(here.length) blocks here and the \(archived.length) blocks in the archive contradict each other"
    case .otherFork(let key, let here, let archived):
      "\(KeyIdentifier.encode(key)) was truncated: here it has \(here.length) blocks of fork \(here.fork), "
        + "in the archive \(archived.length) blocks of fork \(archived.fork)"
    case .unclear(let key, let here, let archived):
      "the archive leaves out blocks of \(KeyIdentifier.encode(key)) between the \(here.length) that are here "
        + "and the \(archived.length) that it has"
    case .system(let path, let operation, let code): "cannot \(operation) \(path): error \(code)"
    }
  }

  /// The error for a frame that cannot be read.
  init(_ failure: FrameError, in part: String) {
    switch failure {
    case .notCompressed: self = .notAnArchive(detail: "\(failure)")
    case .damaged(let offset, let detail): self = .damaged(offset: offset, part: part, detail: detail)
    case .truncated(let offset): self = .truncated(offset: offset, part: part)
    }
  }
}
