public import CompactEncoding

/// Why a store could not be opened, read or written. Every case names the path and says what to do next.
public enum StoreError: Error, Sendable, Equatable {
  /// There is no store at the path, and none was to be created.
  case missing(path: String)
  /// The store was written by a newer version of this program.
  case newerSchema(path: String, found: Int, supported: Int)
  /// The file is no store, or a page of it is damaged.
  case corrupt(path: String, detail: String)
  /// No space is left on the disk. The transaction was undone.
  case diskFull(path: String)
  /// The directory or a file in it cannot be written by this user, or the store was opened for reading only.
  case readOnly(path: String, detail: String)
  /// Another process held the write lock for longer than the time-out.
  case busy(path: String, timeoutMilliseconds: Int)
  /// Any other failure of the file system or of SQLite.
  case system(path: String, operation: String, detail: String)
  /// The store belongs to another primary key than the one given.
  case otherPrimaryKey(path: String)
  /// The primary key or a secret key is not beside the data, as in a restored backup.
  case secretsMissing(path: String)
  /// No core is stored under the discovery key.
  case unknownCore(discoveryKey: Fixed32)
  /// The queue was closed before it took the job.
  case closed
  /// No name, key, manifest or key pair was given.
  case noSelector
}

extension StoreError {
  /// What kind of failure this is; tools map it to their exit status.
  public enum Category: Sendable {
    /// Worth trying again.
    case temporary
    /// The data is damaged.
    case integrity
    /// Something that was asked for does not exist.
    case notFound
    /// This program is too old.
    case incompatible
    /// The disk or the permissions are at fault.
    case localIO
    /// The caller asked for something that is not allowed.
    case refused
  }

  /// The kind of failure.
  public var category: Category {
    switch self {
    case .busy, .closed: .temporary
    case .corrupt: .integrity
    case .newerSchema: .incompatible
    case .missing, .diskFull, .readOnly, .system: .localIO
    case .otherPrimaryKey, .secretsMissing, .noSelector: .refused
    case .unknownCore: .notFound
    }
  }
}

extension StoreError: CustomStringConvertible {
  /// One line for people: what happened, where, and what to do.
  public var description: String {
    switch self {
    case .missing(let path):
      "no store at \(path); create one first, or check the path"
    case .newerSchema(let path, let found, let supported):
      "\(path) has schema version \(found), this program knows up to \(supported); use a newer version of the program"
    case .corrupt(let path, let detail):
      "\(path) is damaged (\(detail)); restore a backup, or fetch the logs again from other peers"
    case .diskFull(let path):
      "no space left for \(path); nothing was written, free some space and try again"
    case .readOnly(let path, let detail):
      "\(path) cannot be written (\(detail)); check the permissions of the directory and its files"
    case .busy(let path, let timeout):
      "\(path) was locked by another process for \(timeout) ms; try again, or look for a stuck process"
    case .system(let path, let operation, let detail):
      "cannot \(operation) \(path): \(detail)"
    case .otherPrimaryKey(let path):
      "\(path) belongs to another primary key; open it without one, or choose another directory"
    case .secretsMissing(let path):
      "\(path) is missing; restore the secrets of this store, without them its own logs cannot be written"
    case .unknownCore(let discoveryKey):
      "no core is stored under the discovery key \(discoveryKey)"
    case .closed:
      "the store is closing; nothing was written"
    case .noSelector:
      "a core is found by name, key, discovery key, manifest or key pair, and none was given"
    }
  }
}
