import Dispatch
import Synchronization

/// Runs asynchronous work from a thread that has nothing else to do, and waits for it.
public func waiting<R: Sendable>(for body: @escaping @Sendable () async -> R) -> R {
  let box = ResultBox<R>()
  let done = DispatchSemaphore(value: 0)
  Task.detached {
    let result = await body()
    box.value.withLock { $0 = result }
    done.signal()
  }
  done.wait()
  guard let result = box.value.withLock({ $0 }) else { preconditionFailure("signalled without a result") }
  return result
}

private final class ResultBox<R: Sendable>: Sendable {
  let value = Mutex<R?>(nil)
}
