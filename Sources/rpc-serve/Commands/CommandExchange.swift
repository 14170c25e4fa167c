import Glibc
import ToolKit

/// Feeds a command the value of a call and collects what it writes.
struct CommandExchange {
  private var rest: ArraySlice<UInt8>
  private var output: [UInt8] = []
  private var errors: [UInt8] = []
  /// As much of standard error is kept: its last line is told.
  private static let errorTailByteCount = 4096

  /// Runs a command to its end.
  ///
  /// - Parameter willReap: called before the process id can belong to another process.
  /// - Returns: what it wrote.
  static func run(
    _ child: inout ChildProcess, _ call: CommandCall, willReap: () -> Void
  ) throws(CommandFailure) -> [UInt8] {
    var exchange = CommandExchange(rest: call.value[...])
    if exchange.rest.isEmpty { child.closeInput() }
    while child.output >= 0 || child.errors >= 0 {
      try exchange.step(&child, call.deadline)
    }
    willReap()
    guard let status = child.waitForEnd(until: call.deadline) else { throw .timeout }
    guard status == 0 else { throw .status(status, lastLine: exchange.lastLine) }
    return exchange.output
  }

  private init(rest: ArraySlice<UInt8>) { self.rest = rest }

  private mutating func step(
    _ child: inout ChildProcess, _ deadline: ContinuousClock.Instant
  ) throws(CommandFailure) {
    var items = [
      pollfd(fd: child.output, events: Int16(POLLIN), revents: 0),
      pollfd(fd: child.errors, events: Int16(POLLIN), revents: 0),
      pollfd(fd: child.input, events: Int16(POLLOUT), revents: 0),
    ]
    guard poll(&items, 3, deadline.pollTimeout) > 0 else {
      if ContinuousClock.now >= deadline { throw .timeout }
      return
    }
    if items[0].revents != 0, !Self.read(child.output, into: &output) { child.closeOutput() }
    if items[1].revents != 0, !Self.read(child.errors, into: &errors) { child.closeErrors() }
    let limit = CommandCall.maximumReplyByteCount
    if output.count > limit { throw .tooLarge(limit: limit) }
    if errors.count > 2 * Self.errorTailByteCount { errors.removeFirst(errors.count - Self.errorTailByteCount) }
    if items[2].revents != 0 { feed(&child) }
  }

  private mutating func feed(_ child: inout ChildProcess) {
    let count = rest.withUnsafeBytes { write(child.input, $0.baseAddress, $0.count) }
    if count >= 0 {
      rest = rest.dropFirst(count)
    } else if errno != EAGAIN, errno != EINTR {
      // It does not want to read all of it.
      rest = []
    }
    if rest.isEmpty { child.closeInput() }
  }

  /// Reads what is there; false at the end.
  static func read(_ descriptor: Int32, into bytes: inout [UInt8]) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count > 0 { bytes.append(contentsOf: buffer[..<count]) }
      return count > 0 || count < 0 && (errno == EAGAIN || errno == EINTR)
    }
  }

  /// The last line on standard error that is not blank, at most 1000 bytes of it.
  private var lastLine: String {
    let line = errors.split { $0 == 10 || $0 == 13 }.last { line in line.contains { $0 > 32 } } ?? []
    return String(decoding: line.prefix(1000), as: UTF8.self)
  }
}
