/// Follows one entry. It does not wait by itself: ask it with ``poll()`` after the log changed.
public struct EntryWatcher {
  private let bee: Hyperbee
  private let key: [UInt8]
  private var epoch: UInt64
  private var version: UInt64
  /// The entry as of the last ``poll()``, nil when there is none.
  public private(set) var entry: Hyperbee.Entry?

  init(_ bee: Hyperbee, key: [UInt8]) throws {
    self.bee = bee
    self.key = key
    epoch = bee.epoch
    version = bee.version
    entry = try bee.get(key)
  }

  /// Reads the entry again. True when another block holds it now, or when the log was truncated meanwhile.
  public mutating func poll() throws -> Bool {
    guard bee.epoch != epoch || bee.version != version else { return false }
    let found = try bee.get(key)
    let isUpdate = bee.epoch != epoch || found?.sequence != entry?.sequence
    epoch = bee.epoch
    version = bee.version
    entry = found
    return isUpdate
  }
}
