/// A virtual clock and what is to happen: events run one by one, in the order of their time, those of one time in the
/// order in which they were scheduled.
final class Scheduler {
  /// The time in microseconds since the world began.
  private(set) var now: UInt64 = 0
  private var heap: [Event] = []
  private var sequence: UInt64 = 0

  private struct Event {
    let time: UInt64
    let sequence: UInt64
    let body: () throws -> Void

    func precedes(_ other: Event) -> Bool {
      time == other.time ? sequence < other.sequence : time < other.time
    }
  }

  /// Runs `body` at a time, which is now when it is past.
  func at(_ time: UInt64, _ body: @escaping () throws -> Void) {
    heap.append(Event(time: max(time, now), sequence: sequence, body: body))
    sequence += 1
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Runs `body` after so many microseconds.
  func after(_ delay: UInt64, _ body: @escaping () throws -> Void) { at(now + delay, body) }

  /// Runs all events up to a time, or until `isDone` says so after one of them.
  func run(until end: UInt64, isDone: () throws -> Bool = { false }) throws {
    while let first = heap.first, first.time <= end {
      removeFirst()
      now = first.time
      try first.body()
      if try isDone() { return }
    }
    now = max(now, end)
  }

  private func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].precedes(heap[least]) { least = child }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
