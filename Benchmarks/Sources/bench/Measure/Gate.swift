import Glibc

/// Lets a thread wait for another one.
final class Gate: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var isOpen = false

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(condition)
    mutex.deallocate()
    condition.deallocate()
  }

  /// Lets the waiting thread go on.
  func open() {
    pthread_mutex_lock(mutex)
    isOpen = true
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Waits until the gate is open, and closes it again.
  func wait() {
    pthread_mutex_lock(mutex)
    while !isOpen { pthread_cond_wait(condition, mutex) }
    isOpen = false
    pthread_mutex_unlock(mutex)
  }
}

/// Runs something asynchronous to its end.
func blocking<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) throws -> T {
  let gate = Gate()
  let box = ResultBox<T>()
  Task {
    do { box.result = .success(try await body()) } catch { box.result = .failure(error) }
    gate.open()
  }
  gate.wait()
  guard let result = box.result else { throw BenchError("a task ended without a result") }
  return try result.get()
}

/// Written by one thread, then read by another one that waited for it.
private final class ResultBox<T>: @unchecked Sendable {
  var result: Result<T, any Error>?
}
