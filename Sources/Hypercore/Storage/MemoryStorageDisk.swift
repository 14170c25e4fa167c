/// What a ``MemoryStorage`` pretends to rest on: a disk that fails, takes its time, and forgets.
public protocol MemoryStorageDisk: AnyObject {
  /// A transaction that has changed something is about to take effect. An error makes the commit fail.
  func willCommit(_ commit: MemoryStorage.Commit) throws
  /// Whether everything that was committed would survive a power failure now.
  var isDurable: Bool { get }
  /// Waits until everything that was committed survives a power failure.
  func makeDurable() throws
}
