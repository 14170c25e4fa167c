import Glibc

/// The two ends of a pipe, which programs started from here do not inherit.
public struct Pipe: Sendable {
  /// Where to read.
  public let readEnd: Int32
  /// Where to write.
  public let writeEnd: Int32

  /// A new pipe; nil when the system has none left.
  public init?() {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }

  /// Has reads and writes of an end return at once.
  public func setNonblocking(_ end: Int32) { _ = fcntl(end, F_SETFL, O_NONBLOCK) }

  /// Closes both ends.
  public func close() {
    Glibc.close(readEnd)
    Glibc.close(writeEnd)
  }
}
