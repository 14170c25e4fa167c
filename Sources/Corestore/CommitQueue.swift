internal import Synchronization

/// Lets many threads write to one store, with the commits of those that come at the same time made as one.
///
/// A thread of its own owns the store. It takes all jobs that are waiting, runs them in one write transaction, and
/// answers each caller after that transaction is on disk: the more callers there are, the more share one disk write.
/// A job that throws fails alone; those that shared its transaction are then run again, each for itself, so a job may
/// run more than once before its one answer and must not do anything but read and write the store.
public final class CommitQueue: Sendable {
  /// Most jobs of one commit.
  public static let maximumGroupSize = 4096

  /// What a job does with the store.
  public typealias Job = @Sendable (Corestore) throws -> Void

  private struct Entry: Sendable {
    let job: Job
    let done: @Sendable (Result<Void, any Error>) -> Void
  }

  private struct State: ~Copyable {
    var waiting: [Entry] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  private let signal = Semaphore()
  private let ended = Semaphore()

  /// Opens the store in a directory on a thread of its own.
  ///
  /// - Throws: what opening the store throws.
  public convenience init(directory: String, options: StoreOptions = StoreOptions()) throws {
    try self.init { try Corestore(directory: directory, options: options) }
  }

  /// Lets `open` make the store on a thread of its own, to which the store then belongs.
  public init(open: @escaping @Sendable () throws -> Corestore) throws {
    let opened = Mutex<Result<Void, any Error>?>(nil)
    let box = Box(opened)
    let isOpen = Semaphore()
    try Thread.start { [self] in
      let store: Corestore
      do { store = try open() } catch {
        box.value.withLock { $0 = .failure(error) }
        isOpen.post()
        return
      }
      box.value.withLock { $0 = .success(()) }
      isOpen.post()
      serve(store)
      ended.post()
    }
    isOpen.wait()
    try box.value.withLock { try $0?.get() }
  }

  /// Runs a job and calls `done`, on the queue's thread, once its changes are on disk or have failed.
  ///
  /// After ``close()``, `done` gets ``StoreError/closed``.
  public func submit(_ job: @escaping Job, done: @escaping @Sendable (Result<Void, any Error>) -> Void) {
    let isAccepted = state.withLock { state in
      if state.isClosed { return false }
      state.waiting.append(Entry(job: job, done: done))
      return true
    }
    if isAccepted { signal.post() } else { done(.failure(StoreError.closed)) }
  }

  /// Runs a job and waits until its changes are on disk.
  ///
  /// - Throws: what the job throws, an error of the storage, or ``StoreError/closed``.
  public func perform<R: Sendable>(_ job: @escaping @Sendable (Corestore) throws -> R) throws -> R {
    let result = Box(Mutex<Result<R, any Error>?>(nil))
    let answered = Semaphore()
    submit { store in
      let value = try job(store)
      result.value.withLock { $0 = .success(value) }
    } done: { outcome in
      if case .failure(let error) = outcome { result.value.withLock { $0 = .failure(error) } }
      answered.post()
    }
    answered.wait()
    guard let outcome = result.value.withLock({ $0 }) else { throw StoreError.closed }
    return try outcome.get()
  }

  /// Runs a job and waits, without blocking a thread, until its changes are on disk.
  ///
  /// - Throws: what the job throws, an error of the storage, or ``StoreError/closed``.
  public func run<R: Sendable>(_ job: @escaping @Sendable (Corestore) throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
      let result = Box(Mutex<R?>(nil))
      submit { store in
        let value = try job(store)
        result.value.withLock { $0 = value }
      } done: { outcome in
        switch outcome {
        case .failure(let error): continuation.resume(throwing: error)
        case .success:
          if let value = result.value.withLock({ $0 }) {
            continuation.resume(returning: value)
          } else {
            continuation.resume(throwing: StoreError.closed)
          }
        }
      }
    }
  }

  /// Finishes what is waiting, then ends the thread and closes the store.
  public func close() {
    let wasOpen = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    guard wasOpen else { return }
    signal.post()
    ended.wait()
  }

  // MARK: The thread

  private func serve(_ store: Corestore) {
    while true {
      signal.wait()
      let (group, isLast) = state.withLock { state in
        let count = min(state.waiting.count, Self.maximumGroupSize)
        let group = Array(state.waiting.prefix(count))
        state.waiting.removeFirst(count)
        if !state.waiting.isEmpty { signal.post() }
        return (group, state.isClosed && state.waiting.isEmpty)
      }
      if !group.isEmpty { commit(group, store) }
      if isLast { return }
    }
  }

  private func commit(_ group: [Entry], _ store: Corestore) {
    do {
      try store.write { for entry in group { try entry.job(store) } }
      for entry in group { entry.done(.success(())) }
    } catch {
      guard group.count > 1 else {
        group[0].done(.failure(error))
        return
      }
      for entry in group { commit([entry], store) }
    }
  }
}
