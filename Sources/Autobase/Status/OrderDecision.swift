public import CompactEncoding

/// Why a group of nodes is final: what consensus saw when it decided.
///
/// A group is one oldest open node of an indexer, or several at once when only a merge of their branches was final;
/// with it go all nodes that these have seen and that were open.
public struct OrderDecision: Sendable, Hashable {
  /// The indexer nodes that were decided on.
  public var nodes: [Poll]
  /// The merge of branches through which they are final; nil when they are by themselves.
  public var merge: Poll?
  /// How many indexers decide.
  public var majority: Int
  /// Number of indexers.
  public var indexerCount: Int
}

/// How it stands with the votes for one node of an indexer.
public struct Poll: Sendable, Hashable {
  /// An indexer's answer.
  public enum Answer: Sendable, Hashable {
    /// This node of it votes.
    case vote(Checkout)
    /// Nothing it has written has seen the node.
    case unseen
    /// The node with which it could have voted does not know the one it is about, and competes with it.
    case competes(Checkout)
    /// The node with which it would vote has also seen a competing one.
    case ambiguous(Checkout, competitor: Checkout)
  }

  /// What an indexer has shown to know of the votes of others.
  public enum Knowledge: Sendable, Hashable {
    /// Too little.
    case none
    /// It has written something that has seen the node and no competitor.
    case newer
    /// It has seen a majority of the votes.
    case quorum
  }

  /// One indexer.
  public struct Voter: Sendable, Hashable {
    /// Its core key.
    public var key: Fixed32
    /// Whether it votes.
    public var answer: Answer
    /// What it knows of the others' votes.
    public var knowledge: Knowledge
    /// Whether it knows nothing that competes with the node, so that what it writes next can help.
    public var isImpartial = true

    /// The node with which it votes.
    public var vote: Checkout? {
      if case .vote(let node) = answer { node } else { nil }
    }
  }

  /// The node that is voted on.
  public var node: Checkout
  /// All indexers, in their order.
  public var voters: [Voter]
  /// How many decide.
  public var majority: Int

  /// The nodes that vote for it.
  public var votes: [Checkout] { voters.compactMap(\.vote) }
  /// Indexers that have shown to know a majority of the votes: a majority of them makes the node final.
  public var quorum: [Fixed32] { voters.filter { $0.knowledge == .quorum }.map(\.key) }
  /// Whether all indexers have written something strictly newer, which makes it final, too.
  public var isNewerEverywhere: Bool { voters.allSatisfy { $0.knowledge != .none } }
}

extension Poll {
  /// The poll on an open node that an active indexer wrote.
  init(_ node: Node, _ consensus: Consensus) {
    self.node = Checkout(node)
    majority = consensus.majority
    let ballot = consensus.ballot
    let keys = consensus.indexers.map(\.key)
    guard let place = node.writer.indexer else { preconditionFailure("votes are for nodes of indexers") }
    ballot.count(node, by: place)
    voters = keys.indices.map { i in
      let knowledge: Knowledge =
        switch ballot.confirmation(by: i) {
        case .unseen: .none
        case .newer: .newer
        case .acknowledged: .quorum
        }
      let answer: Answer =
        switch ballot.answer(of: i) {
        case .vote(let length): .vote(Checkout(key: keys[i], length: length))
        case .unseen: .unseen
        case .competes(let length): .competes(Checkout(key: keys[i], length: length))
        case .ambiguous(let length, let competitor, let competitorLength):
          .ambiguous(
            Checkout(key: keys[i], length: length),
            competitor: Checkout(key: keys[competitor], length: competitorLength))
        }
      return Voter(key: keys[i], answer: answer, knowledge: knowledge, isImpartial: ballot.isImpartial(i))
    }
  }
}

extension Checkout {
  init(_ node: Node) { self.init(key: node.writer.key, length: node.length) }
}
