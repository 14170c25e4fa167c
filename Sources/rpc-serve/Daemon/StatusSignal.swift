import Glibc
import Synchronization
import ToolKit

/// SIGUSR1 asks for a line about the state.
enum StatusSignal {
  private static let pipeEnd = Atomic<Int32>(-1)

  /// Starts to catch the signal.
  ///
  /// - Returns: a descriptor with one byte for each request, or fewer when many come.
  static func catchRequests() throws(ToolError) -> Int32 {
    guard let pipe = Pipe() else { throw .system("cannot make a pipe", errno) }
    pipe.setNonblocking(pipe.readEnd)
    pipe.setNonblocking(pipe.writeEnd)
    pipeEnd.store(pipe.writeEnd, ordering: .sequentiallyConsistent)
    signal(SIGUSR1, handle)
    return pipe.readEnd
  }

  private static let handle: @convention(c) (Int32) -> Void = { _ in
    let saved = errno
    var byte: UInt8 = 0
    _ = write(pipeEnd.load(ordering: .relaxed), &byte, 1)
    errno = saved
  }
}
