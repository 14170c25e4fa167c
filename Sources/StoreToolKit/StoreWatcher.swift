import Glibc
import ToolKit

/// Waits until some process commits to a store: it is woken by the store's notify file, and looks once a second in case
/// a wake-up is lost (on network file systems, for instance).
///
/// Make it before reading, so that a commit between reading and waiting is not missed.
public struct StoreWatcher: ~Copyable {
  private let descriptor: Int32

  /// A watcher of the store in `directory`.
  public init(directory: String) {
    descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    if descriptor >= 0 { inotify_add_watch(descriptor, directory + "/notify", UInt32(IN_MODIFY)) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Returns when something was committed since the last call, when a second has passed, or when `other` is readable.
  public func wait(or other: Int32 = -1) {
    var queries = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0), pollfd(fd: other, events: Int16(POLLIN), revents: 0),
    ]
    poll(&queries, 2, 1000)
    guard queries[0].revents != 0 else { return }
    // Many commits are one reason to look.
    var events = [UInt8](repeating: 0, count: 4096)
    while read(descriptor, &events, events.count) > 0 {}
  }
}
