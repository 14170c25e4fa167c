import Synchronization

/// Names of what a server has acknowledged, from any thread.
final class Acknowledged: Sendable {
  private let state = Mutex<Set<String>>([])

  var names: Set<String> { state.withLock { $0 } }
  var count: Int { state.withLock { $0.count } }

  func add(_ name: String) { state.withLock { _ = $0.insert(name) } }
}
