public import CompactEncoding

/// The order of the nodes of several logs from their beginning, or from a final state of a base, and how it came about.
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

  /// Length of the system view in the final state behind which the first place is; 0 when the order is from the
  /// beginning of the logs.
  public let systemLength: UInt64

  private(set) var linearizer = Linearizer(indexers: [])
  /// How much of each log is final in the state behind which the order begins, as far as it was asked for.
  private var initialLengths: [Fixed32: UInt64] = [:]
  private let initialLength: (Fixed32) throws -> UInt64
  /// How much of each log has a final place by now, the part before the first place included.
  private var lengths: [Fixed32: UInt64] = [:]

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
  ///   - start: the final state behind which the first epoch begins; nil at the beginning.
  ///   - length: how much of a log is final in that state.
  init(
    _ keys: [Fixed32], _ epochs: [IndexerEpoch], from start: GraphStart? = nil,
    length: @escaping (Fixed32) throws -> UInt64 = { _ in 0 }, keptBytes: Int = .max,
    source: (Fixed32) throws -> any MessageSource
  ) throws {
    entries = OrderEntries(keptBytes: keptBytes)
    systemLength = start?.systemLength ?? 0
    initialLength = length
    lengths = start?.lengths ?? [:]
    initialLengths = lengths
    var heads = start?.heads ?? []
    for epoch in epochs {
      indexers = epoch.indexers
      var start = GraphStart(indexers: indexers, heads: heads)
      for key in start.writers { start.lengths[key] = try finalLength(key) }
      linearizer = Linearizer(start)
      var readers = ReaderSet()
      func open(_ key: Fixed32) throws -> WriterReader {
        if let reader = readers[key] { return reader }
        let source = try source(key)
        let window = linearizer.open(key, offset: try finalLength(key))
        let reader = WriterReader(key: key, source: source, window: window)
        readers.insert(reader)
        return reader
      }
      for key in keys { _ = try open(key) }
      try order(epoch.end) {
        try ReaderSet.load(readers.keys, into: linearizer, limit: 4096, known: { readers.keys }, open: open)
      }
      heads = epoch.heads
      gaps = readers.gaps
    }
    finish()
  }

  /// How much of a log has a final place by now.
  private func finalLength(_ key: Fixed32) throws -> UInt64 {
    if let length = lengths[key] { return length }
    let length = try initialLength(key)
    lengths[key] = length
    initialLengths[key] = length
    return length
  }

  /// Loads and orders nodes until there are no more, or `end` is final.
  private func order(_ end: Checkout?, load: () throws -> Int) throws {
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

  /// Whether a node is final in a place before the first one.
  public func isBeforeStart(_ node: Checkout) -> Bool { node.length <= initialLengths[node.key] ?? 0 }

  /// All writers that have nodes, here or before the first place, or that a node here refers to.
  public var writers: Set<Fixed32> { Set(entries.keys).union(indexers).union(initialLengths.keys) }

  /// The node itself, while its place is not final.
  func openNode(_ node: Checkout) -> Node? { linearizer.window(node.key)?.node(node.length) }
}

/// The messages of one writer, as somebody else reads them.
private struct AskedMessages: MessageSource {
  let key: Fixed32
  let length: UInt64
  let read: (Checkout) throws -> OplogMessage

  func message(_ length: UInt64) throws -> OplogMessage { try read(Checkout(key: key, length: length)) }
}
