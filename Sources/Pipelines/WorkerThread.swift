internal import Glibc

/// A thread that runs one closure, and is waited for or left to itself.
///
/// What the closure holds belongs to the thread until then: whoever starts it leaves it alone, or shares it in a
/// ``Monitor``.
struct WorkerThread {
  private final class Body {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }

  private var handle = pthread_t()

  init(_ run: @escaping () -> Void) {
    let body = Unmanaged.passRetained(Body(run))
    let code = pthread_create(
      &handle, nil,
      { body in
        if let body { Unmanaged<Body>.fromOpaque(body).takeRetainedValue().run() }
        return nil
      }, body.toOpaque())
    guard code == 0 else { fatalError("no thread can be started: error \(code)") }
  }

  /// Waits for its end.
  func join() { pthread_join(handle, nil) }
  /// Leaves it to itself.
  func detach() { pthread_detach(handle) }
}
