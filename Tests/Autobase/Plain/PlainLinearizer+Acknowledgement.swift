import CompactEncoding

@testable import Autobase

extension PlainLinearizer {
  /// Whether an active indexer should vote, so that open values become final (spec 03 §4.5).
  ///
  /// - Parameters:
  ///   - key: the indexer.
  ///   - isPending: whether a change of the set of indexers is applied and not indexed yet.
  func shouldAcknowledge(_ key: Fixed32, isPending: Bool) -> Bool {
    guard let own = window(key), own.indexer != nil else { return false }
    if heads.contains(where: { $0.writer.indexer == nil }) { return true }
    if heads.count == 1 && heads[0].writer === own { return false }
    guard isPending || tipNodes.contains(where: { $0.value != nil }) else { return false }
    if consensus.indexerTails().contains(where: { $0.writer !== own && consensus.needsVote(of: own, for: $0) }) {
      return true
    }
    return heads.contains { $0.writer !== own && knowsMore($0, than: own, isPending: isPending) }
  }

  /// Whether a head of another writer has seen votes for an open value that the indexer's newest node has not.
  private func knowsMore(_ head: PlainNode, than own: PlainWindow, isPending: Bool) -> Bool {
    let newest = own.node(own.length)
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(head)]
    var stack = [head]
    while let node = stack.popLast() {
      if node.value != nil || isPending {
        let theirs = consensus.acknowledgers(of: node, seenBy: head)
        let ours = newest.map { consensus.acknowledgers(of: node, seenBy: $0) } ?? []
        if theirs.count > ours.count || !theirs.isSubset(of: ours) { return true }
        if !theirs.isEmpty && !ours.isEmpty { continue }
      }
      for dependency in node.dependencies where seen.insert(ObjectIdentifier(dependency)).inserted {
        stack.append(dependency)
      }
    }
    return false
  }
}

extension PlainConsensus {
  /// The indexers, by their place, whose vote for a node can be seen from another one.
  fileprivate func acknowledgers(of node: PlainNode, seenBy viewer: PlainNode) -> Set<Int> {
    guard sees(viewer, node), let writer = viewer.writer.indexer else { return [] }
    var found: Set<Int> = [writer]
    for (i, indexer) in indexers.enumerated() where i != writer {
      let length = viewer.clock[i]
      guard length > 0, node.clock[i] < length, let vote = indexer.node(length), sees(vote, node) else { continue }
      found.insert(i)
    }
    return found
  }

  /// Whether a node of another indexer lacks this indexer's vote, or its knowledge of the others'.
  fileprivate func needsVote(of own: PlainWindow, for tail: PlainNode) -> Bool {
    guard let place = own.indexer else { return false }
    let next = first(own, after: tail.clock[place])
    guard let next else { return tail.writer !== own }
    if !sees(next, tail) { return own.node(own.length).map { !sees($0, tail) } ?? true }
    guard isStrictlyNewer(tail, next) else { return false }
    let votes = acknowledgements(tail)
    guard votes.count >= majority else { return false }
    return confirmation(by: own, of: tail, votes, length: own.length) == .unseen
  }
}
