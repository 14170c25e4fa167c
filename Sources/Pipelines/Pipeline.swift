/// Works on pieces on a thread of its own, in order, while the next one is made.
///
/// A few pieces wait at most; whoever brings more waits with them. What the work throws ends it, and is thrown to whoever
/// brings the next piece, or waits for the end.
public final class Pipeline<Piece> {
  private struct State {
    var waiting: [Piece] = []
    var isWorking = false
    var isClosed = false
    var failure: (any Error)?
  }

  private let limit: Int
  private let state = Monitor(State())
  private let thread: WorkerThread

  /// A pipeline.
  ///
  /// - Parameters:
  ///   - limit: how many pieces wait at most.
  ///   - work: what is done with each; called on the other thread, one call at a time. What it uses may be used by
  ///     others after ``drain()``.
  public init(limit: Int = 2, _ work: @escaping (Piece) throws -> Void) {
    self.limit = limit
    thread = WorkerThread { [state] in
      while let piece = Self.next(state) {
        let result = Result { try work(piece) }
        state.change {
          $0.isWorking = false
          if case .failure(let error) = result { $0.failure = error }
        }
      }
    }
  }

  deinit {
    state.change { $0.isClosed = true }
    thread.join()
  }

  /// The next piece, once there is one; nil when there will be none.
  private static func next(_ state: Monitor<State>) -> Piece? {
    state.change(when: { !$0.waiting.isEmpty || $0.isClosed || $0.failure != nil }) {
      guard !$0.isClosed, $0.failure == nil else { return nil }
      $0.isWorking = true
      return $0.waiting.removeFirst()
    }
  }

  /// Brings a piece.
  ///
  /// - Throws: what the work on an earlier one threw.
  public func submit(_ piece: Piece) throws {
    try state.change(when: { $0.waiting.count < limit || $0.failure != nil }) {
      if let failure = $0.failure { throw failure }
      $0.waiting.append(piece)
    }
  }

  /// Waits until all pieces are done.
  ///
  /// - Throws: what the work threw.
  public func drain() throws {
    try state.change(when: { $0.waiting.isEmpty && !$0.isWorking || $0.failure != nil }) {
      if let failure = $0.failure { throw failure }
    }
  }
}
