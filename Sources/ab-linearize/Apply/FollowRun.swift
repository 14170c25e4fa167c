import Corestore
import Glibc
import Hypercore
import ToolKit

/// The course of `ab-linearize follow`: waits for commits of others, for lines to append, and for the time to
/// acknowledge.
struct FollowRun {
  let followed: FollowedBase
  let report: FollowReport
  let watcher: StoreWatcher
  let termination: Int32
  let isAtomic: Bool
  /// After a store that was busy, or a block that has to come first, when to try again.
  private static let retryMilliseconds: UInt64 = 1_000

  /// Applies what is there, and appends what is piped.
  mutating func once(appends: Bool) throws {
    try followed.advance()
    try report.tell()
    if appends {
      var lines = PipedLines()
      while !lines.isAtEnd { try append(lines.read()) }
    }
    try followed.acknowledgeNow()
    try report.tell()
  }

  private func append(_ values: [[UInt8]]) throws {
    guard !values.isEmpty else { return }
    try report.appended(followed.append(values, isAtomic: isAtomic))
    try report.tell()
  }

  /// Goes on until a signal asks to end.
  mutating func live(appends: Bool, ready: () -> Void) throws {
    var lines = appends ? PipedLines() : nil
    var isReady = false
    var isRetrying = false
    while true {
      do {
        try followed.advance()
        try followed.acknowledge()
        isRetrying = false
      } catch let error as StoreError where error.category == .temporary {
        isRetrying = true
      } catch LogError.blockNotAvailable {
        isRetrying = true
      }
      try report.tell()
      if !isReady, !isRetrying {
        ready()
        isReady = true
      }
      let delay = min(
        isRetrying ? Self.retryMilliseconds : followed.acknowledgeDelay ?? .max, UInt64(StoreWatcher.pollMilliseconds))
      var items = [
        pollfd(fd: termination, events: Int16(POLLIN), revents: 0),
        pollfd(fd: watcher.fileDescriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: lines == nil || isRetrying ? -1 : 0, events: Int16(POLLIN), revents: 0),
      ]
      poll(&items, nfds_t(items.count), Int32(delay))
      if items[0].revents != 0 { return }
      if items[1].revents != 0 {
        watcher.drain()
        followed.noticeNews()
      }
      if items[2].revents != 0, var open = lines {
        lines = nil
        let values = try open.read()
        if !open.isAtEnd { lines = open }
        try append(values)
      }
    }
  }
}
