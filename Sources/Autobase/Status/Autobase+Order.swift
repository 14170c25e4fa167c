public import CompactEncoding
import Hypercore

extension Autobase {
  /// The order of all nodes of the base: from the beginning of its logs or, where these are not stored from their
  /// beginning, from the oldest final state behind which everything is; see ``OrderHistory/systemLength``.
  ///
  /// - Parameter keptBytes: how many bytes of each value are kept.
  /// - Throws: `LogError.blockNotAvailable` when not even the newest final state is stored with all that is needed.
  public func orderHistory(keptBytes: Int = .max) throws -> OrderHistory {
    let writers = try writers()
    let (start, epochs) = try OrderStart(self, writers).find()
    return try order(of: writers, from: start, epochs, keptBytes)
  }

  /// The order of the nodes that are not final yet, alone: places count from there.
  ///
  /// - Parameter keptBytes: how many bytes of each value are kept.
  public func openOrder(keptBytes: Int = .max) throws -> OrderHistory {
    let start = try graphStart(at: indexedLength, indexedInfo)
    return try order(of: writers(), from: start, [IndexerEpoch(indexers: start.indexers)], keptBytes)
  }

  private func order(
    of writers: [Fixed32], from start: GraphStart, _ epochs: [IndexerEpoch], _ keptBytes: Int
  ) throws -> OrderHistory {
    // Nobody knows how much of a log is final whose record is not stored: for one without blocks that is no matter.
    let stored = try writers.filter { try start.lengths[$0] != nil || messages(of: $0).length > 0 }
    return try OrderHistory(
      stored, epochs, from: start,
      length: { [system] in try system.member($0, at: start.systemLength)?.length ?? 0 }, keptBytes: keptBytes
    ) { try self.messages(of: $0) }
  }

  /// The bootstrap writer, and all who ever were members; while the list of these is not all stored, after a
  /// fast-forward, those that are known.
  public func writers() throws -> [Fixed32] {
    var known: [Fixed32]
    do { known = try system.allMembers().map(\.key) } catch LogError.blockNotAvailable {
      let told = info.indexers.map(\.key) + info.pendingIndexers + info.heads.map(\.key)
      known = readers.keys + updates.all.map(\.key) + told
    }
    var seen: Set<Fixed32> = []
    return ([key] + known).filter { seen.insert($0).inserted }
  }
}
