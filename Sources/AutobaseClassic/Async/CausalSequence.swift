public import CompactEncoding

/// Gets an entry here that is not: block `seq` of the log `key`. When it returns, the entry is asked for again.
public typealias MissingEntryHook = (_ key: Fixed32, _ seq: UInt64) async throws -> Void

/// A causal stream for `for try await`.
public struct CausalSequence: AsyncSequence {
  public typealias Element = CausalNode
  public typealias Failure = any Error

  let base: ClassicAutobase
  let clock: CausalClock?
  let includesAcks: Bool
  let onMissing: MissingEntryHook?

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
      while true {
        do {
          return try stream?.next()
        } catch ClassicError.unavailable(let key, let seq, let length) {
          guard let onMissing = sequence.onMissing else {
            throw ClassicError.unavailable(key: key, seq: seq, length: length)
          }
          try await onMissing(key, seq)
          try Task.checkCancellation()
        }
      }
    }
  }
}
