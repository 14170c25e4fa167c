import Corestore
import Hypercore

/// The disk of one machine: a storage whose commits take time to become durable, and that forgets what did not become
/// durable when the power fails.
///
/// A process that waits for a commit goes on when that is durable: whatever it does afterwards, such as sending, happens
/// later. Of commits that nobody waited for, a power cut undoes any number of the newest.
final class VirtualDisk: MemoryStorageDisk {
  private(set) var storage = MemoryStorage()
  /// Microseconds until the disk has written something; asked for each time.
  var latency: () -> UInt64 = { 0 }
  /// Whether commits fail for lack of space.
  var isFull = false
  /// Whether the store is opened so that commits wait for the disk, unless they are relaxed ones.
  let syncsCommits: Bool
  /// The time of the process that uses the disk, moved on by what it waits for.
  var time: UInt64 = 0
  /// Commits that a power cut may undo, oldest first, with the times at which each was made and is durable.
  private var uncertain: [(commit: MemoryStorage.Commit, time: UInt64, durableTime: UInt64)] = []
  /// Called when all that was committed is durable.
  var onSync: (() -> Void)?
  /// Number of commits.
  private(set) var commitCount = 0

  init(syncsCommits: Bool) {
    self.syncsCommits = syncsCommits
    storage.disk = self
  }

  func willCommit(_ commit: MemoryStorage.Commit) throws {
    if isFull { throw StoreError.diskFull(path: "the virtual disk") }
    commitCount += 1
    uncertain.append((commit, time, .max))
    if syncsCommits && commit.durability == .full { try makeDurable() }
  }

  var isDurable: Bool { uncertain.last?.durableTime != .max }

  func makeDurable() throws {
    guard !isDurable else { return }
    time += latency()
    for i in uncertain.indices.reversed() {
      guard uncertain[i].durableTime == .max else { break }
      uncertain[i].durableTime = time
    }
    onSync?()
  }

  /// Begins a step of the process at a time.
  func begin(at now: UInt64) {
    time = now
    if let first = uncertain.first, first.durableTime <= now { uncertain.removeAll { $0.durableTime <= now } }
  }

  /// The process ends at a time: what it would have committed later never happens.
  func endProcess(at now: UInt64) {
    while let last = uncertain.last, last.time > now {
      storage.revert(last.commit)
      uncertain.removeLast()
    }
  }

  /// The power fails at a time: of the commits that are not durable, `keep` says how many of so many are on disk.
  ///
  /// - Returns: how many were lost.
  func cutPower(at now: UInt64, keep: (Int) -> Int) -> Int {
    endProcess(at: now)
    begin(at: now)
    let lost = uncertain.count - keep(uncertain.count)
    for commit in uncertain.suffix(lost).reversed() { storage.revert(commit.commit) }
    uncertain.removeAll()
    return lost
  }

  /// A copy of the disk as it is.
  func image() -> MemoryStorage { MemoryStorage(copying: storage) }

  /// Puts an image in place of the content.
  func restore(_ image: MemoryStorage) {
    storage = MemoryStorage(copying: image)
    storage.disk = self
    uncertain.removeAll()
  }
}
