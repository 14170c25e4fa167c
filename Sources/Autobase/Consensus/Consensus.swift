import CompactEncoding

/// Decides which indexer nodes are final (spec 03 §4.2).
///
/// A node is final when a majority of indexers acknowledge it and a majority of indexers each have a node that knows a
/// majority of those acknowledgements (a double quorum), or all indexers have written something strictly newer; and
/// nobody counted is aware of a competing branch. When a merge of branches is final but none of its branches on its
/// own is, all of its tails are yielded together.
struct Consensus {
  /// The active indexers, in the order of the system view.
  let indexers: [WriterWindow]
  /// ⌊n/2⌋ + 1.
  let majority: Int
  private var merges: [Node] = []
  private var isDirty = false

  init(indexers: [WriterWindow]) {
    self.indexers = indexers
    majority = indexers.count / 2 + 1
  }

  /// Takes notice of an indexer's new node.
  mutating func note(_ node: Node) {
    if indexers.count > 1 && joinsBranches(node) {
      node.isMerge = true
      merges.append(node)
    }
    isDirty = true
  }

  /// Takes notice that a node is yielded.
  mutating func remove(_ node: Node) {
    if node.isMerge {
      node.isMerge = false
      merges.removeAll { $0 === node }
    }
    node.writer.removed = node.length
  }

  /// The next group of indexer nodes whose place is final; empty when there is none.
  mutating func shift() -> [Node] {
    guard isDirty else { return [] }
    let tails = indexerTails()
    for tail in tails where isConfirmed(tail) {
      remove(tail)
      return [tail]
    }
    for merge in merges where isConfirmed(merge) { return yield(merge, tails) }
    isDirty = false
    return []
  }

  private mutating func yield(_ merge: Node, _ tails: [Node]) -> [Node] {
    var node = merge
    while !tails.contains(where: { $0 === node }) {
      let seenTails = tails.filter { sees(node, $0) }
      let candidates = seenTails + merges.filter { $0 !== node && sees(node, $0) }
      guard let next = candidates.first(where: { isConfirmed($0, asOf: node) }) else {
        for tail in seenTails { remove(tail) }
        return seenTails
      }
      node = next
    }
    remove(node)
    return [node]
  }
}

// MARK: Relations between nodes

extension Consensus {
  /// Whether `node` has seen `target`, which an active indexer wrote.
  func sees(_ node: Node, _ target: Node) -> Bool {
    guard let indexer = target.writer.indexer else { return false }
    return node.clock[indexer] >= target.length
  }

  private func isGone(_ node: Node) -> Bool { node.writer.isRemoved(node.length) }

  /// An indexer's next node after having seen `length` of its log.
  func first(_ indexer: WriterWindow, after length: UInt64) -> Node? {
    indexer.node(max(length, indexer.offset) + 1)
  }

  /// Whether a node joins two or more branches of indexers that do not know each other.
  private func joinsBranches(_ node: Node) -> Bool {
    var branches: [Node] = []
    for (i, indexer) in indexers.enumerated() {
      let seen = node.clock[i]
      guard seen > 0, let head = indexer.node(indexer === node.writer ? seen - 1 : seen), !isGone(head) else {
        continue
      }
      if branches.contains(where: { sees($0, head) }) { continue }
      branches.removeAll { sees(head, $0) }
      branches.append(head)
    }
    return branches.count > 1
  }

  /// The oldest un-yielded indexer nodes that nobody precedes.
  func indexerTails() -> [Node] {
    var tails: [Node] = []
    for indexer in indexers {
      guard let head = indexer.node((indexer.removed ?? indexer.offset) + 1), !isGone(head) else { continue }
      var isTail = true
      var kept: [Node] = []
      for (k, tail) in tails.enumerated() {
        if sees(head, tail) {
          isTail = false
          kept += tails[k...]
          break
        }
        if !sees(tail, head) { kept.append(tail) }
      }
      tails = kept
      if isTail { tails.append(head) }
    }
    return tails
  }

