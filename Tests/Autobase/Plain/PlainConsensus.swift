import CompactEncoding

@testable import Autobase

/// Decides which indexer nodes are final (spec 03 §4.2).
///
/// A node is final when a majority of indexers acknowledge it and a majority of indexers each have a node that knows a
/// majority of those acknowledgements (a double quorum), or all indexers have written something strictly newer; and
/// nobody counted is aware of a competing branch. When a merge of branches is final but none of its branches on its
/// own is, all of its tails are yielded together.
///
/// The rules word by word, without regard for speed.
struct PlainConsensus {
  /// The active indexers, in the order of the system view.
  let indexers: [PlainWindow]
  /// ⌊n/2⌋ + 1.
  let majority: Int
  private var merges: [PlainNode] = []
  private var isDirty = false

  init(indexers: [PlainWindow]) {
    self.indexers = indexers
    majority = indexers.count / 2 + 1
  }

  /// Takes notice of an indexer's new node.
  mutating func note(_ node: PlainNode) {
    if indexers.count > 1 && joinsBranches(node) {
      node.isMerge = true
      merges.append(node)
    }
    isDirty = true
  }

  /// Takes notice that a node is yielded.
  mutating func remove(_ node: PlainNode) {
    if node.isMerge {
      node.isMerge = false
      merges.removeAll { $0 === node }
    }
    node.writer.removed = node.length
  }

  /// The next group of indexer nodes whose place is final; empty when there is none.
  mutating func shift() -> [PlainNode] {
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

  private mutating func yield(_ merge: PlainNode, _ tails: [PlainNode]) -> [PlainNode] {
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

extension PlainConsensus {
  /// Whether `node` has seen `target`, which an active indexer wrote.
  func sees(_ node: PlainNode, _ target: PlainNode) -> Bool {
    guard let indexer = target.writer.indexer else { return false }
    return node.clock[indexer] >= target.length
  }

  private func isGone(_ node: PlainNode) -> Bool { node.writer.isRemoved(node.length) }

  /// An indexer's next node after having seen `length` of its log.
  func first(_ indexer: PlainWindow, after length: UInt64) -> PlainNode? {
    indexer.node(max(length, indexer.offset) + 1)
  }

  /// Whether a node joins two or more branches of indexers that do not know each other.
  private func joinsBranches(_ node: PlainNode) -> Bool {
    var branches: [PlainNode] = []
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
  func indexerTails() -> [PlainNode] {
    var tails: [PlainNode] = []
    for indexer in indexers {
      guard let head = indexer.node((indexer.removed ?? indexer.offset) + 1), !isGone(head) else { continue }
      var isTail = true
      var kept: [PlainNode] = []
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
  func isStrictlyNewer(_ target: PlainNode, _ node: PlainNode) -> Bool {
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
  func acknowledgements(_ target: PlainNode) -> [PlainNode] {
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

extension PlainConsensus {
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
  func confirmation(
    by indexer: PlainWindow, of target: PlainNode, _ votes: [PlainNode], length: UInt64
  )
    -> Confirmation
  {
    guard length > 0, !indexer.isRemoved(length) else { return .unseen }
    var isFresh = true
    for l in stride(from: length, to: 0, by: -1) {
      guard let node = indexer.node(l) else { return .unseen }
      let isQuorum = knowsQuorum(node, votes)
      if !isFresh && !isQuorum { return .unseen }
      if isStrictlyNewer(target, node) { return isQuorum ? .acknowledged : .newer }
      isFresh = false
    }
    return .unseen
  }

  private func knowsQuorum(_ node: PlainNode, _ votes: [PlainNode]) -> Bool {
    var count = 0
    for vote in votes where sees(node, vote) { count += 1 }
    return count >= majority
  }

  /// Whether `target` is final, for everybody or, with `observer`, as far as that node can know.
  func isConfirmed(_ target: PlainNode, asOf observer: PlainNode? = nil) -> Bool {
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

  private func length(of indexer: PlainWindow, _ i: Int, asOf observer: PlainNode?) -> UInt64 {
    guard let observer else { return indexer.length }
    return indexer === observer.writer ? observer.length - 1 : observer.clock[i]
  }

  /// Whether `target` could still become final without the help of `observer`.
  private func couldBeConfirmed(
    _ target: PlainNode, _ votes: [PlainNode], _ confirming: [Bool], without observer: PlainNode
  ) -> Bool {
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
