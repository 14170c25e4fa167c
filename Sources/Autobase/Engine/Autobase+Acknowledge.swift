import CompactEncoding
import Hypercore

extension Autobase {
  /// Whether the local writer should append a node without value: to be linked as a new indexer, to make open values
  /// final, or to hand out signatures (spec 03 §10.2).
  ///
  /// - Parameter isStalled: nothing happens any more although values are open. Then every vote that others lack counts,
  ///   as it does while the set of indexers changes, and not only votes for values: see ``Acknowledger``.
  public func needsAck(isStalled: Bool = false) -> Bool {
    guard let ownLog, queue.isEmpty, !isClosed, !isRecovering, interruption == nil, !ownLog.hasConflict else {
      return false
    }
    // Who was withdrawn before its first node stays pending, and would become an indexer by writing one.
    if isPendingIndexer { return isWritable }
    guard isIndexer, !isFastForwarding else { return false }
    let isChanging = info.indexers.count > linearizer.consensus.indexers.count
    let isPending = isChanging || isStalled && openValueCount > 0
    return needsSignatures || linearizer.shouldAcknowledge(ownLog.key, isPending: isPending)
  }

  /// How many values are not indexed yet.
  public var openValueCount: Int { linearizer.tipNodes.count { $0.value != nil } }

  /// Whether a value is not indexed yet.
  public var hasOpenValues: Bool { linearizer.tipNodes.contains { $0.value != nil } }

  /// How many other indexers should answer before the local writer, when several have to: indexers take turns in the order
  /// of the list, beginning behind the writer of the head with the largest key. Those that have heard of the same nodes
  /// come to the same turns.
  public var answerTurn: Int {
    let indexers = linearizer.consensus.indexers
    guard let ownLog, let place = linearizer.window(ownLog.key)?.indexer,
      let head = linearizer.heads.max(by: { $0.writer.key < $1.writer.key })
    else { return 0 }
    // Somebody who is no indexer: each of its nodes begins with another one.
    let before = head.writer.indexer ?? Int((UInt64(head.writer.key.bytes[0]) &+ head.length) % UInt64(indexers.count))
    return (place - before - 1 + indexers.count) % indexers.count
  }

  /// Brings the base up to date, and appends a node without value if that helps.
  ///
  /// - Parameter isStalled: as for ``needsAck(isStalled:)``.
  /// - Returns: whether it did. It does not while blocks of views must be fetched first.
  @discardableResult
  public func acknowledge(isStalled: Bool = false) throws -> Bool {
    try advance()
    guard needsAck(isStalled: isStalled) else { return false }
    do {
      try appendAck()
      return true
    } catch LogError.blockNotAvailable {
      // A block of a view that has to be fetched first.
      return false
    }
  }

  /// Whether something is indexed here that the newest signatures of the local writer do not cover.
  private var needsSignatures: Bool {
    guard isIndexedSigner else { return false }
    guard own.user.count >= indexedInfo.views.count else { return true }
    if indexedInfo.encryptionLength > own.encryption?.value.length ?? 0 { return true }
    return zip(indexedInfo.views, own.user).contains { $0.length > $1.value.length }
  }
}
