/// The methods that a registry node answers (spec 04 §8.5, §9.4).
public enum RegistryMethod: String, Sendable, CaseIterable {
  /// Inserts or replaces an entry: `Entry`, no answer.
  case putEntry = "put-entry"
  /// Deletes the entry of a name: `EntryName`, no answer.
  case deleteEntry = "delete-entry"
  /// The entry of a name: `EntryName`, `EntryResult`.
  case getEntry = "get-entry"
  /// The entry of a drive: `DriveKey`, `EntryResult`.
  case getEntryByDriveKey = "get-entry-by-drive-key"
  /// Entries in order: `ListRequest`, `ListResponse`.
  case listEntries = "list-entries"
  /// What the node says of itself: no request, `Status`.
  case status
  /// How it stands with the node as a member of a cluster, with its peers and its logs: no request, an object in JSON.
  case nodeStatus = "node-status"
  /// Makes a key a writer: `WriterKey`, no answer.
  case addWriter = "add-writer"
  /// Ends a writer's membership: `WriterKey`, no answer.
  case removeWriter = "remove-writer"

  /// The right it takes to call it.
  public var need: RegistryRights.Need {
    switch self {
    case .putEntry, .deleteEntry: .write
    case .addWriter, .removeWriter: .admin
    case .getEntry, .getEntryByDriveKey, .listEntries, .status, .nodeStatus: .read
    }
  }
}
