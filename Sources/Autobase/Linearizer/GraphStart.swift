import CompactEncoding

/// A final state behind which a graph begins: whose nodes are votes from there on, the heads of what is final, and how
/// much of the logs that is.
struct GraphStart {
  /// Length of the system view in that state; 0 at the beginning of the base.
  var systemLength: UInt64 = 0
  /// The indexers, in the order of the system view.
  var indexers: [Fixed32]
  /// The heads of what is final.
  var heads: [Checkout] = []
  /// How much of the logs of indexers and heads is final.
  var lengths: [Fixed32: UInt64] = [:]

  /// The indexers and the writers of the heads.
  var writers: [Fixed32] { indexers + heads.map(\.key) }
}

extension Linearizer {
  /// A linearizer that starts behind a final state.
  convenience init(_ start: GraphStart) {
    self.init(indexers: start.indexers, heads: start.heads) { start.lengths[$0] ?? 0 }
  }
}

extension Autobase {
  /// The final state with this length of the system view.
  ///
  /// - Throws: `LogError.blockNotAvailable` when a record that it needs is not stored, after a fast-forward.
  func graphStart(at length: UInt64, _ info: SystemInfo) throws -> GraphStart {
    var start = GraphStart(
      systemLength: length, indexers: info.members == 0 ? [key] : info.indexers.map(\.key), heads: info.heads)
    for writer in start.writers where start.lengths[writer] == nil {
      start.lengths[writer] = try system.member(writer, at: length)?.length ?? 0
    }
    return start
  }
}
