import CompactEncoding

/// Decides which indexer nodes are final (spec 03 §4.2).
///
/// A node is final when a majority of indexers acknowledge it and a majority of indexers each have a node that knows a
/// majority of those acknowledgements (a double quorum), or all indexers have written something strictly newer; and
/// nobody counted is aware of a competing branch. When a merge of branches is final but none of its branches on its
/// own is, all of its tails are yielded together.
///
/// ## How it stays fast
///
/// The rule, read literally, looks at every oldest node and every open merge whenever anything is new. Two facts make
/// that unnecessary:
///
/// * An indexer's oldest open node is a tail unless it has seen an open node of somebody else: the number of those is
///   kept for each indexer.
/// * The votes for an open node only ever grow: nodes do not change, and when others become final, competitors can
///   only disappear. So a merge without a majority of votes waits until one of those it lacks can have come
///   (``Merge``), and only the others are looked at.
final class Consensus {
  /// The active indexers, in the order of the system view.
  let indexers: [WriterWindow]
  /// ⌊n/2⌋ + 1.
  let majority: Int
  /// For each indexer, how much of its log is yielded.
  var levels: Clock { ballot.levels }
  /// For each indexer, its oldest open node, and how many others' open nodes that one has seen.
  private var oldest: [(node: Node, blockers: Int)?]
  /// Open merges with a majority of votes, in the order in which they came.
  var voted: [Node] = []
  private var mergeCount: UInt64 = 0
  var watches: WatchList
  private var isDirty = false
  /// Told of every group before it is yielded, with the merge through which it is final, if not by itself.
  var trace: ((_ group: [Node], _ merge: Node?) -> Void)?
  let ballot: Ballot

  /// - Parameters:
  ///   - indexers: the active indexers.
  ///   - levels: for each, how much of its log is yielded.
  init(indexers: [WriterWindow], levels: [UInt64]) {
    self.indexers = indexers
    ballot = Ballot(indexers: indexers, levels: levels)
    majority = ballot.majority
    oldest = Array(repeating: nil, count: indexers.count)
    watches = WatchList(indexers: indexers.count)
  }

  /// Takes notice of an indexer's new node.
  func note(_ node: Node) {
    guard let place = node.writer.indexer else { return }
    isDirty = true
    guard indexers.count > 1 else { return }
    if node.length == levels[place] + 1 { setOldest(place, node) }
    watches.seen(by: place, node.clock)
    if joinsBranches(node) {
      mergeCount += 1
      let merge = Merge(node: node, place: place, order: mergeCount, indexers: indexers.count)
      node.merge = merge
      node.isMerge = true
      watches.opened()
      startWatching(merge)
    }
  }

  /// Takes notice that a node is yielded.
  func remove(_ node: Node) {
    if let merge = node.merge {
      node.merge = nil
      merge.isOpen = false
      watches.closed()
      if merge.hasMajority { voted.removeAll { $0 === node } }
    }
    guard let place = node.writer.indexer, node.length > levels[place] else { return }
    let before = levels[place]
    levels[place] = node.length
    guard indexers.count > 1 else { return }
    for i in oldest.indices where i != place {
      if let seen = oldest[i]?.node.clock[place], seen > before, seen <= node.length { oldest[i]?.blockers -= 1 }
    }
    oldest[place] = nil
    if let next = node.writer.node(node.length + 1) { setOldest(place, next) }
    watches.yielded(place, node.length)
  }

  /// The next group of indexer nodes whose place is final; empty when there is none.
  func shift() -> [Node] {
    guard isDirty else { return [] }
    if indexers.count == 1 { return shiftOnly() }
    recount()
    let tails = indexerTails()
    for tail in tails where isConfirmed(tail) { return take([tail], through: nil) }
    for merge in voted where isConfirmed(merge) { return yield(merge, tails) }
    isDirty = false
    return []
  }

  /// Every node of the only indexer is final at once.
  private func shiftOnly() -> [Node] {
    guard let node = indexers[0].node(levels[0] + 1) else {
      isDirty = false
      return []
    }
    return take([node], through: nil)
  }

  private func take(_ group: [Node], through merge: Node?) -> [Node] {
    trace?(group, merge)
    for node in group { remove(node) }
    return group
  }

