internal import Glibc

/// Compresses pieces on a thread of its own, in order, while the next one is made.
///
/// A few pieces wait at most; whoever brings more waits with them. What the sink throws ends the work, and is thrown to
/// whoever brings the next piece, or waits for the end. The sink is called on the other thread, one call at a time.
public final class FramePipeline {
  /// What is shared by both threads, guarded by its lock.
  private final class State: @unchecked Sendable {
    private static let waitingLimit = 2

    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [[UInt8]] = []
    private var isWorking = false
    private var isClosed = false
    private var failure: (any Error)?

    init() {
      pthread_mutex_init(lock, nil)
      pthread_cond_init(changed, nil)
    }

    deinit {
      pthread_mutex_destroy(lock)
      pthread_cond_destroy(changed)
      lock.deallocate()
      changed.deallocate()
    }

    private func locked<R>(_ body: () throws -> R) rethrows -> R {
      pthread_mutex_lock(lock)
      defer { pthread_mutex_unlock(lock) }
      return try body()
    }

    func submit(_ content: [UInt8]) throws {
      try locked {
        while waiting.count >= Self.waitingLimit, failure == nil { pthread_cond_wait(changed, lock) }
        if let failure { throw failure }
        waiting.append(content)
        pthread_cond_broadcast(changed)
      }
    }

    func drain() throws {
      try locked {
        while !waiting.isEmpty || isWorking, failure == nil { pthread_cond_wait(changed, lock) }
        if let failure { throw failure }
      }
    }

    func close() {
      locked {
        isClosed = true
        pthread_cond_broadcast(changed)
      }
    }

    /// The next piece, once there is one; nil when there will be none.
    func next() -> [UInt8]? {
      locked {
        while waiting.isEmpty, !isClosed, failure == nil { pthread_cond_wait(changed, lock) }
        guard !isClosed, failure == nil else { return nil }
        isWorking = true
        let content = waiting.removeFirst()
        pthread_cond_broadcast(changed)
        return content
      }
    }

    func done(_ error: (any Error)?) {
      locked {
        isWorking = false
        failure = failure ?? error
        pthread_cond_broadcast(changed)
      }
    }
  }

  /// What the thread owns.
  private final class Work: @unchecked Sendable {
    let state: State
    let level: Int
    let sink: (_ frame: UnsafeRawBufferPointer, _ contentSize: Int) throws -> Void

    init(_ state: State, level: Int, _ sink: @escaping (UnsafeRawBufferPointer, Int) throws -> Void) {
      self.state = state
      self.level = level
      self.sink = sink
    }

    func run() {
      let compressor = FrameCompressor(level: level)
      while let content = state.next() {
        do {
          try compressor.withFrame(of: content) { try sink($0, content.count) }
          state.done(nil)
        } catch {
          state.done(error)
        }
      }
    }
  }

  private let state = State()
  private var thread = pthread_t()

  /// A pipeline.
  ///
  /// - Parameters:
  ///   - level: one of ``FrameCompressor/levels``.
  ///   - sink: takes each frame, and the size of its content.
  public init(level: Int, _ sink: @escaping (_ frame: UnsafeRawBufferPointer, _ contentSize: Int) throws -> Void) {
    let work = Unmanaged.passRetained(Work(state, level: level, sink))
    let code = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, work.toOpaque())
    guard code == 0 else { fatalError("no thread can be started: error \(code)") }
  }

  deinit {
    state.close()
    pthread_join(thread, nil)
  }

  /// Brings a piece.
  ///
  /// - Throws: what the sink threw for an earlier one.
  public func submit(_ content: [UInt8]) throws { try state.submit(content) }

  /// Waits until all pieces went to the sink.
  ///
  /// - Throws: what the sink threw.
  public func drain() throws { try state.drain() }
}
