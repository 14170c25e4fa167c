internal import Protomux

/// The logs in use that the other side of a connection did not want, and when to offer them again.
///
/// A peer that does not know a log yet rejects it, and need not say so when it learns of it: a node of the reference
/// that is told of a new writer opens the writer's log only when somebody offers it. So what was rejected is offered
/// again, each time after twice as long.
struct Rejections {
  private struct Entry {
    var count: Int
    var time: UInt64
  }

  private var entries: [PairKey: Entry] = [:]
  /// When something is to be offered next, in milliseconds.
  private(set) var nextTime: UInt64?

  static let firstMilliseconds: UInt64 = 250
  /// Doublings of the time, up to about a minute.
  static let maximumDoublings = 8

  /// The other side rejected a log.
  mutating func add(_ key: PairKey, now: UInt64) {
    let count = min((entries[key]?.count ?? -1) + 1, Self.maximumDoublings)
    let time = now + Self.firstMilliseconds << UInt64(count)
    entries[key] = Entry(count: count, time: time)
    nextTime = min(nextTime ?? time, time)
  }

  /// The log is open, or of no use any more.
  mutating func remove(_ key: PairKey) {
    guard entries.removeValue(forKey: key) != nil else { return }
    findNext()
  }

  /// What is to be offered again now. Each must be followed by ``add(_:now:)`` or ``remove(_:)``, sooner or later.
  mutating func takeDue(_ now: UInt64) -> [PairKey] {
    guard let nextTime, nextTime <= now else { return [] }
    var due: [PairKey] = []
    for (key, entry) in entries where entry.time <= now {
      due.append(key)
      entries[key]?.time = .max
    }
    findNext()
    // In the same order in every run.
    return due.sorted { $0.identifier.lexicographicallyPrecedes($1.identifier) }
  }

  private mutating func findNext() {
    nextTime = entries.values.lazy.map(\.time).filter { $0 < .max }.min()
  }
}
