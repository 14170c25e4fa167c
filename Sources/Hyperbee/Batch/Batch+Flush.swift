import Hypercore

extension Batch {
  /// Appends all operations at once and closes the batch. Without operations nothing is appended.
  ///
  /// - Returns: the length of the log afterwards.
  /// - Throws: ``BeeError/logChanged(expectedLength:foundLength:expectedEpoch:foundEpoch:)`` when somebody wrote to the
  ///   log since the first operation; whatever the log throws.
  @discardableResult
  public func flush() throws -> UInt64 {
    guard isOpen else { throw BeeError.batchClosed }
    defer { close() }
    guard !pending.isEmpty else { return log.length }
    return try log.writing { try write() }
  }

  private func write() throws -> UInt64 {
    guard log.length == base, log.epoch == tree.epoch else {
      throw BeeError.logChanged(
        expectedLength: base, foundLength: log.length, expectedEpoch: tree.epoch, foundEpoch: log.epoch)
    }
    var encoder = BlockEncoder()
    var blocks: [[UInt8]] = []
    blocks.reserveCapacity(pending.count)
    for i in pending.indices {
      // A block is encoded before the next one is compacted: a superseded node then names offsets of later blocks as
      // they were before.
      if i < pending.count - 1 {
        compact(i)
      } else {
        pending[i].index[0] = Child(new: pending[i].root)
      }
      let operation = pending[i]
      blocks.append(encoder.encode(key: operation.key, value: operation.value, levels: operation.index))
    }
    let length = try log.append(blocks)
    if !hasMarks {
      bee.live.give(pending[pending.count - 1].root, count: nodeCount, version: length, epoch: log.epoch)
    }
    return length
  }

  /// Drops the nodes that later operations of the batch rewrote; see the type's comment.
  private func compact(_ i: Int) {
    let sequence = base + UInt64(i)
    var index: [Child?] = []
    swap(&index, &pending[i].index)
    var position = 0
    while position < index.count {
      if let child = index[position], child.sequence == sequence {
        child.offset = position
        position += 1
      } else {
        let last = index.removeLast()
        if position < index.count { index[position] = last }
      }
    }
    pending[i].index = index
  }
}
