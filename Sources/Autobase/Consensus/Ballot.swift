/// The votes for one node.
///
/// Each indexer's first node after what the target has seen *competes* with it when it has not seen the target. A node
/// is strictly newer than the target when it has seen the target and no competitor.
struct Ballot {
  /// What an indexer knows of a quorum for a node.
  enum Confirmation {
    /// Nothing.
    case unseen
    /// It has written something strictly newer.
    case newer
    /// It knows a quorum.
    case acknowledged
  }

  private var target: Node?
  private var place = 0
  /// Who competes, and the length of its competing node.
  private var competitors: [(place: Int, length: UInt64)] = []
  /// The nodes that vote, the target among them.
  private(set) var votes: [Node] = []
  /// For each indexer, the length of its vote; the largest number for none.
  private var voteLengths: [UInt64] = []
  private(set) var voteCount = 0
  /// Indexers that are known to know a quorum.
  var confirming: [Bool] = []

  /// Whether so many indexers have seen a node that a majority can have voted for it.
  func couldHaveMajority(_ target: Node, _ consensus: Consensus) -> Bool {
    guard let place = target.writer.indexer else { return false }
    var count = 0
    for (i, indexer) in consensus.indexers.enumerated() {
      if i == place {
        count += 1
      } else if let newest = indexer.newest, newest.clock[place] >= target.length {
        count += 1
      }
    }
    return count >= consensus.majority
  }

  /// Finds who competes with a node.
  mutating func open(_ target: Node, _ consensus: Consensus) {
    self.target = target
    place = target.writer.indexer ?? 0
    competitors.removeAll(keepingCapacity: true)
    for (i, indexer) in consensus.indexers.enumerated() {
      let known = max(target.clock[i], consensus.levels[i], indexer.offset)
      guard let next = indexer.node(known + 1), !sees(next) else { continue }
      competitors.append((i, known + 1))
    }
  }

  /// Counts the votes for a node.
  mutating func count(_ target: Node, _ consensus: Consensus) {
    open(target, consensus)
    let count = consensus.indexers.count
    votes.removeAll(keepingCapacity: true)
    voteLengths.removeAll(keepingCapacity: true)
    confirming.removeAll(keepingCapacity: true)
    voteCount = 0
    for i in 0..<count {
      confirming.append(false)
      let vote = i == place ? target : vote(of: i, consensus)
      if let vote {
        votes.append(vote)
        voteCount += 1
      }
      voteLengths.append(vote?.length ?? .max)
    }
  }

  private func sees(_ node: Node) -> Bool {
    guard let target else { return false }
    return node.clock[place] >= target.length
  }

  func isStrictlyNewer(_ node: Node) -> Bool {
    sees(node) && !competitors.contains { node.clock[$0.place] >= $0.length }
  }

  func knowsQuorum(_ node: Node, _ consensus: Consensus) -> Bool {
    node.clock.count(atLeast: voteLengths) >= consensus.majority
  }

  /// An indexer's first node that can vote: the one after what the target has seen, of those not processed.
  private func first(_ i: Int, _ consensus: Consensus) -> Node? {
    guard let target else { return nil }
    let indexer = consensus.indexers[i]
    return indexer.node(max(target.clock[i], indexer.offset) + 1)
  }

  private func vote(of i: Int, _ consensus: Consensus) -> Node? {
    guard let node = first(i, consensus), isStrictlyNewer(node) else { return nil }
    return node
  }

  /// Why an indexer does not vote; nil when it does.
  func missingVote(of i: Int, _ consensus: Consensus) -> MissingVote? {
    guard let target else { return nil }
    let indexer = consensus.indexers[i]
    guard let newest = indexer.newest, sees(newest) else { return .seen(by: i, of: target) }
    guard let node = first(i, consensus) else { return .seen(by: i, of: target) }
    guard sees(node) else { return .processed(i, firstSeeing(i, from: node.length, consensus) - 1) }
    guard let competitor = competitors.first(where: { node.clock[$0.place] >= $0.length }) else { return nil }
    // It competes no longer when all that the vote has seen of it is yielded, or all that has not seen the target.
    let k = competitor.place
    var threshold = node.clock[k]
    if let newest = consensus.indexers[k].newest, sees(newest) {
      threshold = min(threshold, firstSeeing(k, from: competitor.length, consensus) - 1)
    }
    return .yielded(k, threshold)
  }

  /// The length of an indexer's first node that has seen the target, whose newest one has.
  private func firstSeeing(_ i: Int, from length: UInt64, _ consensus: Consensus) -> UInt64 {
    let indexer = consensus.indexers[i]
    var low = length
    var high = indexer.length
    while low < high {
      let middle = low + (high - low) / 2
      if let node = indexer.node(middle), !sees(node) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// What an indexer, looking at its first `length` nodes, knows of a quorum for the target.
  ///
  /// Both the number of known votes and the failure of being strictly newer only ever grow along an indexer's log, so
  /// the oldest node that knows a quorum decides when the newest one is no longer strictly newer.
  func confirmation(by i: Int, length: UInt64, _ consensus: Consensus) -> Confirmation {
    let indexer = consensus.indexers[i]
    guard length > consensus.levels[i], let newest = indexer.node(length) else { return .unseen }
    let isQuorum = knowsQuorum(newest, consensus)
    if isStrictlyNewer(newest) { return isQuorum ? .acknowledged : .newer }
    guard isQuorum else { return .unseen }
    var low = indexer.offset + 1
    var high = length
    while low < high {
      let middle = low + (high - low) / 2
      guard let node = indexer.node(middle) else { return .unseen }
      if knowsQuorum(node, consensus) { high = middle } else { low = middle + 1 }
    }
    guard low < length, let oldest = indexer.node(low) else { return .unseen }
    return isStrictlyNewer(oldest) ? .acknowledged : .unseen
  }
}
