/// How a store is opened.
public struct StoreOptions: Sendable {
  /// Whether a commit that was acknowledged survives a power failure.
  public enum Durability: Sendable {
    /// It does: every commit waits for the disk.
    case full
    /// A process may die at any time without loss, but a power failure may undo the newest commits.
    case normal

    var pragma: String { self == .full ? "FULL" : "NORMAL" }
  }

  /// Whether the store is created when it is missing.
  public var create = true
  /// Whether nothing is ever written.
  public var isReadOnly = false
  /// What an acknowledged commit is worth.
  public var durability = Durability.full
  /// How long a writer waits for other writers.
  public var busyTimeoutMilliseconds = 10_000
  /// The SQLite VFS below the store, by name; nil for that of the system. For tests with disks that fail.
  public var fileSystem: String?

  /// The defaults: create, write, durable, ten seconds.
  public init(
    create: Bool = true, isReadOnly: Bool = false, durability: Durability = .full,
    busyTimeoutMilliseconds: Int = 10_000
  ) {
    self.create = create
    self.isReadOnly = isReadOnly
    self.durability = durability
    self.busyTimeoutMilliseconds = busyTimeoutMilliseconds
  }
}
