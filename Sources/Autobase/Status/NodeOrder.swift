public import CompactEncoding

/// The messages of one writer, from the start of its log.
public struct WriterMessages: Sendable {
  /// The writer's core key.
  public var key: Fixed32
  /// Its messages in order.
  public var messages: [OplogMessage]

  /// The messages of one writer.
  public init(key: Fixed32, messages: [OplogMessage] = []) {
    self.key = key
    self.messages = messages
  }
}

/// The order of a set of nodes: what the engine does between reading logs and applying nodes, alone.
public struct NodeOrder: Sendable {
  /// A node in its place.
  public struct Item: Sendable, Hashable {
    /// Writer and 1-based position in its log.
    public var node: Checkout
    /// Blocks left in its atomic batch, itself included.
    public var batch: UInt64
    /// The application's bytes; nil in an ack.
    public var value: [UInt8]?
    /// The heads its writer knew.
    public var heads: [Checkout]
  }

  /// A writer that cannot be read further.
  public struct Gap: Sendable, Hashable {
    /// The node that cannot be placed.
    public var node: Checkout
    /// What it references and nobody gave; nil when the message itself breaks a rule, or its batch is incomplete.
    public var missing: Checkout?
    /// The length of the node, itself or a later one of its batch, whose block is not stored.
    public var unstored: UInt64?
  }

  /// Nodes whose place is final, whatever else comes.
  public var indexed: [Item] = []
  /// The nodes behind them, in the order they have for now.
  public var tip: [Item] = []
  /// Nodes that could not be placed.
  public var gaps: [Gap] = []
}

extension NodeOrder {
  /// Orders all nodes of the given logs.
  ///
  /// Membership plays no part: the indexers are those named, and every log given counts. (A running base learns its
  /// members by applying nodes, and starts with its bootstrap writer as the only indexer.)
  ///
  /// - Parameters:
  ///   - logs: the messages of each writer; a key that comes twice continues.
  ///   - indexers: the writers whose nodes are votes, in the order of the system view.
  public init(_ logs: [WriterMessages], indexers: [Fixed32]) throws {
    var messages: [Fixed32: [OplogMessage]] = [:]
    var keys: [Fixed32] = []
    for log in logs {
      if messages[log.key] == nil {
        keys.append(log.key)
        // Shared, not copied: a message is several objects.
        messages[log.key] = log.messages
      } else {
        messages[log.key, default: []] += log.messages
      }
    }
    let linearizer = Linearizer(indexers: indexers)
    var readers = ReaderSet()
    func open(_ key: Fixed32) -> WriterReader {
      if let reader = readers[key] { return reader }
      let source = GivenMessages(list: messages[key] ?? [])
      let reader = WriterReader(key: key, source: source, window: linearizer.open(key, offset: 0))
      readers.insert(reader)
      return reader
    }
    for key in keys { _ = open(key) }
    // A few nodes at a time: what is final leaves the graph while it is at hand.
    var isDone = false
    while !isDone {
      isDone =
        try ReaderSet.load(readers.keys, into: linearizer, limit: 256, known: { readers.keys }, open: { open($0) }) == 0
      guard let update = linearizer.update() else { continue }
      for node in update.indexed {
        indexed.append(Item(node))
        node.writer.shift()
      }
    }
    tip = linearizer.tipNodes.map { Item($0) }
    gaps = readers.gaps
  }
}

extension ReaderSet {
  /// What could not be read of the logs, when nothing more can be.
  var gaps: [NodeOrder.Gap] {
    all.filter { !$0.isIdle }.map { reader in
      NodeOrder.Gap(
        node: Checkout(key: reader.key, length: reader.window.length + 1), missing: reader.missing,
        unstored: reader.unstored)
    }
  }
}

extension NodeOrder {
  /// The order alone of a history that has kept all values.
  public init(_ history: OrderHistory) {
    let items = history.entries.map { entry in
      Item(node: entry.node, batch: entry.batch, value: entry.value, heads: entry.heads)
    }
    indexed = Array(items[..<history.indexedCount])
    tip = Array(items[history.indexedCount...])
    gaps = history.gaps
  }
}

extension NodeOrder.Item {
  init(_ node: Node) {
    self.node = Checkout(key: node.writer.key, length: node.length)
    batch = node.batch
    value = node.value
    heads = node.heads
  }
}

/// The messages of one writer, given.
struct GivenMessages: MessageSource {
  let list: [OplogMessage]
  var length: UInt64 { UInt64(list.count) }
  func message(_ length: UInt64) -> OplogMessage { list[Int(length) - 1] }
}
