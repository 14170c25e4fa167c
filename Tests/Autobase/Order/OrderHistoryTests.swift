import CompactEncoding
import JSON
import TestSupport
import Testing

@testable import Autobase

@Suite struct OrderHistoryTests {
  private func histories() throws -> [(name: String, history: OrderHistory, order: NodeOrder)] {
    var all: [(String, OrderHistory, NodeOrder)] = []
    func add(_ name: String, _ logs: [WriterMessages], _ indexers: [Fixed32]) throws {
      all.append(
        (
          name, try OrderHistory(logs, epochs: [IndexerEpoch(indexers: indexers)]),
          try NodeOrder(logs, indexers: indexers)
        ))
    }
    for item in try Vectors.load("03-dags").list("cases") {
      let graph = try Graph(item)
      let logs = graph.arrival.map { item in
        WriterMessages(
          key: graph.keys[item.writer],
          messages: [
            OplogMessage(
              heads: item.heads, batch: item.batch, value: item.hasValue ? [1] : nil, optimistic: item.isOptimistic)
          ])
      }
      try add(item.text("name"), logs, graph.indexers.map { graph.keys[$0] })
    }
    for seed in 1...12 as ClosedRange<UInt64> {
      var generator = SeededGenerator(seed: seed)
      var shape = RandomGraph.Shape()
      shape.writers = Int.random(in: 1...12, using: &generator)
      shape.indexers = Int.random(in: 1...shape.writers, using: &generator)
      shape.largestBatch = Int.random(in: 1...3, using: &generator)
      shape.partition = Bool.random(using: &generator) ? 20 : nil
      shape.oddities = 0
      let graph = RandomGraph(seed: seed, shape)
      try add("seed \(seed)", graph.logs, graph.indexers)
    }
    return all
  }

  /// A history has the order of the linearizer; what it says of each node is true.
  @Test func explanationsHold() throws {
    let histories = try histories()
    var (merged, waiting, tied) = (0, 0, 0)
    for (name, history, order) in histories {
      #expect(history.entries.map(\.node) == (order.indexed + order.tip).map(\.node), "\(name)")
      #expect(history.indexedCount == order.indexed.count, "\(name)")
      for (index, entry) in history.entries.enumerated() {
        let explanation = try #require(history.explain(entry.node), "\(name)")
        #expect(explanation.index == index && explanation.isIndexed == (index < history.indexedCount))
        if let decision = explanation.decision {
          #expect(explanation.isIndexed && explanation.wait == nil)
          let last = try #require(decision.nodes.last)
          if decision.merge == nil {
            #expect(isFinal(last), "\(name): \(entry.node)")
          } else {
            merged += 1
          }
        } else {
          #expect(explanation.wait != nil, "\(name): \(entry.node)")
          waiting += 1
        }
        if explanation.before?.precedence == .smallerKey { tied += 1 }
        for reference in explanation.references { #expect(reference.index.map { $0 < index } != false, "\(name)") }
      }
    }
    #expect(histories.count > 0 && merged > 0 && waiting > 0 && tied > 0)
  }

  private func isFinal(_ poll: Poll) -> Bool {
    poll.votes.count >= poll.majority && (poll.quorum.count >= poll.majority || poll.isNewerEverywhere)
  }

  /// Decisions are kept as words; they say the same as before.
  @Test func decisionsAreKeptWhole() throws {
    for seed in 1...40 as ClosedRange<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let given = (0..<30).map { _ in OrderDecision(using: &generator) }
      var kept = OrderDecisions()
      given.forEach { $0.append(to: &kept) }
      #expect(Array(kept) == given, "seed \(seed)")
      var votes: [Checkout] = []
      kept.forEachVote { votes.append($1) }
      #expect(votes == given.flatMap { ($0.nodes + ($0.merge.map { [$0] } ?? [])).flatMap(\.votes) }, "seed \(seed)")
    }
  }

