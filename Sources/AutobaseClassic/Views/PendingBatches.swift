/// Nodes that an update applies, taken batch by batch, the oldest first, and dropped as they are taken.
struct PendingBatches {
  /// A batch that was appended to an input.
  struct Batch {
    /// Its nodes that have a value.
    var valued: [CausalNode]
    /// The newest of all its nodes.
    var last: CausalNode
  }

  /// The newest first.
  private var nodes: [CausalNode]

  /// The nodes of a causal stream.
  init(newestFirst nodes: [CausalNode]) { self.nodes = nodes }

  /// Whether nothing is left.
  var isEmpty: Bool { nodes.isEmpty }

  /// Takes batches until `nodeCount` nodes are reached.
  ///
  /// - Returns: the batches in front of the first that is not complete, and which that is.
  mutating func next(nodeCount: Int) -> (batches: [Batch], failure: ViewError?) {
    var batches: [Batch] = []
    var batch: [CausalNode] = []
    var count = 0
    while count < nodeCount || !batch.isEmpty, let node = nodes.popLast() {
      let place = node.node.batch
      if place.index != UInt64(batch.count) || (batch.last.map { $0.node.key != node.node.key } ?? false) {
        let odd = batch.last ?? node
        return (batches, .incompleteBatch(key: odd.node.key, sequence: odd.node.seq))
      }
      batch.append(node)
      count += 1
      guard place.isLast else { continue }
      let valued = batch.allSatisfy { $0.node.value != nil } ? batch : batch.filter { $0.node.value != nil }
      batches.append(Batch(valued: valued, last: node))
      batch = []
    }
    return (batches, batch.last.map { .incompleteBatch(key: $0.node.key, sequence: $0.node.seq) })
  }
}
