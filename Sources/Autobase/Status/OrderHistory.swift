public import CompactEncoding

/// The order of the nodes of several logs from their beginning, and how it came about.
///
/// The logs are read and ordered as a running base does it, once; what the linearizer saw when it decided is kept.
public final class OrderHistory {
  /// A node in its place.
  public struct Entry: Sendable, Hashable {
    /// Writer and 1-based position in its log.
    public var node: Checkout
    /// Blocks left in its atomic batch, itself included.
    public var batch: UInt64
    /// The application's bytes; nil in an ack.
    public var value: [UInt8]?
    /// The heads its writer knew.
    public var heads: [Checkout]
    /// Whether an indexer wrote it, so that it is a vote.
    public var isVote: Bool
    /// Whether it joins branches of indexers.
    public var isMerge: Bool
    /// The group with which it became final, an index of ``OrderHistory/decisions``; nil in the tip.
    public var group: Int?
  }

  /// All nodes: first those whose place is final, then the tip.
  public private(set) var entries: [Entry] = []
  /// How many of them are final.
  public private(set) var indexedCount = 0
  /// Why each group is final.
  public private(set) var decisions: [OrderDecision] = []
  /// Nodes that could not be placed.
  public private(set) var gaps: [NodeOrder.Gap] = []
  /// The polls on the oldest open nodes of indexers, and on open merges of branches that a majority votes for.
  public private(set) var openPolls: [Poll] = []
  /// The active indexers.
  public private(set) var indexers: [Fixed32] = []

  private var positions: [Checkout: Int] = [:]
  private(set) var linearizer = Linearizer(indexers: [])
  private var merges: Set<Checkout> = []

  /// Orders logs of which all that count is given.
  ///
  /// - Parameters:
  ///   - logs: the messages of each writer; a key that comes twice continues.
  ///   - epochs: the indexers, one set after the other.
  public convenience init(_ logs: [WriterMessages], epochs: [IndexerEpoch]) throws {
    var messages: [Fixed32: [OplogMessage]] = [:]
    var keys: [Fixed32] = []
    for log in logs {
      if messages[log.key] == nil { keys.append(log.key) }
      messages[log.key, default: []] += log.messages
    }
    let known = messages
    try self.init(keys, epochs) { GivenMessages(list: known[$0] ?? []) }
  }

  /// - Parameters:
  ///   - heads: the heads of what is final before the first node; none at the beginning.
  ///   - lengths: how much of each log that is.
  init(
    _ keys: [Fixed32], _ epochs: [IndexerEpoch], heads: [Checkout] = [], lengths: [Fixed32: UInt64] = [:],
    source: (Fixed32) throws -> any MessageSource
  ) throws {
    var (heads, lengths) = (heads, lengths)
    for epoch in epochs {
      indexers = epoch.indexers
      linearizer = Linearizer(indexers: indexers, heads: heads) { lengths[$0] ?? 0 }
      var readers = ReaderSet()
      func open(_ key: Fixed32) throws -> WriterReader {
        if let reader = readers[key] { return reader }
        let window = linearizer.open(key, offset: lengths[key] ?? 0)
        let reader = WriterReader(key: key, source: try source(key), window: window)
        readers.insert(reader)
        return reader
      }
      for key in keys { _ = try open(key) }
      try order(epoch.end, &lengths) {
        try ReaderSet.load(readers.keys, into: linearizer, limit: 4096, known: { readers.keys }, open: open)
      }
      heads = epoch.heads
      gaps = readers.all.filter { !$0.isIdle }.map {
        NodeOrder.Gap(node: Checkout(key: $0.key, length: $0.window.length + 1), missing: $0.missing)
      }
    }
    finish()
  }

  /// Loads and orders nodes until there are no more, or `end` is final.
  private func order(_ end: Checkout?, _ lengths: inout [Fixed32: UInt64], load: () throws -> Int) throws {
    var groups: [OrderDecision] = []
    linearizer.consensus.trace = { [consensus = linearizer.consensus] group, merge in
      groups.append(
        OrderDecision(
          nodes: group.map { Poll($0, consensus) }, merge: merge.map { Poll($0, consensus) },
          majority: consensus.majority, indexerCount: consensus.indexers.count))
    }
    defer { linearizer.consensus.trace = nil }
    while true {
      let taken = try load()
      for node in linearizer.tipNodes where node.merge != nil { merges.insert(Checkout(node)) }
      if let update = linearizer.update() {
        let first = decisions.count
        decisions += groups
        groups.removeAll()
        var group = 0
        for (i, node) in update.indexed.enumerated() {
          while update.groupEnds[group] <= i { group += 1 }
          append(node, group: first + group)
          lengths[node.writer.key] = node.length
          if Checkout(node) == end { return }
        }
        for node in update.indexed { node.writer.shift() }
      }
      if taken == 0 { return }
    }
  }

  private func append(_ node: Node, group: Int?) {
    let name = Checkout(node)
    positions[name] = entries.count
    entries.append(
      Entry(
        node: name, batch: node.batch, value: node.value, heads: node.heads, isVote: node.writer.indexer != nil,
        isMerge: merges.contains(name), group: group))
  }

  private func finish() {
    indexedCount = entries.count
    let consensus = linearizer.consensus
    for node in linearizer.tipNodes { append(node, group: nil) }
    let tails = consensus.indexerTails()
    let polled = tails + consensus.voted.filter { merge in !tails.contains { $0 === merge } }
    openPolls = polled.map { Poll($0, consensus) }
  }

  /// Where a node is.
  public func position(_ node: Checkout) -> Int? { positions[node] }

  /// The node itself, while its place is not final.
  func openNode(_ node: Checkout) -> Node? { linearizer.window(node.key)?.node(node.length) }
}

extension Autobase {
  /// The order of all nodes of the base, from the beginning of its logs.
  ///
  /// - Throws: `LogError.blockNotAvailable` where the system view is not stored from its beginning.
  public func orderHistory() throws -> OrderHistory {
    if storage.isReadOnly { try catchUpReading() }
    let members = try system.allMembers().map { $0.key }
    let keys = [key] + members.filter { $0 != key }
    return try OrderHistory(keys, indexerEpochs()) { try self.openReader($0).source }
  }

  /// The order of the nodes that are not final yet, alone: places count from there. It needs no more than what is
  /// stored of a base that was not followed from its beginning.
  public func openOrder() throws -> OrderHistory {
    if storage.isReadOnly { try catchUpReading() }
    let lengths = Dictionary(readers.all.map { ($0.key, $0.window.offset) }) { first, _ in first }
    let epoch = IndexerEpoch(indexers: linearizer.consensus.indexers.map { $0.key })
    return try OrderHistory(readers.keys, [epoch], heads: indexedInfo.heads, lengths: lengths) {
      try self.openReader($0).source
    }
  }
}
