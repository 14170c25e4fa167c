internal import Glibc

/// Reads and checks an archive on a thread of its own, a few sections ahead of whoever takes them.
final class ReadAhead {
  /// What is shared by both threads, guarded by its lock.
  private final class State: @unchecked Sendable {
    private static let waitingLimit = 2

    private let reader: ArchiveReader
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [ArchiveReader.Item] = []
    private var end: Result<Void, any Error>?
    private var isClosed = false

    init(_ reader: ArchiveReader) {
      self.reader = reader
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

    /// Reads until the end, or until nobody wants more.
    func run() {
      let result = Result {
        while let item = try reader.next() {
          let goesOn = locked {
            while waiting.count >= Self.waitingLimit, !isClosed { pthread_cond_wait(changed, lock) }
            waiting.append(item)
            pthread_cond_broadcast(changed)
            return !isClosed
          }
          if !goesOn { return }
        }
      }
      locked {
        end = result
        pthread_cond_broadcast(changed)
      }
    }

    func next() throws -> ArchiveReader.Item? {
      try locked {
        while waiting.isEmpty, end == nil { pthread_cond_wait(changed, lock) }
        guard waiting.isEmpty else {
          defer { pthread_cond_broadcast(changed) }
          return waiting.removeFirst()
        }
        try end?.get()
        return nil
      }
    }

    func close() {
      locked {
        isClosed = true
        pthread_cond_broadcast(changed)
      }
    }
  }

  private let state: State
  private var thread = pthread_t()

  /// Begins to read. Nobody else uses the reader until this object is gone.
  init(_ reader: ArchiveReader) {
    state = State(reader)
    let argument = Unmanaged.passRetained(state)
    let code = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<State>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, argument.toOpaque())
    guard code == 0 else { fatalError("no thread can be started: error \(code)") }
  }

  deinit {
    state.close()
    pthread_join(thread, nil)
  }

  /// The next item, or nil when the archive was read to its end and all of it is sound.
  func next() throws -> ArchiveReader.Item? { try state.next() }
}
