internal import Glibc

/// A state that threads share: looked at and changed by one at a time, and waited for.
///
/// The lock of the standard library has no way to wait for a change, which is what this one is for.
final class Monitor<State>: @unchecked Sendable {
  private var state: State
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init(_ state: State) {
    self.state = state
    pthread_mutex_init(lock, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_mutex_destroy(lock)
    pthread_cond_destroy(changed)
    lock.deallocate()
    changed.deallocate()
  }

  /// Changes the state, once it is as wished, and wakes all who wait for another one.
  ///
  /// - Parameter isReady: whether it is as wished; at once without one.
  func change<R>(
    when isReady: (State) -> Bool = { _ in true }, _ body: (inout State) throws -> R
  ) rethrows -> R {
    pthread_mutex_lock(lock)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(lock)
    }
    while !isReady(state) { pthread_cond_wait(changed, lock) }
    return try body(&state)
  }
}
