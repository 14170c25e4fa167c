import Glibc
import Synchronization
import ToolKit

/// `--exec-lines`: one long-lived command that answers calls line by line, in their order. When it ends it is started
/// again, after a pause that grows while it does not answer.
final class LineProcess: CommandHandler {
  private struct State {
    var waiting = CallQueue()
    var isStopped = false
    var isFinished = false
  }

  private let method: String
  private let command: String
  private let reporter: Reporter
  private let state = Mutex(State())
  private let wake: Pipe

  init(method: String, command: String, reporter: Reporter) throws {
    self.method = method
    self.command = command
    self.reporter = reporter
    guard let wake = Pipe() else { throw ToolError.system("cannot make a pipe", errno) }
    self.wake = wake
    wake.setNonblocking(wake.readEnd)
    wake.setNonblocking(wake.writeEnd)
    do throws(ChildProcessError) {
      try Thread.start { [self] in work() }
    } catch {
      throw ToolError.system("cannot start a thread", error.code)
    }
  }

  func submit(_ call: CommandCall) -> Bool {
    let isTaken = state.withLock { !$0.isStopped && $0.waiting.append(call) }
    if isTaken { ring() }
    return isTaken
  }

  func stop() {
    let waiting = state.withLock { state in
      state.isStopped = true
      return state.waiting.removeAll()
    }
    for call in waiting { call.fail(.stopping) }
    ring()
    // The command has a second to end by itself.
    for _ in 0..<300 where !state.withLock({ $0.isFinished }) { usleep(5_000) }
  }

  private func ring() {
    var byte: UInt8 = 0
    _ = write(wake.writeEnd, &byte, 1)
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  // MARK: On its own thread

  private func work() {
    defer { state.withLock { $0.isFinished = true } }
    var pause = Duration.milliseconds(100)
    while !isStopped {
      do throws(ChildProcessError) {
        var child = try ChildProcess(
          command, environment: ["HYPERTOOLS_METHOD": method], capturesErrors: false)
        var exchange = LineExchange()
        let reason = serve(&child, &exchange)
        for call in exchange.takeCalls() { call.fail(.ended) }
        if isStopped { return }
        reporter.problem("the command of \(method) \(reason); it is started again")
        if exchange.hasAnswered { pause = .milliseconds(100) }
      } catch {
        reporter.problem("the command of \(method): \(error)")
      }
      wait(until: .now + pause)
      pause = min(pause * 2, .seconds(10))
    }
  }

  /// Passes calls and answers on until the command ends or has to be ended.
  ///
  /// - Returns: what happened, for people.
  private func serve(_ child: inout ChildProcess, _ exchange: inout LineExchange) -> String {
    while true {
      let isStopped = state.withLock { state in
        while exchange.hasRoom, let call = state.waiting.popFirst() { exchange.add(call) }
        return state.isStopped
      }
      if isStopped { return end(&child) }
      var items = [
        pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0),
        pollfd(fd: child.output, events: Int16(POLLIN), revents: 0),
        pollfd(fd: exchange.hasOutput ? child.input : -1, events: Int16(POLLOUT), revents: 0),
      ]
      poll(&items, 3, exchange.nextDeadline?.pollTimeout ?? -1)
      if items[0].revents != 0 { Descriptors.drain(wake.readEnd) }
      if items[2].revents != 0, !exchange.write(to: child.input) { return status(&child) }
      if items[1].revents != 0 {
        let isOpen = CommandExchange.read(child.output, into: &exchange.input)
        if let reason = exchange.handleInput() { return reason }
        if !isOpen { return status(&child) }
      }
      if let deadline = exchange.nextDeadline, ContinuousClock.now >= deadline {
        exchange.failFirst(.timeout)
        return "did not answer in time"
      }
    }
  }

  private func status(_ child: inout ChildProcess) -> String {
    child.closeInput()
    let status = child.waitForEnd(until: .now + .seconds(1))
    return status.map { "ended with status \($0)" } ?? "closed its output"
  }

  /// Asks the command to end, by the end of its input.
  private func end(_ child: inout ChildProcess) -> String {
    child.closeInput()
    _ = child.waitForEnd(until: .now + .seconds(1))
    return "was ended"
  }

  /// Waits for the time, or for the end; calls that come too late for their time fail meanwhile.
  private func wait(until time: ContinuousClock.Instant) {
    while !isStopped, ContinuousClock.now < time {
      var item = pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0)
      poll(&item, 1, time.pollTimeout)
      Descriptors.drain(wake.readEnd)
      while let call = overdue() { call.fail(.timeout) }
    }
  }

  private func overdue() -> CommandCall? {
    state.withLock { state in
      guard let first = state.waiting.first, ContinuousClock.now >= first.deadline else { return nil }
      return state.waiting.popFirst()
    }
  }
}