  /// Whether `node` has seen `target` and knows nothing that could compete with it.
  func isStrictlyNewer(_ target: Node, _ node: Node) -> Bool {
    guard sees(node, target) else { return false }
    for (i, indexer) in indexers.enumerated() {
      let latest = node.clock[i]
      let old = indexer.removed ?? 0
      if latest <= old { continue }
      let known = max(target.clock[i], old)
      if latest < known { return false }
      if latest == known { continue }
      guard let next = first(indexer, after: known), !sees(next, target) else { continue }
      if latest < next.length { continue }
      return false
    }
    return true
  }

  /// The nodes that vote for `target` without ambiguity, itself first.
  func acknowledgements(_ target: Node) -> [Node] {
    var nodes = [target]
    for (i, indexer) in indexers.enumerated() where indexer !== target.writer {
      guard let next = first(indexer, after: target.clock[i]), sees(next, target), isStrictlyNewer(target, next)
      else { continue }
      nodes.append(next)
    }
    return nodes
  }
}

// MARK: Confirmation

extension Consensus {
  /// What an indexer knows of a quorum for a node.
  enum Confirmation {
    /// Nothing.
    case unseen
    /// It has written something strictly newer.
    case newer
    /// It knows a quorum.
    case acknowledged
  }

  /// Whether an indexer, looking at its first `length` nodes, knows a quorum for `target`.
  ///
  /// Both the number of known acknowledgements and the failure of being strictly newer only ever grow along an
  /// indexer's log, so the oldest node that knows a quorum decides when the newest one is no longer strictly newer.
  func confirmation(by indexer: WriterWindow, of target: Node, _ votes: [Node], length: UInt64) -> Confirmation {
    guard length > 0, !indexer.isRemoved(length), let newest = indexer.node(length) else { return .unseen }
    let isQuorum = knowsQuorum(newest, votes)
    if isStrictlyNewer(target, newest) { return isQuorum ? .acknowledged : .newer }
    guard isQuorum else { return .unseen }
    var low = indexer.offset + 1
    var high = length
    while low < high {
      let middle = low + (high - low) / 2
      guard let node = indexer.node(middle) else { return .unseen }
      if knowsQuorum(node, votes) { high = middle } else { low = middle + 1 }
    }
    guard low < length, let oldest = indexer.node(low) else { return .unseen }
    return isStrictlyNewer(target, oldest) ? .acknowledged : .unseen
  }

  private func knowsQuorum(_ node: Node, _ votes: [Node]) -> Bool {
    var count = 0
    for vote in votes where sees(node, vote) { count += 1 }
    return count >= majority
  }

  /// Whether `target` is final, for everybody or, with `observer`, as far as that node can know.
  func isConfirmed(_ target: Node, asOf observer: Node? = nil) -> Bool {
    let votes = acknowledgements(target)
    guard votes.count >= majority else { return false }
    var confirming = [Bool](repeating: false, count: indexers.count)
    var count = 0
    var allNewer = true
    for (i, indexer) in indexers.enumerated() {
      switch confirmation(by: indexer, of: target, votes, length: length(of: indexer, i, asOf: observer)) {
      case .acknowledged:
        confirming[i] = true
        count += 1
        if count >= majority { return true }
      case .unseen: allNewer = false
      case .newer: break
      }
    }
    guard let observer else { return allNewer }
    return couldBeConfirmed(target, votes, confirming, without: observer)
  }

  private func length(of indexer: WriterWindow, _ i: Int, asOf observer: Node?) -> UInt64 {
    guard let observer else { return indexer.length }
    return indexer === observer.writer ? observer.length - 1 : observer.clock[i]
  }

  /// Whether `target` could still become final without the help of `observer`.
  private func couldBeConfirmed(_ target: Node, _ votes: [Node], _ confirming: [Bool], without observer: Node) -> Bool {
    guard knowsQuorum(observer, votes) else { return false }
    var potential = confirming.count { $0 }
    for (i, indexer) in indexers.enumerated() where !confirming[i] {
      let seen = observer.clock[i]
      let isKnown = target.clock[i] > 0 && target.clock[i] >= seen
      if !isKnown, let head = indexer.node(seen), !isGone(head), !isStrictlyNewer(target, head) { continue }
      potential += 1
      if potential >= majority { return true }
    }
    return false
  }
}
