/// The votes for one node.
///
/// Each indexer's first node after what the target has seen *competes* with it when it has not seen the target. A node
/// is strictly newer than the target when it has seen the target and no competitor. An indexer votes for the target
/// with its first node that can, if that is strictly newer.
///
/// One instance serves all ballots of a ``Consensus``, one after the other; it works on clocks alone.
final class Ballot {
  /// What an indexer knows of a quorum for a node.
  enum Confirmation {
    /// Nothing.
    case unseen
    /// It has written something strictly newer.
    case newer
    /// It knows a quorum.
    case acknowledged
  }

  /// What an indexer's nodes say about a node.
  enum Answer {
    /// The node of this length votes for it.
    case vote(UInt64)
    /// Nothing has seen it.
    case unseen
    /// The node of this length, with which the indexer could have voted, competes with it.
    case competes(UInt64)
    /// The node of this length, with which the indexer would vote, has also seen a competing one.
    case ambiguous(UInt64, competitor: Int, competitorLength: UInt64)
  }

  let majority: Int
  /// For each indexer, how much of its log is yielded.
  let levels: Clock
  private let count: Int
  private let windows: UnsafeMutablePointer<ClockWindow>

  private var place = 0
  private var length: UInt64 = 0
  private var clock: Clock
  /// Who competes, and the length of its competing node.
  private let competitors: UnsafeMutablePointer<(place: Int, length: UInt64)>
  private var competitorCount = 0
  /// For each indexer, the length of its vote; the largest number for none.
  let votes: Clock
  private(set) var voteCount = 0

  init(indexers: [WriterWindow], levels: [UInt64]) {
    count = indexers.count
    majority = indexers.count / 2 + 1
    windows = .allocate(capacity: max(count, 1))
    competitors = .allocate(capacity: max(count, 1))
    votes = Clock(count: count)
    self.levels = Clock(count: count)
    clock = self.levels
    for (i, level) in levels.enumerated() {
      (windows + i).initialize(to: indexers[i].clocks)
      self.levels[i] = level
    }
  }

  deinit {
    windows.deallocate()
    competitors.deallocate()
    votes.deallocate()
    levels.deallocate()
  }

  /// Whether so many indexers have seen a node that a majority can have voted for it.
  func couldHaveMajority(_ place: Int, _ length: UInt64) -> Bool {
    var found = 0
    for i in 0..<count {
      if i == place {
        found += 1
      } else if let newest = windows[i].newest, newest[place] >= length {
        found += 1
      }
    }
    return found >= majority
  }

  /// Finds who competes with an indexer's node.
  func open(_ target: Node, by place: Int) {
    self.place = place
    length = target.length
    clock = target.clock
    competitorCount = 0
    for i in 0..<count where i != place {
      let first = max(clock[i], levels[i], windows[i].offset) + 1
      guard let next = windows[i].clock(first), !sees(next) else { continue }
      competitors[competitorCount] = (i, first)
      competitorCount += 1
    }
  }

  /// Counts the votes for an indexer's node.
  func count(_ target: Node, by place: Int) {
    open(target, by: place)
    voteCount = 1
    for i in 0..<count {
      votes[i] = .max
      if i == place {
        votes[i] = length
      } else if let next = windows[i].clock(first(i)), isStrictlyNewer(next) {
        votes[i] = first(i)
        voteCount += 1
      }
    }
  }

  private func sees(_ node: Clock) -> Bool { node[place] >= length }

  /// Whether the node with this clock has seen the target, and knows nothing that could compete with it.
  func isStrictlyNewer(_ node: Clock) -> Bool {
    guard sees(node) else { return false }
    for k in 0..<competitorCount where node[competitors[k].place] >= competitors[k].length { return false }
    return true
  }

  /// Whether an indexer's newest node, if it has one, knows nothing that could compete with the target.
  func isImpartial(_ i: Int) -> Bool {
    guard let newest = windows[i].newest else { return true }
    return (0..<competitorCount).allSatisfy { newest[competitors[$0].place] < competitors[$0].length }
  }

  func knowsQuorum(_ node: Clock) -> Bool { node.count(atLeast: votes) >= majority }

  /// The length of an indexer's first node that can vote: the one after what the target has seen, of those not
  /// processed.
  private func first(_ i: Int) -> UInt64 { max(clock[i], windows[i].offset) + 1 }

