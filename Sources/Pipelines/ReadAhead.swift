/// Makes items on a thread of its own, a few ahead of whoever takes them.
public final class ReadAhead<Item> {
  private struct State {
    var waiting: [Item] = []
    var end: Result<Void, any Error>?
    var isClosed = false
  }

  private let state = Monitor(State())
  private let thread: WorkerThread
  private let waitsForEnd: Bool

  /// Begins to make items.
  ///
  /// - Parameters:
  ///   - limit: how many of them wait at most.
  ///   - waitsForEnd: whether this object, when it goes, waits until the other thread is done with its last item. False
  ///     for items that may take for ever, as those of a pipe: then what makes them is never used again by anybody.
  ///   - make: makes the next item, or returns nil behind the last one; called on the other thread alone. What it uses
  ///     is used by nobody else until this object is gone.
  public init(limit: Int = 2, waitsForEnd: Bool = true, _ make: @escaping () throws -> Item?) {
    self.waitsForEnd = waitsForEnd
    thread = WorkerThread { [state] in
      let end = Result {
        while let item = try make() {
          let goesOn = state.change(when: { $0.waiting.count < limit || $0.isClosed }) {
            $0.waiting.append(item)
            return !$0.isClosed
          }
          if !goesOn { return }
        }
      }
      state.change { $0.end = end }
    }
  }

  deinit {
    state.change { $0.isClosed = true }
    if waitsForEnd { thread.join() } else { thread.detach() }
  }

  /// The next item, or nil behind the last one.
  ///
  /// - Throws: what making it threw.
  public func next() throws -> Item? {
    try state.change(when: { !$0.waiting.isEmpty || $0.end != nil }) {
      guard $0.waiting.isEmpty else { return $0.waiting.removeFirst() }
      try $0.end?.get()
      return nil
    }
  }
}
