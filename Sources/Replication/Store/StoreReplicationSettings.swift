/// Bounds and choices of a store's replication.
public struct StoreReplicationSettings: Sendable {
  /// For each log.
  public var core = ReplicationSettings()
  /// Whether stored logs that are not in use are opened when a peer asks for them.
  public var opensStoredLogs = true
  /// Time between two looks for logs that nobody needs any more, in milliseconds; at the third look in a row a log is
  /// closed.
  public var idleCheckMilliseconds: UInt64 = 2_000
  /// Looks at which a log must have been of no use before it is closed.
  public var idleCheckCount = 3
  /// Most requests of one connection that may wait to be answered before no more is read from it.
  public var maximumQueuedRequests = 65_536

  /// The defaults.
  public init() {}
}