  /// What an indexer says about the target, whose votes are counted.
  func answer(of i: Int) -> Answer {
    if votes[i] != .max { return .vote(votes[i]) }
    let length = first(i)
    guard let next = windows[i].clock(length) else { return .unseen }
    guard sees(next) else { return .competes(length) }
    for k in 0..<competitorCount where next[competitors[k].place] >= competitors[k].length {
      return .ambiguous(length, competitor: competitors[k].place, competitorLength: competitors[k].length)
    }
    return .unseen
  }

  /// What an indexer, looking at all its nodes, knows of a quorum for the target, whose votes are counted.
  func confirmation(by i: Int) -> Confirmation { confirmation(by: i, length: windows[i].length) }

  /// Why an indexer does not vote; nil when it does.
  func missingVote(of i: Int) -> MissingVote? {
    guard let newest = windows[i].newest, sees(newest), let next = windows[i].clock(first(i)) else {
      return .seen(by: i, writer: place, length: length)
    }
    guard sees(next) else { return .processed(i, firstSeeing(i, from: first(i)) - 1) }
    for k in 0..<competitorCount where next[competitors[k].place] >= competitors[k].length {
      // It competes no longer when all that the vote has seen of it is yielded, or all that has not seen the target.
      let (k, length) = competitors[k]
      guard let newest = windows[k].newest, sees(newest) else { return .yielded(k, next[k]) }
      return .yielded(k, min(next[k], firstSeeing(k, from: length) - 1))
    }
    return nil
  }

  /// The length of an indexer's first node that has seen the target; its newest one has.
  private func firstSeeing(_ i: Int, from length: UInt64) -> UInt64 {
    var low = length
    var high = windows[i].length
    while low < high {
      let middle = low + (high - low) / 2
      if let node = windows[i].clock(middle), !sees(node) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// What an indexer, looking at its first `length` nodes, knows of a quorum for the target.
  ///
  /// Both the number of known votes and the failure of being strictly newer only ever grow along an indexer's log, so
  /// the oldest node that knows a quorum decides when the newest one is no longer strictly newer.
  func confirmation(by i: Int, length: UInt64) -> Confirmation {
    guard length > levels[i], let newest = windows[i].clock(length) else { return .unseen }
    let isQuorum = knowsQuorum(newest)
    if isStrictlyNewer(newest) { return isQuorum ? .acknowledged : .newer }
    guard isQuorum else { return .unseen }
    var low = windows[i].offset + 1
    var high = length
    while low < high {
      let middle = low + (high - low) / 2
      guard let node = windows[i].clock(middle) else { return .unseen }
      if knowsQuorum(node) { high = middle } else { low = middle + 1 }
    }
    guard low < length, let oldest = windows[i].clock(low) else { return .unseen }
    return isStrictlyNewer(oldest) ? .acknowledged : .unseen
  }

  /// Whether the target, whose votes are counted, is final: for everybody or, with `observer`, as far as that node can
  /// know.
  func isConfirmed(asOf observer: Node?) -> Bool {
    guard voteCount >= majority else { return false }
    var confirming = 0
    var allNewer = true
    for i in 0..<count {
      switch confirmation(by: i, length: length(i, asOf: observer)) {
      case .acknowledged:
        confirming += 1
        if confirming >= majority { return true }
      case .unseen: allNewer = false
      case .newer: break
      }
    }
    guard let observer else { return allNewer }
    return couldBeConfirmed(confirming, without: observer)
  }

  private func length(_ i: Int, asOf observer: Node?) -> UInt64 {
    guard let observer else { return windows[i].length }
    return observer.writer.indexer == i ? observer.length - 1 : observer.clock[i]
  }

  /// Whether the target could still become final without the help of `observer`.
  private func couldBeConfirmed(_ confirming: Int, without observer: Node) -> Bool {
    guard knowsQuorum(observer.clock) else { return false }
    var potential = confirming
    for i in 0..<count where confirmation(by: i, length: length(i, asOf: observer)) != .acknowledged {
      let seen = observer.clock[i]
      let isKnown = clock[i] > 0 && clock[i] >= seen
      if !isKnown, seen > levels[i], let head = windows[i].clock(seen), !isStrictlyNewer(head) { continue }
      potential += 1
      if potential >= majority { return true }
    }
    return false
  }
}
