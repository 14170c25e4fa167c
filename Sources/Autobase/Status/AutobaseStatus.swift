public import CompactEncoding
import HypercoreCrypto

/// Where a base stands, and what it waits for: a value made from the state in memory.
public struct AutobaseStatus: Sendable, Hashable {
  /// One view core.
  public struct View: Sendable, Hashable {
    /// The name it was opened with; `_system` and `_encryption` are the engine's own.
    public var name: String
    /// The present core's key.
    public var key: Fixed32
    /// Number of blocks, the provisional tip included.
    public var length: UInt64
    /// Number of blocks whose content is final.
    public var indexedLength: UInt64
    /// Number of blocks signed by a quorum, or fixed by the prologue.
    public var signedLength: UInt64
    /// Whether two conflicting signatures of the core were seen, after which it takes no more data.
    public var hasConflict: Bool
  }

  /// One writer.
  public struct Writer: Sendable, Hashable {
    /// The writer's core key.
    public var key: Fixed32
    /// Whether it is the local writer.
    public var isLocal: Bool
    /// Its record in the system view; nil for a stranger.
    public var member: Member?
    /// Whether its nodes are votes now.
    public var isActiveIndexer: Bool
    /// Whether it was added as an indexer and none of its nodes has been linked yet.
    public var isPendingIndexer: Bool
    /// Blocks of its log that are stored here.
    public var length: UInt64
    /// The longest length that peers have told of.
    public var announcedLength: UInt64
    /// What its newest node here refers to: the heads that it knew then.
    public var heads: [Checkout]
    /// Nodes that are in the graph, or were.
    public var orderedLength: UInt64
    /// Nodes whose place is final.
    public var indexedLength: UInt64
    /// Whether its newest node is a head of the graph.
    public var isHead: Bool
    /// The node of another writer that its next node references and that is not here.
    public var missing: Checkout?
    /// Whether a block was found that is no message of this base, behind which nothing is read.
    public var isFrozen: Bool
    /// Whether two conflicting signatures of its log were seen, after which that takes no more data.
    public var hasConflict: Bool
    /// System blocks it has signed; nil for one that signs nothing.
    public var signedSystemLength: UInt64?
    /// The system core it says it is on.
    public var systemKey: Fixed32?
  }

  /// The oldest open node of an indexer, and who has voted for it.
  public struct Vote: Sendable, Hashable {
    /// The node.
    public var node: Checkout
    /// Indexers that acknowledge it without ambiguity, its writer first.
    public var votes: [Fixed32]
    /// Indexers that do not yet.
    public var missing: [Fixed32]
  }

  /// What a base can wait for.
  public enum Wait: Sendable, Hashable {
    /// Everything is indexed and signed.
    case nothing
    /// Nothing was ever applied.
    case firstNode
    /// Nodes are here, but no indexer has one among them that is open: an indexer must link them.
    case indexerNode(from: [Fixed32])
    /// Indexers must vote for the oldest open node or, when a majority does, show with another node that they have seen
    /// that: any so many of those named.
    case votes(from: [Fixed32], needed: Int)
    /// What is indexed must be signed by more indexers.
    case signatures(from: [Fixed32], needed: Int)
    /// The signers sign what is not indexed here yet.
    case indexing(length: UInt64)
    /// The log of a writer must arrive up to this node: another writer's next node refers to it or, without one, peers
    /// have told of it.
    case blocks(of: Checkout, by: Fixed32?)
    /// A writer's log is read no further, since the node of this length does not decode.
    case frozen(Checkout)
    /// Nothing more is taken of a log of which two conflicting signatures were seen.
    case conflict(Fixed32)
    /// Something other than writers stands in the way.
    case obstacle(AutobaseObstacle)
  }

  /// The base's key.
  public var key: Fixed32
  /// The local writer; nil in a node that only reads.
  public var localKey: Fixed32?
  /// Whether blocks are encrypted.
  public var isEncrypted: Bool
  /// Whether values can be appended.
  public var isWritable: Bool
  /// Whether the local writer's nodes are votes.
  public var isIndexer: Bool
  /// The summary of the system view, as applied.
  public var info: SystemInfo
  /// The active indexers, in the order of the system view.
  public var indexers: [Fixed32]
  /// How many of them decide.
  public var majority: Int
  /// The heads of the graph, as a new node would list them.
  public var heads: [Checkout]
  /// All views, the system last.
  public var views: [View]
  /// All writers that are read, in the order in which they were opened.
  public var writers: [Writer]
  /// The oldest open nodes of indexers.
  public var votes: [Vote]
  /// The same nodes, and open merges of branches that a majority votes for: who votes and who does not, and why.
  public var polls: [Poll]
  /// Number of nodes whose place is provisional.
  public var tipLength: Int
  /// What the next checkpoint waits for.
  public var wait: Wait
  /// Why the base does not go on at the moment, whatever it waits for.
  public var obstacle: AutobaseObstacle?

  /// All that it waits for, what is nearest first; empty when everything is here, indexed and signed.
  public var waits: [Wait] {
    var waits: [Wait] = []
    if let obstacle { waits.append(.obstacle(obstacle)) }
    for writer in writers {
      if writer.isFrozen { waits.append(.frozen(Checkout(key: writer.key, length: writer.orderedLength + 1))) }
      if let missing = writer.missing { waits.append(.blocks(of: missing, by: writer.key)) }
      // What somebody refers to is told of with who does.
      let referenced = writers.compactMap { $0.missing }.contains { $0.key == writer.key }
      if writer.announcedLength > writer.length && !referenced {
        waits.append(.blocks(of: Checkout(key: writer.key, length: writer.announcedLength), by: nil))
      }
    }
    // Whoever was removed is not waited for.
    let conflicts = writers.filter { $0.hasConflict && $0.member?.isRemoved != true }.map(\.key)
    waits += (conflicts + views.filter(\.hasConflict).map(\.key)).map { .conflict($0) }
    if wait != .nothing { waits.append(wait) }
    return waits
  }
}

extension AutobaseStatus.Wait: CustomStringConvertible {
  /// One line for people.
  public var description: String { text { KeyIdentifier.encode($0) } }

  /// One line for people.
  ///
  /// - Parameter name: what a log is called.
  public func text(_ name: (Fixed32) -> String) -> String {
    func names(_ keys: [Fixed32]) -> String { keys.map(name).joined(separator: ", ") }
    return switch self {
    case .nothing: "nothing: all is indexed and signed"
    case .firstNode: "the first node of the bootstrap writer"
    case .indexerNode(let keys): "a node of an indexer (\(names(keys))) that links what others wrote"
    case .votes(let keys, let needed): "votes from \(needed) of: \(names(keys))"
    case .signatures(let keys, let needed): "signatures from \(needed) of: \(names(keys))"
    case .blocks(let node, let writer?):
      "blocks of \(names([node.key])) up to \(node.length), to which \(names([writer])) refers"
    case .blocks(let node, nil): "blocks of \(names([node.key])) up to \(node.length), of which peers have told"
    case .frozen(let node): "nothing more of \(names([node.key])): frozen at node \(node.length), which does not decode"
    case .conflict(let key): "nothing more of \(names([key])): two conflicting signatures of it were seen"
    case .obstacle(let obstacle): "\(obstacle)"
    case .indexing(let length): "system block \(length) to be indexed here; the signers have signed it"
    }
  }
}
