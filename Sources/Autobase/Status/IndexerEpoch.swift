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
  /// All sets of indexers that the base has had, as the system view tells: one block of it after the other is read.
  ///
  /// - Throws: `LogError.blockNotAvailable` where the system view is not stored from its beginning.
  public func indexerEpochs() throws -> [IndexerEpoch] {
    var epochs: [IndexerEpoch] = []
    var indexers = [key]
    // Block 0 is the header.
    var length: UInt64 = 2
    while length <= indexedLength {
      defer { length += 1 }
      guard let info = try SystemView.info(at: length, system.bee) else { continue }
      let next = info.indexers.map { $0.key }
      guard next != indexers, let end = info.heads.last else { continue }
      epochs.append(IndexerEpoch(indexers: indexers, end: end, heads: info.heads))
      indexers = next
    }
    return epochs + [IndexerEpoch(indexers: indexers)]
  }
}
