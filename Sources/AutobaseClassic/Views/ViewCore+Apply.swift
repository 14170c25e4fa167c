import CompactEncoding
import Hypercore

/// The local output is not what it was when the update began.
struct StaleOutput: Error {}

extension ViewCore {
  /// Number of blocks that are made and appended to the local output at a time.
  private static let blocksAtOnce = 1024

  /// Applies nodes batch by batch, the last one first, and drops them as they are.
  ///
  /// - Returns: why it ended early, if it did.
  func apply(_ pending: inout [CausalNode]) -> (any Error)? {
    let view = LinearizedView(self, unwraps: unwraps)
    var batch: [CausalNode] = []
    while let node = pending.popLast() {
      let place = node.node.batch
      if place.index != UInt64(batch.count) || (batch.last.map { $0.node.key != node.node.key } ?? false) {
        let odd = batch.last ?? node
        return ViewError.incompleteBatch(key: odd.node.key, sequence: odd.node.seq)
      }
      batch.append(node)
      guard place.isLast else { continue }
      if let failure = apply(batch, ending: node, view) { return failure }
      batch.removeAll(keepingCapacity: true)
    }
    return batch.last.map { ViewError.incompleteBatch(key: $0.node.key, sequence: $0.node.seq) }
  }

  private func apply(_ batch: [CausalNode], ending last: CausalNode, _ view: LinearizedView) -> (any Error)? {
    let start = state.nodes.count
    let valued = batch.allSatisfy { $0.node.value != nil } ? batch : batch.filter { $0.node.value != nil }
    if !valued.isEmpty {
      applying = last
      defer { applying = nil }
      do {
        try apply(
          valued,
          ApplyContext(view: view, localClock: last.node.clock, globalClock: last.clock, change: last.node.key))
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
