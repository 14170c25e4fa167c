import Hypercore

extension Autobase {
  /// Appends values, and brings the views up to date, in one transaction. An empty list appends nothing.
  ///
  /// - Parameter isAtomic: whether they are one atomic batch; else nodes of their own.
  /// - Returns: the new length of the local log.
  /// - Throws: ``AutobaseError/notWritable``, ``AutobaseError/emptyValue``; see ``advance()``.
  @discardableResult
  public func append(_ values: [[UInt8]], isAtomic: Bool = true) throws -> UInt64 {
    guard !values.isEmpty else { return local?.length ?? 0 }
    for value in values where value.isEmpty { throw AutobaseError.emptyValue }
    return try change {
      guard isWritable else { throw AutobaseError.notWritable }
      put(values.map { Queued(value: $0, isSeparate: !isAtomic) })
      try advanceUntilIdle()
      return local?.length ?? 0
    }
  }

  /// Appends one value.
  @discardableResult
  public func append(_ value: [UInt8]) throws -> UInt64 { try append([value]) }

  /// Appends a node without a value: a vote.
  @discardableResult
  public func appendAck() throws -> UInt64 {
    try change {
      try enqueueAck()
      try advanceUntilIdle()
      return local?.length ?? 0
    }
  }

  /// Queues a value for the next ``advance()``. All that is queued then becomes one atomic batch.
  ///
  /// - Parameter isOptimistic: whether it may be written although the local writer is no member; it counts only if
  ///   `apply` accepts it.
  /// - Returns: the length of the local log with it.
  @discardableResult
  public func enqueue(_ value: [UInt8], isOptimistic: Bool = false) throws(AutobaseError) -> UInt64 {
    guard !value.isEmpty else { throw .emptyValue }
    guard let ownLog, isWritable || isOptimistic && !isRecovering else { throw .notWritable }
    put([Queued(value: value, isOptimistic: isOptimistic)])
    return ownLog.length + UInt64(queue.count)
  }

  /// Queues a node without value, unless something is queued already.
  ///
  /// - Returns: the length of the local log with what is queued.
  @discardableResult
  public func enqueueAck() throws(AutobaseError) -> UInt64 {
    guard let ownLog, isWritable || isIndexer && !isRecovering && !ownLog.hasConflict else { throw .notWritable }
    if queue.isEmpty { queue.append(Queued(value: nil)) }
    return ownLog.length + UInt64(queue.count)
  }

  /// Adds values to the queue; a queued ack is not needed any more then.
  private func put(_ values: [Queued]) {
    if let last = queue.last, last.value == nil { queue.removeLast() }
    queue += values
  }
}
