import Glibc
import ToolKit

/// The lines on their way to and from one run of a command.
struct LineExchange {
  /// What was read and not handled yet.
  var input: [UInt8] = []
  private var output: [UInt8] = []
  private var written = 0
  /// Calls that were handed over, in the order in which they must be answered.
  private var calls: [CommandCall] = []
  private var answeredCount = 0
  /// How far ``input`` was searched for the end of a line.
  private var searched = 0
  /// Whether it has answered anything.
  private(set) var hasAnswered = false

  /// Calls that are handed over before they are answered, at most.
  private static let windowCallCount = 1024
  private static let windowByteCount = 1 << 20

  var hasRoom: Bool {
    calls.count - answeredCount < Self.windowCallCount && output.count - written < Self.windowByteCount
  }
  var hasOutput: Bool { written < output.count }
  var nextDeadline: ContinuousClock.Instant? { answeredCount < calls.count ? calls[answeredCount].deadline : nil }

  mutating func add(_ call: CommandCall) {
    if written == output.count {
      output.removeAll(keepingCapacity: output.capacity <= Self.windowByteCount)
      written = 0
    }
    output += LineProtocol.request(call)
    calls.append(call)
  }

  /// Writes what the pipe takes; false when nobody reads it.
  mutating func write(to descriptor: Int32) -> Bool {
    let count = output[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard count < 0 else {
      written += count
      return true
    }
    return errno == EAGAIN || errno == EINTR
  }

  /// Answers the calls whose lines are complete.
  ///
  /// - Returns: what is wrong with the command, when it must be ended.
  mutating func handleInput() -> String? {
    var start = 0
    while let end = input[max(start, searched)...].firstIndex(of: 10) {
      guard let call = popFirst() else { return "wrote a line that answers no call" }
      do throws(CommandFailure) {
        call.reply(try LineProtocol.answer(input[start..<end]))
      } catch {
        call.fail(error)
      }
      hasAnswered = true
      start = end + 1
    }
    input.removeFirst(start)
    searched = input.count
    if input.count > LineProtocol.maximumLineByteCount {
      failFirst(.tooLarge(limit: CommandCall.maximumReplyByteCount))
      return "wrote a line of more than \(LineProtocol.maximumLineByteCount) bytes"
    }
    return nil
  }

  mutating func failFirst(_ failure: CommandFailure) { popFirst()?.fail(failure) }

  private mutating func popFirst() -> CommandCall? {
    guard answeredCount < calls.count else { return nil }
    defer {
      answeredCount += 1
      if answeredCount * 2 > calls.count {
        calls.removeFirst(answeredCount)
        answeredCount = 0
      }
    }
    return calls[answeredCount]
  }

  /// Takes out the calls that were not answered.
  mutating func takeCalls() -> [CommandCall] {
    defer { (calls, answeredCount) = ([], 0) }
    return Array(calls[answeredCount...])
  }
}
