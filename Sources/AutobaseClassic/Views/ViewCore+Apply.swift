import CompactEncoding
import Hypercore

/// The local output is not what it was when the update began.
struct StaleOutput: Error {}

extension ViewCore {
  /// Number of blocks that are made and appended to the local output at a time.
  private static let blocksAtOnce = 1024

  /// Applies batches, the first one first.
  ///
  /// - Parameter mark: moved to where the last call that was made ended.
  /// - Returns: why it ended early, if it did.
  func apply(_ batches: [PendingBatches.Batch], _ mark: inout ViewMark) -> (any Error)? {
    let view = LinearizedView(self, unwraps: unwraps)
    var upcoming = batches.map(\.valued).filter { !$0.isEmpty }[...]
    for batch in batches {
      if !batch.valued.isEmpty { upcoming.removeFirst() }
      if let failure = apply(batch, upcoming, view) { return failure }
      mark = ViewMark(clock: batch.last.clock, operations: batch.last.operations, length: state.length)
    }
    return nil
  }

  private func apply(
    _ batch: PendingBatches.Batch, _ upcoming: ArraySlice<[CausalNode]>, _ view: LinearizedView
  ) -> (any Error)? {
    let (valued, last) = (batch.valued, batch.last)
    let start = state.nodes.count
    if !valued.isEmpty {
      applying = last
      defer { applying = nil }
      do {
        try apply(
          valued,
          ApplyContext(
            view: view, localClock: last.node.clock, globalClock: last.clock, change: last.node.key, upcoming: upcoming)
        )
      } catch {
        if state.nodes.count > start {
          state.nodes.removeSubrange(start...)
          replaceBlocks(isTruncation: true)
        }
        return ApplyError(change: last.node.key, sequence: last.node.seq, underlying: error)
      }
    }
    let count = state.nodes.count - start
    for index in 0..<count {
      state.nodes[start + index].batch = BatchPosition(index: UInt64(index), rest: UInt64(count - 1 - index))
    }
    if count == 0 {
      if valued.isEmpty { return nil }
      state.quietMarks.append(ViewMark(clock: last.clock, operations: last.operations, length: state.length))
    } else {
      tail.removeAll()
    }
    return nil
  }

  /// Makes the local output what the view is, in one transaction.
  func store(
    in local: any CausalLog & AppendableLog, keeping length: UInt64, of position: Basis.Position
  ) throws {
    let nodes = state.nodes
    if length < position.length || !nodes.isEmpty {
      try local.writing {
        guard Basis.Position(local) == position else { throw StaleOutput() }
        if length < position.length { try local.truncate(to: length) }
        var encoder = try OutputEncoder(
          after: OutputLog(key: local.key, log: local), length: length, newFormat: format, order: order)
        var rest = nodes[...]
        while !rest.isEmpty {
          try local.append(rest.prefix(Self.blocksAtOnce).map { encoder.block($0) })
          rest = rest.dropFirst(Self.blocksAtOnce)
        }
      }
    }
    let trunk = state.trunkLength > 0 && state.trunk?.log === local ? state.trunk : nil
    state.trunk = try trunk ?? OutputLog(key: local.key, log: local)
    state.trunkLength = local.length
    state.nodes = []
    stored = Basis.Position(local)
    tail.removeAll()
  }
}
