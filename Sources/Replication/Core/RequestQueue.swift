import Hypercore

/// The requests of one peer that wait to be answered: urgent ones, the newest first, then the others in their order.
struct RequestQueue: Sendable {
  private var urgent: [RequestMessage] = []
  private var others: [RequestMessage] = []
  private var first = 0
  /// Ids that were taken back while something waited.
  private var cancelled: Set<UInt64> = []
  /// Ranges the other side asked about.
  private(set) var wants: [WantMessage] = []
  private var firstWant = 0

  var count: Int { urgent.count + others.count - first + wants.count - firstWant }
  var isEmpty: Bool { count == 0 }

  mutating func append(_ request: RequestMessage) {
    if !cancelled.isEmpty, cancelled.remove(request.id) != nil { purge(request.id) }
    if request.priority > 0 { urgent.append(request) } else { others.append(request) }
  }

  mutating func append(_ want: WantMessage) { wants.append(want) }

  /// Drops the request with an id if it still waits.
  mutating func cancel(_ id: UInt64) { if urgent.count + others.count > first { cancelled.insert(id) } }

  private mutating func purge(_ id: UInt64) {
    urgent.removeAll { $0.id == id }
    others.removeSubrange(..<first)
    first = 0
    others.removeAll { $0.id == id }
  }

  mutating func nextWant() -> WantMessage? {
    guard firstWant < wants.count else {
      wants.removeAll(keepingCapacity: true)
      firstWant = 0
      return nil
    }
    defer { firstWant += 1 }
    return wants[firstWant]
  }

  mutating func next() -> RequestMessage? {
    while let request = pop() {
      if cancelled.isEmpty || cancelled.remove(request.id) == nil { return request }
    }
    cancelled.removeAll()
    return nil
  }

  private mutating func pop() -> RequestMessage? {
    if let request = urgent.popLast() { return request }
    guard first < others.count else {
      others.removeAll(keepingCapacity: others.capacity <= 4_096)
      first = 0
      return nil
    }
    defer { first += 1 }
    return others[first]
  }
}
