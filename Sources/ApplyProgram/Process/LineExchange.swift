import Glibc
import ToolKit

/// A running command, spoken with in lines.
final class LineExchange {
  private var child: ChildProcess
  private let command: String
  private let timeout: Duration
  private let timeoutMilliseconds: Int64
  /// What was read and not handed out yet, from ``start`` on.
  private var input: [UInt8] = []
  private var start = 0
  private var searched = 0
  private var errors: [UInt8] = []
  /// How it ended, once that was noticed: all that it wrote is in ``input`` then.
  private var endStatus: Int32?
  /// When this process was asked to end.
  private var signalled: ContinuousClock.Instant?

  init(_ command: String, timeoutMilliseconds: Int64) throws(ApplyProgramError) {
    self.command = command
    self.timeoutMilliseconds = timeoutMilliseconds
    timeout = .milliseconds(timeoutMilliseconds)
    // A program that is gone is an error of its write.
    signal(SIGPIPE, SIG_IGN)
    ProcessGroups.endWithThisProcess()
    do throws(ChildProcessError) {
      child = try ChildProcess(command, environment: [:], capturesErrors: true)
    } catch {
      throw ApplyProgramError(command, .start("\(error)"))
    }
  }

  /// It has a second to end by itself when its input ends.
  deinit {
    child.closeInput()
    _ = child.waitForEnd(until: .now + .seconds(1))
  }

  /// Whether something is there behind the lines that were handed out.
  var hasMore: Bool { start < input.count }

  /// Writes a line, while reading what comes.
  func send(_ line: [UInt8], wait: String?) throws(ApplyProgramError) {
    var rest = line[...]
    let begin = ContinuousClock.now
    while !rest.isEmpty, endStatus == nil {
      let count = rest.withUnsafeBytes { write(child.input, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
        continue
      }
      if errno == EINTR { continue }
      // It does not read any more. What it said before that, or how it ended, is told by what is read next.
      guard errno == EAGAIN else { return }
      try transfer(since: begin, isWriting: true, wait)
    }
  }

  /// The next line, without its line feed.
  func next(wait: String?) throws(ApplyProgramError) -> [UInt8] {
    let begin = ContinuousClock.now
    while true {
      if let line = try takeLine() { return line }
      if child.output < 0 || endStatus != nil { throw ended(wait) }
      try transfer(since: begin, isWriting: false, wait)
    }
  }

  private func takeLine() throws(ApplyProgramError) -> [UInt8]? {
    let from = max(start, searched)
    let found = input.withUnsafeBufferPointer { bytes -> Int? in
      guard from < bytes.count, let base = bytes.baseAddress,
        let hit = memchr(base + from, 10, bytes.count - from)
      else { return nil }
      return UnsafeRawPointer(hit) - UnsafeRawPointer(base)
    }
    guard let end = found else {
      searched = input.count
      if input.count - start > ApplyLimits.lineByteCount {
        throw failure(.nonsense(.tooLong(limit: ApplyLimits.lineByteCount)))
      }
      return nil
    }
    guard end - start <= ApplyLimits.lineByteCount else {
      throw failure(.nonsense(.tooLong(limit: ApplyLimits.lineByteCount)))
    }
    let line = Array(input[start..<end])
    start = end + 1
    if start == input.count {
      input.removeAll(keepingCapacity: input.capacity <= 4 << 20)
      (start, searched) = (0, 0)
    }
    return line
  }

  /// Waits until something can be read or, when asked for, written, or until it ends; reads what is there.
  private func transfer(
    since begin: ContinuousClock.Instant, isWriting: Bool, _ wait: String?
  ) throws(ApplyProgramError) {
    // A program that talks and does not listen fills memory otherwise.
    if isWriting, input.count - start > ApplyLimits.lineByteCount {
      throw failure(.nonsense(.tooLong(limit: ApplyLimits.lineByteCount)))
    }
    var items = [
      pollfd(fd: child.output, events: Int16(POLLIN), revents: 0),
      pollfd(fd: child.errors, events: Int16(POLLIN), revents: 0),
      pollfd(fd: isWriting ? child.input : -1, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: child.end, events: Int16(POLLIN), revents: 0),
      pollfd(fd: signalled == nil ? Signals.terminationDescriptor : -1, events: Int16(POLLIN), revents: 0),
    ]
    let asked = signalled.map { max($0, begin) + Self.lastTime }
    let deadline = min(begin + timeout, asked ?? begin + timeout)
    // Where the system does not tell that it ended, it is looked for.
    let pause = child.end < 0 ? min(deadline.pollTimeout, Self.lookMilliseconds) : deadline.pollTimeout
    let isReady = poll(&items, nfds_t(items.count), pause) > 0
    let now = ContinuousClock.now
    // The time counts also while something comes that is no line.
    if now >= deadline {
      let wait = wait ?? "it to read"
      throw failure(
        deadline == asked ? .interrupted(wait: wait) : .timeout(milliseconds: timeoutMilliseconds, wait: wait))
    }
    if isReady {
      if items[4].revents != 0 { signalled = now }
      if items[0].revents != 0, !Self.read(child.output, into: &input) { child.closeOutput() }
      if items[1].revents != 0 { readErrors() }
    }
    // What holds its pipes still is nobody who answers.
    if items[3].revents != 0 || child.end < 0, let status = child.status() {
      endStatus = status
      readRest()
    }
  }

  /// How long a line is waited for after this process was asked to end.
  private static let lastTime = Duration.seconds(1)
  private static let lookMilliseconds: Int32 = 100

  /// Reads what it wrote before it ended.
  private func readRest() {
    var item = pollfd(fd: child.output, events: Int16(POLLIN), revents: 0)
    while child.output >= 0, input.count - start <= ApplyLimits.lineByteCount, poll(&item, 1, 0) > 0 {
      if !Self.read(child.output, into: &input) { child.closeOutput() }
    }
  }

  private func readErrors() {
    if !Self.read(child.errors, into: &errors) { child.closeErrors() }
    let limit = ApplyLimits.errorByteCount
    if errors.count > 2 * limit { errors.removeFirst(errors.count - limit) }
  }

  /// Reads what is there; false at the end.
  private static func read(_ descriptor: Int32, into bytes: inout [UInt8]) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count > 0 { bytes.append(contentsOf: buffer[..<count]) }
      return count > 0 || count < 0 && (errno == EAGAIN || errno == EINTR)
    }
  }

  // MARK: Failures

  private func ended(_ wait: String?) -> ApplyProgramError {
    child.closeInput()
    let status = endStatus ?? child.waitForEnd(until: .now + .seconds(1))
    return failure(.ended(status: status, wait: wait ?? "it to read"))
  }

  /// An error with the last lines of standard error.
  func failure(_ cause: ApplyProgramError.Cause) -> ApplyProgramError {
    // What it wrote before it ended or was given up is there already.
    var item = pollfd(fd: child.errors, events: Int16(POLLIN), revents: 0)
    var rounds = 0
    while child.errors >= 0, rounds < 64, poll(&item, 1, 0) > 0 {
      readErrors()
      item.fd = child.errors
      rounds += 1
    }
    let tail = errors.suffix(ApplyLimits.errorByteCount)
    let lines = tail.split { $0 == 10 || $0 == 13 }.filter { line in line.contains { $0 > 32 } }
    return ApplyProgramError(
      command, cause,
      lastLines: lines.suffix(Self.toldLineCount).map { String(decoding: $0.prefix(500), as: UTF8.self) })
  }

  private static let toldLineCount = 5
}
