/// A read stream for `for try await`, with hooks.
///
/// A live one waits, without polling, until an input grows or members change; it ends when the base is closed. An
/// entry that is not stored here makes it call a hook that gets it, or wait for news as well, if
/// ``ReadStream/Options/waits`` is true.
public struct ReadSequence<Element>: AsyncSequence {
  public typealias Failure = any Error

  let base: ClassicAutobase
  let options: ReadStream.Options
  let map: (InputNode) throws -> Element
  let onResolve: ((InputNode) async throws -> Bool)?
  let onWait: ((Element) async throws -> Void)?
  let onMissing: MissingEntryHook?

  public func makeAsyncIterator() -> Iterator { Iterator(self) }

  /// Reads one entry after the other. Opened when it is made.
  public struct Iterator: AsyncIteratorProtocol {
    private let sequence: ReadSequence
    private var stream: ReadStream
    /// What was given last, as long as ``ReadSequence/onWait`` has not heard of it.
    private var given: Element?

    init(_ sequence: ReadSequence) {
      self.sequence = sequence
      var options = sequence.options
      if sequence.onResolve != nil { options.offersUnresolved = true }
      if sequence.onWait != nil { options.followsMembers = true }
      stream = sequence.base.readStream(options)
    }

    /// How far it has come: a copy to resume from.
    public var checkpoint: ReadCheckpoint { stream.checkpoint }

    /// The next entry; nil at the end.
    ///
    /// - Throws: as ``ReadStream/step()``, what a hook throws, and `CancellationError`.
    public mutating func next() async throws -> Element? {
      if let element = given {
        given = nil
        try await sequence.onWait?(element)
      }
      while true {
        try Task.checkCancellation()
        let news = sequence.base.changes.count
        do {
          switch try stream.step() {
          case .node(let node):
            let element = try sequence.map(node)
            if sequence.onWait != nil { given = element }
            return element
          case .unresolved(let node):
            let isResolved = try await sequence.onResolve?(node) ?? false
            stream.resolve(isResolved)
            // Nothing was added: the same entry would be offered again at once.
            if isResolved { await sequence.base.changes.wait(after: news) }
          case .waiting: await sequence.base.changes.wait(after: news)
          case .finished: return nil
          }
        } catch ClassicError.unavailable(let key, let seq, _) {
          if let onMissing = sequence.onMissing {
            try await onMissing(key, seq)
          } else {
            await sequence.base.changes.wait(after: news)
          }
        }
      }
    }
  }
}
