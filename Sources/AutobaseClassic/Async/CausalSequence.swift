/// A causal stream for `for try await`.
public struct CausalSequence: AsyncSequence {
  public typealias Element = CausalNode
  public typealias Failure = any Error

  let base: ClassicAutobase
  let clock: CausalClock?
  let includesAcks: Bool

  public func makeAsyncIterator() -> Iterator { Iterator(sequence: self) }

  /// Opens the stream when its first entry is asked for.
  public struct Iterator: AsyncIteratorProtocol {
    let sequence: CausalSequence
    private var stream: CausalStream?

    init(sequence: CausalSequence) { self.sequence = sequence }

    /// The next older entry; nil when all were passed.
    ///
    /// - Throws: as ``CausalStream/next()``, and `CancellationError`.
    public mutating func next() async throws -> CausalNode? {
      try Task.checkCancellation()
      if stream == nil {
        stream = try sequence.base.causalStream(from: sequence.clock, includesAcks: sequence.includesAcks)
      }
      return try stream?.next()
    }
  }
}
