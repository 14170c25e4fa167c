import Glibc
import Synchronization

/// Signals of daemons: the first SIGTERM or SIGINT asks to finish what is under way, the second ends the process.
///
/// One-shot commands leave signals as they are: the store is safe at any instant. What they have started is ended with
/// them, see ``ProcessGroups``.
public enum Signals {
  private static let requested = Atomic<Int32>(0)
  private static let pipeEnd = Atomic<Int32>(-1)
  private static let readEnd = Atomic<Int32>(-1)

  /// Starts to catch SIGTERM and SIGINT and ignores SIGPIPE, so that a closed socket is an error of its write.
  ///
  /// - Returns: a descriptor that becomes readable with the first signal, for `poll` and event loops. Nothing needs to
  ///   be read from it.
  public static func catchTermination() throws(ToolError) -> Int32 {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .system("cannot make a pipe", errno) }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    // The handler may touch only what exists already: all globals are made here.
    ProcessGroups.prepare()
    requested.store(0, ordering: .sequentiallyConsistent)
    pipeEnd.store(ends[1], ordering: .sequentiallyConsistent)
    readEnd.store(ends[0], ordering: .sequentiallyConsistent)
    signal(SIGPIPE, SIG_IGN)
    for number in [SIGTERM, SIGINT] { signal(number, Signals.handle) }
    return ends[0]
  }

  /// What ``catchTermination()`` gave; negative when signals are not caught.
  public static var terminationDescriptor: Int32 { readEnd.load(ordering: .relaxed) }

  /// The signal that asked to finish, or nil.
  public static var termination: Int32? {
    let number = requested.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  private static let handle: @convention(c) (Int32) -> Void = { number in
    let saved = errno
    let isFirst = requested.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged
    if isFirst {
      var byte: UInt8 = 0
      _ = write(pipeEnd.load(ordering: .relaxed), &byte, 1)
    } else {
      ProcessGroups.endAll()
      signal(number, SIG_DFL)
      raise(number)
    }
    errno = saved
  }
}
