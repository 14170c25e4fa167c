public import CompactEncoding

/// Orders nodes as they come, and tells what changes: the ordering of a base alone, without logs and views.
public final class NodeStream {
  /// What the nodes that came since the last time have changed. Places refer to all nodes that were not final before.
  public struct Change: Sendable, Hashable {
    /// Nodes at the start whose place is what it was.
    public var shared: Int
    /// Nodes behind them that had another place, or none.
    public var undo: Int
    /// Nodes whose place is final now, in their order.
    public var indexed: [Checkout]
    /// How many nodes have a place for now, behind those.
    public var tipLength: Int
  }

  private let linearizer: Linearizer

  /// Orders the nodes of any writers, from the beginning of their logs.
  ///
  /// - Parameter indexers: the writers whose nodes are votes, in the order of the system view.
  public init(indexers: [Fixed32]) { linearizer = Linearizer(indexers: indexers) }

  /// Adds a writer's next node.
  ///
  /// - Returns: false when a node of another writer that it refers to has not been added.
  @discardableResult
  public func add(_ message: OplogMessage, of writer: Fixed32) -> Bool {
    let window = linearizer.open(writer, offset: 0)
    for head in message.heads where head.key != writer {
      guard let other = linearizer.window(head.key), other.length >= head.length else { return false }
    }
    linearizer.add(
      to: window, batch: message.batch, value: message.value, heads: message.heads,
      isOptimistic: message.optimistic ?? false)
    return true
  }

  /// Decides what is final now; nil when nothing was added since the last time.
  public func update() -> Change? {
    guard let update = linearizer.update() else { return nil }
    var indexed: [Checkout] = []
    indexed.reserveCapacity(update.indexed.count)
    for node in update.indexed {
      indexed.append(Checkout(node))
      node.writer.shift()
    }
    return Change(shared: update.shared, undo: update.undo, indexed: indexed, tipLength: update.tip.count)
  }

  /// The nodes that have a place for now, in their order.
  public var tip: [Checkout] { linearizer.tipNodes.map { Checkout($0) } }
}
