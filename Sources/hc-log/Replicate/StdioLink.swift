import Glibc
import ToolKit

/// Standard input and output as the two directions of a connection. Neither blocks.
///
/// A socket is written with a flag that keeps the call from blocking. Other descriptors get the flag `O_NONBLOCK`, which
/// they share with whoever else has them open; it is taken back at the end.
final class StdioLink {
  enum Read {
    case bytes(Int)
    case nothing
    case end
  }

  static let input: Int32 = 0
  static let output: Int32 = 1
  private let isSocket: (input: Bool, output: Bool)
  private let flags: (input: Int32, output: Int32)
  private var isOutputClosed = false
  /// `F_SETPIPE_SZ`, which the module map leaves out.
  private static let setPipeSize: Int32 = 1031

  init() throws(ToolError) {
    for (descriptor, name) in [(Self.input, "input"), (Self.output, "output")] {
      if isatty(descriptor) == 1 {
        throw ToolError(
          .usage, "standard \(name) is a terminal, --stdio needs a pipe or a socket to another process",
          hint: "`socat EXEC:'hc-log replicate --stdio …' EXEC:'ssh HOST hc-log replicate --stdio --initiator …'`")
      }
      if fcntl(descriptor, F_GETFL) < 0 { throw .system("cannot use standard \(name)", errno) }
    }
    signal(SIGPIPE, SIG_IGN)
    isSocket = (Self.isSocket(Self.input), Self.isSocket(Self.output))
    flags = (fcntl(Self.input, F_GETFL), fcntl(Self.output, F_GETFL))
    if !isSocket.input { _ = fcntl(Self.input, F_SETFL, flags.input | O_NONBLOCK) }
    if !isSocket.output {
      _ = fcntl(Self.output, F_SETFL, flags.output | O_NONBLOCK)
      // A longer pipe saves switches between the processes; how long it may be is up to the system.
      _ = fcntl(Self.output, Self.setPipeSize, 1 << 20)
    }
  }

  private static func isSocket(_ descriptor: Int32) -> Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
  }

  /// Reads what is there into `buffer`.
  ///
  /// - Throws: when the system fails.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ToolError) -> Read {
    let count =
      isSocket.input
      ? recv(Self.input, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
      : Glibc.read(Self.input, buffer.baseAddress, buffer.count)
    if count > 0 { return .bytes(count) }
    if count == 0 { return .end }
    switch errno {
    case EAGAIN, EINTR: return .nothing
    case ECONNRESET: return .end
    default: throw .system("cannot read from standard input", errno)
    }
  }

  /// Writes as much as is taken.
  ///
  /// - Returns: how much that was; nil when nobody reads any more.
  func write(_ bytes: UnsafeRawBufferPointer) throws(ToolError) -> Int? {
    guard !isOutputClosed else { return nil }
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count =
        isSocket.output
        ? send(Self.output, rest.baseAddress, rest.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        : Glibc.write(Self.output, rest.baseAddress, rest.count)
      if count >= 0 {
        done += count
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN: return done
      case EPIPE, ECONNRESET: return nil
      default: throw .system("cannot write to standard output", errno)
      }
    }
    return done
  }

  /// Tells the other side that nothing more comes.
  func closeOutput() {
    guard !isOutputClosed else { return }
    isOutputClosed = true
    if isSocket.output {
      shutdown(Self.output, Int32(SHUT_WR))
    } else {
      _ = fcntl(Self.output, F_SETFL, flags.output)
      // The number stays in use, so that nothing else gets it.
      let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
      if null >= 0 {
        dup2(null, Self.output)
        close(null)
      }
    }
  }

  /// Leaves the descriptors as they were.
  func restore() {
    if !isSocket.input { _ = fcntl(Self.input, F_SETFL, flags.input) }
    if !isSocket.output, !isOutputClosed { _ = fcntl(Self.output, F_SETFL, flags.output) }
  }
}