  /// What is kept of a decision is what consensus says when it is made.
  @Test func decisionsAreWhatConsensusSays() throws {
    var (merged, ambiguous) = (0, 0)
    for seed in 1...20 as ClosedRange<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let keys = (0..<4).map { _ in Fixed32(generator.bytes(32)) ?? Fixed32() }
      let linearizer = Linearizer(indexers: Array(keys.prefix(3)))
      var kept = OrderDecisions()
      var given: [OrderDecision] = []
      linearizer.consensus.trace = { [consensus = linearizer.consensus] group, merge in
        kept.append(group, through: merge, consensus)
        given.append(
          OrderDecision(
            nodes: group.map { Poll($0, consensus) }, merge: merge.map { Poll($0, consensus) },
            majority: consensus.majority, indexerCount: 3))
      }
      var lengths = [UInt64](repeating: 0, count: keys.count)
      for _ in 0..<200 {
        let writer = Int.random(in: 0..<4, using: &generator)
        // Some of the newest nodes of others.
        let heads = keys.indices.filter { $0 != writer && lengths[$0] > 0 && Bool.random(using: &generator) }
        linearizer.add(
          to: linearizer.open(keys[writer], offset: 0), batch: 1, value: [1],
          heads: heads.map { Checkout(key: keys[$0], length: lengths[$0]) }, isOptimistic: false)
        lengths[writer] += 1
        for node in linearizer.update()?.indexed ?? [] { node.writer.shift() }
      }
      #expect(given.count > 10 && Array(kept) == given, "seed \(seed)")
      merged += given.count { $0.merge != nil }
      for poll in given.flatMap({ $0.nodes + ($0.merge.map { [$0] } ?? []) }) {
        ambiguous += poll.voters.count { if case .ambiguous = $0.answer { true } else { false } }
      }
      linearizer.consensus.trace = nil
    }
    #expect(merged > 0 && ambiguous > 0)
  }

  /// Of values no more is kept than asked for; places are found again.
  @Test func entriesAreKeptInColumns() throws {
    var generator = SeededGenerator(seed: 3)
    let key = Fixed32(generator.bytes(32)) ?? Fixed32()
    let other = Fixed32(generator.bytes(32)) ?? Fixed32()
    let values: [[UInt8]?] = [nil, [], [1], [1, 2, 3], Array(1...100)]
    let messages = values.enumerated().map { i, value in
      OplogMessage(heads: i == 0 ? [] : [Checkout(key: key, length: UInt64(i))], value: value)
    }
    let stranger = OplogMessage(heads: [Checkout(key: key, length: 2)], value: [7])
    let logs = [WriterMessages(key: key, messages: messages), WriterMessages(key: other, messages: [stranger])]
    for kept in [0, 2, .max] {
      let history = try OrderHistory(logs, epochs: [IndexerEpoch(indexers: [key])], keptBytes: kept)
      #expect(history.entries.count == 6 && history.indexedCount == 5)
      for (place, entry) in history.entries.enumerated() {
        #expect(history.position(entry.node) == place)
        let value = entry.node.key == key ? values[Int(entry.node.length) - 1] : [7]
        #expect(entry.valueLength == value?.count && entry.value == value.map { Array($0.prefix(kept)) })
      }
      #expect(history.entries.map(\.group) == [0, 1, 2, 3, 4, nil])
      #expect(history.entries[5].heads == [Checkout(key: key, length: 2)])
      #expect(history.position(Checkout(key: key, length: 6)) == nil)
      #expect(history.position(Checkout(key: Fixed32(), length: 1)) == nil)
    }
  }
}

extension OrderDecision {
  /// Any decision.
  fileprivate init(using generator: inout SeededGenerator) {
    let keys = (0..<Int.random(in: 1...5, using: &generator)).map { UInt8($0 * 7 + 1) }
      .map { Fixed32([UInt8](repeating: $0, count: 32)) ?? Fixed32() }
    func node(_ key: Fixed32? = nil) -> Checkout {
      let any = keys[Int.random(in: 0..<keys.count, using: &generator)]
      return Checkout(key: key ?? any, length: UInt64.random(in: 1...1 << 40 - 1, using: &generator))
    }
    func poll() -> Poll {
      let voters = keys.map { key in
        let answer: Poll.Answer =
          switch Int.random(in: 0..<4, using: &generator) {
          case 0: .unseen
          case 1: .vote(node(key))
          case 2: .competes(node(key))
          default: .ambiguous(node(key), competitor: node())
          }
        let knowledge = [Poll.Knowledge.none, .newer, .quorum][Int.random(in: 0..<3, using: &generator)]
        return Poll.Voter(
          key: key, answer: answer, knowledge: knowledge, isImpartial: .random(using: &generator))
      }
      return Poll(node: node(), voters: voters, majority: keys.count / 2 + 1)
    }
    self.init(
      nodes: (0..<Int.random(in: 1...3, using: &generator)).map { _ in poll() },
      merge: Bool.random(using: &generator) ? poll() : nil, majority: keys.count / 2 + 1, indexerCount: keys.count)
  }

  /// Keeps it as a decision is kept when it is made.
  fileprivate func append(to decisions: inout OrderDecisions) {
    let keys = nodes.first?.voters.map(\.key) ?? []
    func rank(_ node: Checkout) -> Int { keys.firstIndex(of: node.key) ?? -1 }
    let polls = nodes + (merge.map { [$0] } ?? [])
    decisions.beginGroup(polls.count, hasMerge: merge != nil, of: keys, majority: majority)
    for poll in polls {
      decisions.beginPoll(rank: rank(poll.node), length: poll.node.length)
      for voter in poll.voters {
        let answer: Ballot.Answer =
          switch voter.answer {
          case .unseen: .unseen
          case .vote(let node): .vote(node.length)
          case .competes(let node): .competes(node.length)
          case .ambiguous(let node, let competitor):
            .ambiguous(node.length, competitor: rank(competitor), competitorLength: competitor.length)
          }
        let confirmation: Ballot.Confirmation =
          switch voter.knowledge {
          case .none: .unseen
          case .newer: .newer
          case .quorum: .acknowledged
          }
        decisions.append(answer, confirmation, isImpartial: voter.isImpartial)
      }
    }
  }
}

extension RandomGraph {
  /// The logs as messages.
  var logs: [WriterMessages] {
    batches.map { batch in
      WriterMessages(
        key: keys[batch[0].writer],
        messages: batch.map { message in
          OplogMessage(
            heads: message.heads, batch: message.batch, value: message.hasValue ? [1] : nil,
            optimistic: message.isOptimistic)
        })
    }
  }
}
