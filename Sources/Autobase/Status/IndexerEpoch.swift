public import CompactEncoding

/// The indexers of a part of the order: up to and with the node whose place being final brought in the next ones.
public struct IndexerEpoch: Sendable, Hashable {
  /// The active indexers, in the order of the system view.
  public var indexers: [Fixed32]
  /// The node that changed them; nil in the last epoch.
  public var end: Checkout?
  /// The heads of all that is indexed then.
  public var heads: [Checkout]

  /// A part of the order.
  public init(indexers: [Fixed32], end: Checkout? = nil, heads: [Checkout] = []) {
    self.indexers = indexers
    self.end = end
    self.heads = heads
  }
}

extension Autobase {
  /// The sets of indexers that the base has had, as the system view tells: one block of it after the other is read, the
  /// newest first.
  ///
  /// - Parameter start: the length of the system view in the state behind which the first of them counts.
  /// - Throws: `LogError.blockNotAvailable` with the last block of the system view behind that state that is not stored.
  public func indexerEpochs(from start: UInt64 = 0) throws -> [IndexerEpoch] {
    var epochs = [IndexerEpoch(indexers: indexers(indexedInfo))]
    // The state after the one that is looked at.
    var next = indexedInfo
    var length = indexedLength
    while length > start {
      length -= 1
      // Block 0 is the header.
      let info = length < 2 ? length == start ? SystemInfo() : nil : try SystemView.info(at: length, system.bee)
      guard let info else { continue }
      if indexers(info) != epochs[epochs.count - 1].indexers, let end = next.heads.last {
        epochs.append(IndexerEpoch(indexers: indexers(info), end: end, heads: next.heads))
      }
      next = info
    }
    return epochs.reversed()
  }

  private func indexers(_ info: SystemInfo) -> [Fixed32] {
    info.members == 0 ? [key] : info.indexers.map(\.key)
  }
}
