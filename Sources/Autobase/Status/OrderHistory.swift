public import CompactEncoding

/// The order of the nodes of several logs from their beginning, and how it came about.
///
/// The logs are read and ordered as a running base does it, once; what the linearizer saw when it decided is kept, in a
/// few dozen bytes for each node.
public final class OrderHistory {
  /// A node in its place.
  public struct Entry: Sendable, Hashable {
    /// Writer and 1-based position in its log.
    public var node: Checkout
    /// Blocks left in its atomic batch, itself included.
    public var batch: UInt64
    /// The application's bytes, or as many of the first ones as were to be kept; nil in an ack.
    public var value: [UInt8]?
    /// Number of the application's bytes; nil in an ack.
    public var valueLength: Int?
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
  public private(set) var entries: OrderEntries
  /// How many of them are final.
  public private(set) var indexedCount = 0
  /// Why each group is final.
  public private(set) var decisions = OrderDecisions()
  /// Nodes that could not be placed.
  public private(set) var gaps: [NodeOrder.Gap] = []
  /// The polls on the oldest open nodes of indexers, and on open merges of branches that a majority votes for.
  public private(set) var openPolls: [Poll] = []
  /// The active indexers.
  public private(set) var indexers: [Fixed32] = []

  private(set) var linearizer = Linearizer(indexers: [])

  /// Orders logs of which all that count is given.
  ///
  /// - Parameters:
  ///   - logs: the messages of each writer; a key that comes twice continues.
  ///   - epochs: the indexers, one set after the other.
  ///   - keptBytes: how many bytes of each value are kept.
  public convenience init(_ logs: [WriterMessages], epochs: [IndexerEpoch], keptBytes: Int = .max) throws {
    var messages: [Fixed32: [OplogMessage]] = [:]
    var keys: [Fixed32] = []
    for log in logs {
      if messages[log.key] == nil {
        keys.append(log.key)
        messages[log.key] = log.messages
      } else {
        messages[log.key, default: []] += log.messages
      }
    }
    let known = messages
    try self.init(keys, epochs, keptBytes: keptBytes) { GivenMessages(list: known[$0] ?? []) }
  }

  /// Orders logs whose messages are read when they are needed.
  ///
  /// - Parameters:
  ///   - logs: the writers and how many messages each has.
  ///   - epochs: the indexers, one set after the other.
  ///   - keptBytes: how many bytes of each value are kept.
  ///   - message: the message of a writer at a 1-based length. A `DecodingError` ends that log there; other errors are
  ///     passed on.
  public convenience init(
    _ logs: [Checkout], epochs: [IndexerEpoch], keptBytes: Int = .max,
    message: @escaping (Checkout) throws -> OplogMessage
  ) throws {
    var lengths: [Fixed32: UInt64] = [:]
    for log in logs { lengths[log.key] = log.length }
    let known = lengths
    try self.init(logs.map(\.key), epochs, keptBytes: keptBytes) { key in
      AskedMessages(key: key, length: known[key] ?? 0, read: message)
    }
  }

  /// - Parameters:
  ///   - heads: the heads of what is final before the first node; none at the beginning.
  ///   - lengths: how much of each log that is.
  init(
    _ keys: [Fixed32], _ epochs: [IndexerEpoch], heads: [Checkout] = [], lengths: [Fixed32: UInt64] = [:],
    keptBytes: Int = .max, source: (Fixed32) throws -> any MessageSource
  ) throws {
    entries = OrderEntries(keptBytes: keptBytes)
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
    linearizer.consensus.trace = { [unowned self, consensus = linearizer.consensus] group, merge in
      decisions.append(group, through: merge, consensus)
    }
    defer { linearizer.consensus.trace = nil }
    while true {
      let taken = try load()
      let first = decisions.count
      if let update = linearizer.update() {
        var group = 0
        for (i, node) in update.indexed.enumerated() {
          while update.groupEnds[group] <= i { group += 1 }
          entries.append(node, group: first + group)
          lengths[node.writer.key] = node.length
          if Checkout(node) == end { return }
        }
        for node in update.indexed { node.writer.shift() }
      }
      if taken == 0 { return }
    }
  }

  private func finish() {
    indexedCount = entries.count
    let consensus = linearizer.consensus
    for node in linearizer.tipNodes { entries.append(node, group: nil) }
    let tails = consensus.indexerTails()
    let polled = tails + consensus.voted.filter { merge in !tails.contains { $0 === merge } }
    openPolls = polled.map { Poll($0, consensus) }
  }

  /// Where a node is.
  public func position(_ node: Checkout) -> Int? { entries.position(node) }

  /// The node itself, while its place is not final.
  func openNode(_ node: Checkout) -> Node? { linearizer.window(node.key)?.node(node.length) }
}

extension Autobase {
  /// The order of all nodes of the base, from the beginning of its logs.
  ///
  /// - Parameter keptBytes: how many bytes of each value are kept.
  /// - Throws: `LogError.blockNotAvailable` where the system view is not stored from its beginning.
  public func orderHistory(keptBytes: Int = .max) throws -> OrderHistory {
    if storage.isReadOnly { try catchUpReading() }
    let members = try system.allMembers().map { $0.key }
    let keys = [key] + members.filter { $0 != key }
    return try OrderHistory(keys, indexerEpochs(), keptBytes: keptBytes) { try self.openReader($0).source }
  }

  /// The order of the nodes that are not final yet, alone: places count from there. It needs no more than what is
  /// stored of a base that was not followed from its beginning.
  ///
  /// - Parameter keptBytes: how many bytes of each value are kept.
  public func openOrder(keptBytes: Int = .max) throws -> OrderHistory {
    if storage.isReadOnly { try catchUpReading() }
    let lengths = Dictionary(readers.all.map { ($0.key, $0.window.offset) }) { first, _ in first }
    let epoch = IndexerEpoch(indexers: linearizer.consensus.indexers.map { $0.key })
    return try OrderHistory(
      readers.keys, [epoch], heads: indexedInfo.heads, lengths: lengths, keptBytes: keptBytes
    ) {
      try self.openReader($0).source
    }
  }
}

/// The messages of one writer, as somebody else reads them.
private struct AskedMessages: MessageSource {
  let key: Fixed32
  let length: UInt64
  let read: (Checkout) throws -> OplogMessage

  func message(_ length: UInt64) throws -> OplogMessage { try read(Checkout(key: key, length: length)) }
}
