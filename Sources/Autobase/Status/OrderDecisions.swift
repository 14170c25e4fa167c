import CompactEncoding

/// Why each group of an ``OrderHistory`` is final: ``OrderDecision``s, kept as words, since there are nearly as many of
/// them as nodes.
///
/// A decision is a word with its number of polls, whether the last one is about a merge, and its set of indexers,
/// followed by its polls. A poll is the node's word, and a word for each indexer: two bits for the kind of its answer,
/// two for what it knows, and the length of the node it answers with. A fourth kind of answer, *ambiguous*, is followed by
/// the competitor's word.
public struct OrderDecisions: RandomAccessCollection, Sendable {
  private var words: [UInt64] = []
  private var starts: [Int] = []
  /// Sets of indexers and how many of them decide.
  private var electorates: [(keys: [Fixed32], majority: Int)] = []

  init() {}

  public var startIndex: Int { 0 }
  public var endIndex: Int { starts.count }

  public subscript(group: Int) -> OrderDecision {
    var place = starts[group]
    let header = words[place]
    place += 1
    let electorate = electorates[Int(header >> 33)]
    var polls = (0..<Int(header & 0xffff_ffff)).map { _ in poll(&place, electorate) }
    let merge = header & 1 << 32 == 0 ? nil : polls.popLast()
    return OrderDecision(
      nodes: polls, merge: merge, majority: electorate.majority, indexerCount: electorate.keys.count)
  }

  /// Calls `body` with the node of each poll and each node that votes for it.
  public func forEachVote(_ body: (_ node: Checkout, _ vote: Checkout) -> Void) {
    for group in indices {
      let electorate = electorates[Int(words[starts[group]] >> 33)].keys
      var place = starts[group] + 1
      let end = group + 1 < starts.count ? starts[group + 1] : words.count
      while place < end {
        let name = PackedNode(word: words[place])
        place += 1
        for key in electorate {
          let word = words[place]
          place += 1
          switch word & 3 {
          case Kind.vote:
            body(Checkout(key: electorate[name.rank], length: name.length), Checkout(key: key, length: word >> 5))
          case Kind.ambiguous: place += 1
          default: break
          }
        }
      }
    }
  }

  private enum Kind {
    static let unseen: UInt64 = 0
    static let vote: UInt64 = 1
    static let competes: UInt64 = 2
    static let ambiguous: UInt64 = 3
  }

  private func poll(_ place: inout Int, _ electorate: (keys: [Fixed32], majority: Int)) -> Poll {
    func next() -> UInt64 {
      defer { place += 1 }
      return words[place]
    }
    func checkout(_ word: UInt64) -> Checkout {
      let name = PackedNode(word: word)
      return Checkout(key: electorate.keys[name.rank], length: name.length)
    }
    let node = checkout(next())
    let voters = electorate.keys.map { key in
      let word = next()
      let own = Checkout(key: key, length: word >> 5)
      let answer: Poll.Answer =
        switch word & 3 {
        case Kind.vote: .vote(own)
        case Kind.competes: .competes(own)
        case Kind.ambiguous: .ambiguous(own, competitor: checkout(next()))
        default: .unseen
        }
      let knowledge: Poll.Knowledge =
        switch word >> 2 & 3 {
        case 1: .newer
        case 2: .quorum
        default: .none
        }
      return Poll.Voter(key: key, answer: answer, knowledge: knowledge, isImpartial: word >> 4 & 1 != 0)
    }
    return Poll(node: node, voters: voters, majority: electorate.majority)
  }
}

extension OrderDecisions {
  /// Adds the decision on the next group, which is about to be made: straight from the votes, since there are as many
  /// of them for each node as there are indexers.
  mutating func append(_ group: [Node], through merge: Node?, _ consensus: Consensus) {
    let pollCount = group.count + (merge == nil ? 0 : 1)
    let keys = consensus.indexers.lazy.map(\.key)
    beginGroup(pollCount, hasMerge: merge != nil, of: keys, majority: consensus.majority)
    for node in group { append(node, consensus.ballot) }
    if let merge { append(merge, consensus.ballot) }
  }

  private mutating func append(_ node: Node, _ ballot: Ballot) {
    guard let place = node.writer.indexer else { preconditionFailure("votes are for nodes of indexers") }
    ballot.count(node, by: place)
    beginPoll(rank: place, length: node.length)
    for i in electorates[electorates.count - 1].keys.indices {
      append(ballot.answer(of: i), ballot.confirmation(by: i), isImpartial: ballot.isImpartial(i))
    }
  }

  /// Begins the next group; its polls follow.
  mutating func beginGroup(_ pollCount: Int, hasMerge: Bool, of keys: some Collection<Fixed32>, majority: Int) {
    // Most decisions are made by those who made the one before.
    if electorates.last?.keys.elementsEqual(keys) != true { electorates.append((Array(keys), majority)) }
    starts.append(words.count)
    words.append(UInt64(pollCount) | (hasMerge ? 1 << 32 : 0) | UInt64(electorates.count - 1) << 33)
  }

  /// Begins the next poll, on the node of this length that the indexer of this rank wrote; the answers of all indexers
  /// follow.
  mutating func beginPoll(rank: Int, length: UInt64) { words.append(PackedNode(rank: rank, length: length).word) }

  /// Adds the answer of the next indexer.
  mutating func append(_ answer: Ballot.Answer, _ confirmation: Ballot.Confirmation, isImpartial: Bool) {
    let knowledge: UInt64 =
      switch confirmation {
      case .unseen: 0
      case .newer: 1 << 2
      case .acknowledged: 2 << 2
      }
    let flags = knowledge | (isImpartial ? 1 << 4 : 0)
    switch answer {
    case .unseen: words.append(Kind.unseen | flags)
    case .vote(let length): words.append(Kind.vote | flags | length << 5)
    case .competes(let length): words.append(Kind.competes | flags | length << 5)
    case .ambiguous(let length, let competitor, let competitorLength):
      words.append(Kind.ambiguous | flags | length << 5)
      words.append(PackedNode(rank: competitor, length: competitorLength).word)
    }
  }
}
