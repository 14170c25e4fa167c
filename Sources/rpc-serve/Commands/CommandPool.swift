import Glibc
import Synchronization
import ToolKit

/// `--exec`: runs a command for each call, a bounded number of them at a time.
final class CommandPool: CommandHandler {
  private struct State {
    var waiting = CallQueue()
    var threadCount = 0
    var running: Set<pid_t> = []
    var isStopped = false
  }

  private let command: String
  private let maximumRunningCount: Int
  private let state = Mutex(State())

  init(command: String, maximumRunningCount: Int) {
    self.command = command
    self.maximumRunningCount = maximumRunningCount
  }

  func submit(_ call: CommandCall) -> Bool {
    let (isTaken, needsThread) = state.withLock { state in
      guard !state.isStopped, state.waiting.append(call) else { return (false, false) }
      guard state.threadCount < maximumRunningCount else { return (true, false) }
      state.threadCount += 1
      return (true, true)
    }
    if needsThread { startThread() }
    return isTaken
  }

  private func startThread() {
    do throws(ChildProcessError) {
      try Thread.start { [self] in work() }
    } catch {
      let stranded = state.withLock { state in
        state.threadCount -= 1
        return state.threadCount == 0 ? state.waiting.removeAll() : []
      }
      for call in stranded { call.fail(.start(error)) }
    }
  }

  func stop() {
    let (running, waiting) = state.withLock { state in
      state.isStopped = true
      return (state.running, state.waiting.removeAll())
    }
    for call in waiting { call.fail(.stopping) }
    for process in running { kill(-process, SIGKILL) }
  }

  /// Runs commands until no call waits.
  private func work() {
    while let call = next() {
      do throws(CommandFailure) {
        call.reply(try run(call))
      } catch {
        call.fail(error)
      }
    }
  }

  private func next() -> CommandCall? {
    state.withLock { state in
      if let call = state.waiting.popFirst() { return call }
      state.threadCount -= 1
      return nil
    }
  }

  private func run(_ call: CommandCall) throws(CommandFailure) -> [UInt8] {
    if ContinuousClock.now >= call.deadline { throw .timeout }
    let environment = ["HYPERTOOLS_CALLER": call.caller, "HYPERTOOLS_METHOD": call.method]
    var child: ChildProcess
    do throws(ChildProcessError) {
      child = try ChildProcess(command, environment: environment, capturesErrors: true)
    } catch {
      throw .start(error)
    }
    let process = child.process
    let isStopped = state.withLock { state in
      state.running.insert(process)
      return state.isStopped
    }
    // The process id belongs to the child until it is reaped: before that it leaves the set.
    defer { state.withLock { _ = $0.running.remove(process) } }
    if isStopped { throw .stopping }
    return try CommandExchange.run(&child, call) { [self] in
      state.withLock { _ = $0.running.remove(process) }
    }
  }
}
