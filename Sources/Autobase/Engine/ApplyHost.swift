public import CompactEncoding

/// What `apply` may do to the base, and where it writes. Valid during the call only.
public final class ApplyHost {
  private unowned let base: Autobase
  private let node: Node

  init(_ base: Autobase, _ node: Node) {
    self.base = base
    self.node = node
  }

  /// The base's key.
  public var key: Fixed32 { base.key }

  /// The view to write, by the name it was opened with.
  public func view(_ name: String) throws(AutobaseError) -> View { try base.view(name) }

  /// The record of a writer, with the changes made so far.
  public func member(_ key: Fixed32) throws -> Member? { try base.system.get(key) }

  /// Adds a writer, or changes whether it is an indexer. A new indexer counts once its first node is linked. Nothing stops
  /// an application from making the only indexer a plain writer, after which nothing is final any more: ask
  /// ``isRemovable(_:)``.
  public func addWriter(_ key: Fixed32, isIndexer: Bool = true) throws {
    try base.system.add(key, isIndexer: isIndexer)
    base.wantedWriters.append(key)
  }

  /// Removes a writer.
  ///
  /// - Throws: ``AutobaseError/lastIndexer``; see ``isRemovable(_:)``.
  public func removeWriter(_ key: Fixed32) throws {
    guard isRemovable(key) else { throw AutobaseError.lastIndexer }
    try base.system.remove(key)
  }

  /// Whether a writer may be removed: it is not the only indexer.
  public func isRemovable(_ key: Fixed32) -> Bool { base.system.isRemovable(key) }

  /// Lets the optimistic node of a stranger count.
  public func ackWriter(_ key: Fixed32) throws { try base.system.acknowledge(key) }

  /// Makes a core that pins the present position in the graph, and adds it as a writer.
  public func createAnchor() throws -> Checkout {
    let anchor = try base.createAnchor(at: Checkout(key: node.writer.key, length: node.length))
    base.wantedWriters.append(anchor.key)
    return anchor
  }

  /// Replaces the indexers without a quorum: for a base that has lost it for ever.
  ///
  /// - Parameters:
  ///   - indexers: the new ones, in the order in which they sign.
  ///   - system: a state of the present system core, from which they go on. It must be final here already, or become
  ///     so with the nodes being applied.
  /// - Returns: false, and nothing happens, unless that holds and all of them are members with a known log.
  public func fork(indexers: [Fixed32], from system: Checkout) throws -> Bool {
    guard try base.canFork(to: indexers, from: system) else { return false }
    base.pendingFork = PendingFork(indexers: indexers, length: system.length)
    return true
  }

  /// Says that the application would rather go on from a state that others have signed than apply what is missing.
  public func preferFastForward() { base.preferFastForward() }

  /// Stops the base: it stays where it is until it is opened with an `apply` that copes with this node.
  public func interrupt(_ reason: String) throws -> Never { throw AutobaseError.interrupted(reason) }
}
