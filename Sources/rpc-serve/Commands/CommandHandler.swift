import Synchronization

/// Answers the calls of one method, away from the event loop.
protocol CommandHandler: AnyObject, Sendable {
  /// Takes a call on. From any thread.
  ///
  /// - Returns: whether there was room; else nobody will answer.
  func submit(_ call: CommandCall) -> Bool

  /// Ends all commands and fails what is pending.
  func stop()
}

/// How many calls commands have taken on and not answered yet.
final class PendingCount: Sendable {
  private let count = Atomic(0)

  var value: Int { count.load(ordering: .relaxed) }
  func add() { count.add(1, ordering: .relaxed) }
  func remove() { count.subtract(1, ordering: .relaxed) }
}

/// How much may wait for commands.
enum CommandLimits {
  /// Calls that wait for one method.
  static let waitingCallCount = 4096
  /// Bytes of their values.
  static let waitingByteCount = 64 << 20
}

/// First in, first out, with a limit on calls and bytes.
struct CallQueue {
  private var calls: [CommandCall] = []
  private var head = 0
  private var byteCount = 0

  var count: Int { calls.count - head }
  var first: CommandCall? { count == 0 ? nil : calls[head] }

  /// Adds a call; false when there is no room.
  mutating func append(_ call: CommandCall) -> Bool {
    guard count < CommandLimits.waitingCallCount, byteCount + call.value.count <= CommandLimits.waitingByteCount else {
      return false
    }
    byteCount += call.value.count
    calls.append(call)
    return true
  }

  mutating func popFirst() -> CommandCall? {
    guard let call = first else { return nil }
    head += 1
    byteCount -= call.value.count
    if head * 2 > calls.count {
      calls.removeFirst(head)
      head = 0
    }
    return call
  }

  /// Takes out all calls.
  mutating func removeAll() -> [CommandCall] {
    defer { self = CallQueue() }
    return Array(calls[head...])
  }
}
