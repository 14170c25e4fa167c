public import CompactEncoding

/// Why a node is where it is in the order, and what would make its place final.
public struct NodeExplanation: Sendable, Hashable {
  /// A node that the explained one refers to.
  public struct Reference: Sendable, Hashable {
    /// The node.
    public var node: Checkout
    /// Its place; nil when it is not in the order.
    public var index: Int?
    /// Whether its place is final, be it one before the first place here.
    public var isIndexed: Bool
  }

  /// Why one node comes before the next.
  public enum Precedence: Sendable, Hashable {
    /// The later one refers to the earlier one, or follows it in the same log.
    case dependency
    /// Neither depends on the other: the smaller core key comes first.
    case smallerKey
    /// The earlier one was final before the later one was looked at.
    case earlierGroup
    /// The later one is optimistic: it stands as late as it can, before the first node that refers to it.
    case optimistic
  }

  /// A neighbour in the order.
  public struct Neighbour: Sendable, Hashable {
    /// The node.
    public var node: Checkout
    /// Why it is on this side.
    public var precedence: Precedence
  }

  /// What a node that is not final waits for.
  public enum Wait: Sendable, Hashable {
    /// An indexer must write a node that has seen it.
    case link(from: [Fixed32])
    /// The oldest open nodes compete, so that none can be final alone: an indexer must join their branches, or others
    /// must vote for a node that does.
    case merge(of: [Checkout], from: [Fixed32])
    /// Indexers must vote for the indexer's node named.
    case votes(for: Checkout, from: [Fixed32], needed: Int)
    /// Indexers must show that they have seen a majority of the votes for the indexer's node named.
    case quorum(for: Checkout, from: [Fixed32], needed: Int)
  }

  /// The node.
  public var node: Checkout
  /// Its place.
  public var index: Int
  /// Whether the place is final.
  public var isIndexed: Bool
  /// Blocks left in its atomic batch, itself included.
  public var batch: UInt64
  /// Number of bytes of its value; nil in an ack.
  public var valueLength: Int?
  /// Whether an indexer wrote it.
  public var isVote: Bool
  /// Whether it joins branches of indexers.
  public var isMerge: Bool
  /// The heads that its writer knew, and the node before it in its own log.
  public var references: [Reference]
  /// The node before it.
  public var before: Neighbour?
  /// The node behind it.
  public var after: Neighbour?
  /// Why it is final; nil in the tip.
  public var decision: OrderDecision?
  /// The votes for it, when it is an indexer's node in the tip.
  public var poll: Poll?
  /// For a node in the tip: each indexer's first node that has seen it.
  public var seenBy: [Checkout]
  /// What it waits for; nil when it is final.
  public var wait: Wait?
}

extension OrderHistory {
  /// Explains a node; nil when it is not in the order.
  public func explain(_ node: Checkout) -> NodeExplanation? {
    guard let index = position(node) else { return nil }
    let entry = entries[index]
    var explanation = NodeExplanation(
      node: node, index: index, isIndexed: index < indexedCount, batch: entry.batch, valueLength: entry.valueLength,
      isVote: entry.isVote, isMerge: entry.isMerge, references: references(entry).map { reference($0) },
      decision: entry.group.map { decisions[$0] }, seenBy: [])
    if index > 0 {
      explanation.before = .init(node: entries[index - 1].node, precedence: precedence(index - 1, index))
    }
    if index + 1 < entries.count {
      explanation.after = .init(node: entries[index + 1].node, precedence: precedence(index, index + 1))
    }
    if let open = openNode(node), !explanation.isIndexed { explainOpen(open, &explanation) }
    return explanation
  }

  /// What a node refers to: its heads, and the node before it in its own log.
  func references(_ entry: Entry) -> [Checkout] {
    let own = Checkout(key: entry.node.key, length: entry.node.length - 1)
    return own.length == 0 || entry.heads.contains(own) ? entry.heads : entry.heads + [own]
  }

