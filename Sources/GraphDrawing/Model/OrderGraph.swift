public import Autobase
public import CompactEncoding

/// A part of a graph: nodes in their order, with writers as lanes.
public struct OrderGraph: Sendable, Hashable {
  /// What a writer is.
  public enum Role: String, Sendable, Hashable {
    /// Its nodes are votes.
    case indexer
    /// It only writes.
    case writer
    /// An input of a base without indexers.
    case input
  }

  /// A writer.
  public struct Lane: Sendable, Hashable {
    /// Its core key.
    public var key: Fixed32
    /// What it is.
    public var role: Role
  }

  /// A node.
  public struct Row: Sendable, Hashable {
    /// Writer and 1-based position in its log.
    public var node: Checkout
    /// Its place in the order.
    public var index: Int
    /// Whether that place is final.
    public var isIndexed: Bool
    /// The writer's lane.
    public var lane: Int
    /// Blocks left in its atomic batch, itself included.
    public var batch: UInt64
    /// The first bytes of its value, as many as its source keeps; nil in an ack.
    public var value: [UInt8]?
    /// Number of bytes of its value; nil in an ack.
    public var valueLength: Int?
    /// Whether an indexer wrote it.
    public var isVote: Bool
    /// Whether it joins branches of indexers.
    public var isMerge: Bool
    /// How many nodes became final with it, when it is one that was decided on; nil in all others.
    public var yields: Int?
    /// The number of the group with which it became final; nil in the tip.
    public var group: Int?
    /// What it refers to: its heads, and the node before it in its own log.
    public var edges: [Edge]
    /// The indexers' nodes for which it is a vote.
    public var votesFor: [Checkout]

    /// Whether it was decided on, so that it and what it has seen became final.
    public var isDecided: Bool { yields != nil }
  }

  /// A reference of a node to another one.
  public struct Edge: Sendable, Hashable {
    /// The node that is referred to.
    public var node: Checkout
    /// Its lane; nil when its writer has no node in this part.
    public var lane: Int?
    /// Its row; nil when it is not shown.
    public var row: Int?
    /// Whether it is only the node before in the same log, and not among the heads.
    public var isImplied: Bool
  }

  /// Nodes between two rows that are not shown.
  public struct Fold: Sendable, Hashable {
    /// The row in front of which they stand; the number of rows at the end.
    public var row: Int
    /// How many nodes of which lane, the most first.
    public var counts: [Count]
    /// How many they are.
    public var nodes: Int { counts.reduce(0) { $0 + $1.nodes } }
  }

  /// Folded nodes of a writer.
  public struct Count: Sendable, Hashable {
    /// The writer's lane.
    public var lane: Int
    /// How many they are.
    public var nodes: Int
  }

  /// The writers that have nodes in this part: indexers first, in their order, then the others as they come up.
  public var lanes: [Lane]
  /// The nodes that are shown, in their order.
  public var rows: [Row]
  /// What lies between them, in its order.
  public var folds: [Fold]
  /// Whether a place can be final.
  public var knowsFinal: Bool
}

extension OrderGraph {
  /// A line of a drawing.
  public enum Line: Sendable, Hashable {
    /// The row of that number.
    case row(Int)
    /// The fold of that number.
    case fold(Int)
  }

  /// Rows and folds in their order.
  public var lines: [Line] {
    var lines: [Line] = []
    lines.reserveCapacity(rows.count + folds.count)
    var next = 0
    for row in 0...rows.count {
      while next < folds.count, folds[next].row == row {
        lines.append(.fold(next))
        next += 1
      }
      if row < rows.count { lines.append(.row(row)) }
    }
    return lines
  }
}
