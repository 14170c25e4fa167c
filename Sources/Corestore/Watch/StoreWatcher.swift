#if canImport(Glibc)
internal import Glibc
#endif

/// Wakes a process when another one has committed to a store.
///
/// Every commit touches the store's `notify` file; the watcher sees that through inotify. As a net it looks, about
/// once a second, whether the database files have changed. A wake-up says "look again", nothing more: it may come
/// for a commit of the process itself, and one may stand for many commits.
public final class StoreWatcher {
  /// Readable when something was committed: for event loops. Call ``drain()`` before looking at the store.
  /// -1 when the system provides no notification; then only ``wait(timeoutMilliseconds:)`` works, by looking.
  public let fileDescriptor: Int32
  /// How often the files are looked at in spite of notifications.
  public static let pollMilliseconds = 1000

  private let directory: String
  private var seen: Fingerprint
  private var isWatching = false

  /// Watches the store in `directory`. Commits from now on count.
  public init(directory: String) {
    self.directory = directory
    fileDescriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
    seen = Fingerprint(directory)
    watch()
  }

  /// Starts to watch the file, which the first writer creates.
  private func watch() {
    guard !isWatching, fileDescriptor >= 0 else { return }
    isWatching =
      inotify_add_watch(fileDescriptor, directory + "/" + ChangeNotifier.fileName, UInt32(IN_MODIFY)) >= 0
  }

  deinit { if fileDescriptor >= 0 { close(fileDescriptor) } }

  /// Waits for a commit.
  ///
  /// - Parameter timeoutMilliseconds: how long at most.
  /// - Returns: whether there may have been one; false after the time-out, or when a signal came.
  public func wait(timeoutMilliseconds: Int) -> Bool {
    var remaining = timeoutMilliseconds
    while true {
      watch()
      let slice = min(max(remaining, 0), Self.pollMilliseconds)
      var item = pollfd(fd: fileDescriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&item, 1, Int32(slice))
      if ready > 0 || filesChanged() {
        drain()
        return true
      }
      remaining -= slice
      if remaining <= 0 || (ready < 0 && errno == EINTR) { return false }
    }
  }

  /// Forgets the notifications so far.
  public func drain() {
    seen = Fingerprint(directory)
    guard fileDescriptor >= 0 else { return }
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
      while read(fileDescriptor, buffer.baseAddress, buffer.count) > 0 {}
    }
  }

  /// Whether the files of the database changed since the last look: for event loops that look now and then.
  public func filesChanged() -> Bool { Fingerprint(directory) != seen }

  /// Sizes and times of the files that a commit changes.
  private struct Fingerprint: Equatable {
    private var values: [Int] = []

    init(_ directory: String) {
      for name in [SQLiteStorage.fileName, SQLiteStorage.fileName + "-wal", ChangeNotifier.fileName] {
        var info = stat()
        guard stat(directory + "/" + name, &info) == 0 else {
          values.append(-1)
          continue
        }
        values += [Int(info.st_size), info.st_mtim.tv_sec, info.st_mtim.tv_nsec]
      }
    }
  }
}