  private func reference(_ node: Checkout) -> NodeExplanation.Reference {
    let index = position(node)
    let isIndexed = index.map { $0 < indexedCount } ?? isBeforeStart(node)
    return NodeExplanation.Reference(node: node, index: index, isIndexed: isIndexed)
  }

  private func precedence(_ first: Int, _ second: Int) -> NodeExplanation.Precedence {
    let (a, b) = (entries[first], entries[second])
    if references(b).contains(a.node) { return .dependency }
    if a.group != b.group { return .earlierGroup }
    return a.node.key < b.node.key ? .smallerKey : .optimistic
  }

  private func explainOpen(_ node: Node, _ explanation: inout NodeExplanation) {
    let consensus = linearizer.consensus
    let seenBy = consensus.firstNodes(above: node, visit: linearizer.nextVisit())
    explanation.seenBy = seenBy.map { Checkout($0) }
    if node.writer.indexer != nil { explanation.poll = Poll(node, consensus) }
    explanation.wait = wait(node, seenBy)
  }

  /// What comes first of what would make an open node final: the oldest open node of an indexer that has seen it, or
  /// that it has seen, or, when none of those can get enough votes, a merge of their branches.
  private func wait(_ node: Node, _ seenBy: [Node]) -> NodeExplanation.Wait {
    let consensus = linearizer.consensus
    guard !seenBy.isEmpty else { return .link(from: indexers) }
    let tails = consensus.indexerTails().filter { tail in
      tail === node || consensus.sees(node, tail) || seenBy.contains { consensus.sees($0, tail) }
    }
    let polls = tails.map { Poll($0, consensus) }.filter(\.isOpen)
    if let poll = polls.first(where: { $0.node == Checkout(node) }) ?? Poll.closest(polls) { return poll.wait }
    let merges = linearizer.tipNodes.filter { merge in
      merge.merge != nil && seenBy.contains { consensus.sees(merge, $0) }
    }
    if let poll = Poll.closest(merges.map { Poll($0, consensus) }.filter(\.isOpen)) { return poll.wait }
    return .merge(of: tails.map { Checkout($0) }, from: indexers)
  }

}

extension Poll {
  /// The poll with most votes; of several the first.
  static func closest(_ polls: [Poll]) -> Poll? {
    let most = polls.map { $0.votes.count }.max() ?? 0
    return polls.first { $0.votes.count == most }
  }

  /// Whether there can still be a majority of votes, and a majority that knows of it, without anything else becoming
  /// final first.
  public var isOpen: Bool {
    voters.count { $0.vote != nil || $0.canVote } >= majority
      && voters.count { $0.knowledge == .quorum || $0.isImpartial } >= majority
  }

  /// What is missing to make the node final: whose answers, of which any so many would do.
  public var wait: NodeExplanation.Wait {
    if votes.count < majority {
      return .votes(for: node, from: voters.filter(\.canVote).map(\.key), needed: majority - votes.count)
    }
    let unaware = voters.filter { $0.knowledge != .quorum && $0.isImpartial }.map(\.key)
    return .quorum(for: node, from: unaware, needed: max(1, majority - quorum.count))
  }
}

extension Poll.Voter {
  /// Whether the next node that it writes can be a vote.
  fileprivate var canVote: Bool { answer == .unseen }
}

extension Consensus {
  /// Each indexer's first node that has seen an open node, itself among them.
  fileprivate func firstNodes(above node: Node, visit: UInt64) -> [Node] {
    var first = [Node?](repeating: nil, count: indexers.count)
    var stack = [node]
    node.visit = visit
    while let next = stack.popLast() {
      if let place = next.writer.indexer, next.length < first[place]?.length ?? .max { first[place] = next }
      for dependent in next.dependents where dependent.visit != visit {
        dependent.visit = visit
        stack.append(dependent)
      }
    }
    return first.compactMap { $0 }
  }
}