  private func yield(_ merge: Node, _ tails: [Node]) -> [Node] {
    var node = merge
    while !tails.contains(where: { $0 === node }) {
      let observer = node
      let seenTails = tails.filter { sees(observer, $0) }
      var next = seenTails.first { isConfirmed($0, asOf: observer) }
      if next == nil {
        next = voted.first { $0 !== observer && sees(observer, $0) && isConfirmed($0, asOf: observer) }
      }
      guard let next else { return take(seenTails, through: merge) }
      node = next
    }
    return take([node], through: merge)
  }
}

// MARK: Relations between nodes

extension Consensus {
  /// Whether `node` has seen `target`, which an active indexer wrote.
  func sees(_ node: Node, _ target: Node) -> Bool {
    guard let indexer = target.writer.indexer else { return false }
    return node.clock[indexer] >= target.length
  }

  /// The oldest un-yielded indexer nodes that nobody precedes, in the order of the indexers.
  func indexerTails() -> [Node] {
    if indexers.count == 1 { return indexers[0].node(levels[0] + 1).map { [$0] } ?? [] }
    var tails: [Node] = []
    for case (let node, 0)? in oldest { tails.append(node) }
    return tails
  }

  /// Whether `node` has seen `target`, which an active indexer wrote, and knows nothing that could compete with it.
  func isStrictlyNewer(_ target: Node, _ node: Node) -> Bool {
    guard let place = target.writer.indexer else { return false }
    ballot.open(target, by: place)
    return ballot.isStrictlyNewer(node.clock)
  }

  /// The nodes that vote for `target`, which an active indexer wrote, without ambiguity, itself first.
  func acknowledgements(_ target: Node) -> [Node] {
    guard let place = target.writer.indexer else { return [target] }
    ballot.count(target, by: place)
    return [target] + indexers.indices.compactMap { $0 == place ? nil : indexers[$0].node(ballot.votes[$0]) }
  }

  private func setOldest(_ place: Int, _ node: Node) {
    var blockers = node.clock.count(above: levels)
    if node.clock[place] > levels[place] { blockers -= 1 }
    oldest[place] = (node, blockers)
  }

  /// Whether a node joins two or more branches of indexers that do not know each other.
  private func joinsBranches(_ node: Node) -> Bool {
    if node.dependencies.contains(where: { isOnlyBranch($0, of: node) }) { return false }
    var branches: [Node] = []
    for (i, indexer) in indexers.enumerated() {
      let seen = indexer === node.writer ? node.clock[i] - 1 : node.clock[i]
      guard seen > levels[i], let head = indexer.node(seen) else { continue }
      if branches.contains(where: { sees($0, head) }) { continue }
      branches.removeAll { sees(head, $0) }
      branches.append(head)
    }
    return branches.count > 1
  }

  /// Whether an indexer's node has seen all that a node which depends on it has.
  private func isOnlyBranch(_ dependency: Node, of node: Node) -> Bool {
    guard dependency.writer.indexer != nil else { return false }
    for i in indexers.indices where dependency.clock[i] < node.clock[i] {
      guard indexers[i] === node.writer, node.clock[i] - 1 <= max(dependency.clock[i], levels[i]) else { return false }
    }
    return true
  }
}

// MARK: Confirmation

extension Consensus {
  /// Whether `target`, which an active indexer wrote, is final: for everybody or, with `observer`, as far as that node
  /// can know.
  func isConfirmed(_ target: Node, asOf observer: Node? = nil) -> Bool {
    guard let place = target.writer.indexer, ballot.couldHaveMajority(place, target.length) else { return false }
    ballot.count(target, by: place)
    return ballot.isConfirmed(asOf: observer)
  }

  /// Whether nothing that an indexer knows competes with `target`, which an active indexer wrote.
  func isImpartial(_ indexer: Int, to target: Node) -> Bool {
    guard let place = target.writer.indexer else { return false }
    ballot.open(target, by: place)
    return ballot.isImpartial(indexer)
  }

  /// What an indexer, looking at all its nodes, knows of a quorum for `target`, which an active indexer wrote.
  func confirmation(by indexer: Int, of target: Node) -> Ballot.Confirmation {
    guard let place = target.writer.indexer else { return .unseen }
    ballot.count(target, by: place)
    return ballot.confirmation(by: indexer, length: indexers[indexer].length)
  }
}
