import CompactEncoding

extension Linearizer {
  /// Whether an active indexer should vote, so that open values become final (spec 03 §4.5).
  ///
  /// - Parameters:
  ///   - key: the indexer.
  ///   - isPending: whether a change of the set of indexers is applied and not indexed yet.
  func shouldAcknowledge(_ key: Fixed32, isPending: Bool) -> Bool {
    guard let own = window(key), own.indexer != nil else { return false }
    if heads.contains(where: { $0.writer.indexer == nil }) { return true }
    if heads.count == 1 && heads[0].writer === own { return false }
    guard isPending || tip.valueCount > 0 else { return false }
    if consensus.indexerTails().contains(where: { $0.writer !== own && consensus.needsVote(of: own, for: $0) }) {
      return true
    }
    return heads.contains { $0.writer !== own && knowsMore($0, than: own, isPending: isPending) }
  }

  /// Whether a head of another writer has seen votes for an open value that the indexer's newest node has not.
  private func knowsMore(_ head: Node, than own: WriterWindow, isPending: Bool) -> Bool {
    guard let viewer = head.writer.indexer else { return false }
    let newest = own.newest
    let visit = nextVisit()
    var stack = [head]
    head.visit = visit
    while let node = stack.popLast() {
      if node.value != nil || isPending, let writer = node.writer.indexer, head.clock[writer] >= node.length {
        // The head's writer votes for all that it has seen. Of what the own newest node has not seen, it knows more.
        guard let newest, let place = own.indexer, newest.clock[writer] >= node.length else { return true }
        if consensus.knowsMore(head, viewer, than: newest, place, of: node) { return true }
        continue
      }
      for dependency in node.dependencies where dependency.visit != visit {
        dependency.visit = visit
        stack.append(dependency)
      }
    }
    return false
  }
}

extension Consensus {
  /// Whether more indexers' votes for a node, or others, can be seen from one node than from another; both have seen
  /// it.
  fileprivate func knowsMore(_ a: Node, _ placeOfA: Int, than b: Node, _ placeOfB: Int, of node: Node) -> Bool {
    for i in indexers.indices {
      guard i == placeOfA || isAcknowledger(i, of: node, seenBy: a) else { continue }
      if i != placeOfB && !isAcknowledger(i, of: node, seenBy: b) { return true }
    }
    // All of the first are among the second, so there are no more of them.
    return false
  }

  /// Whether an indexer's vote for a node can be seen from another one.
  private func isAcknowledger(_ i: Int, of node: Node, seenBy viewer: Node) -> Bool {
    let length = viewer.clock[i]
    guard length > 0, node.clock[i] < length, let vote = indexers[i].node(length) else { return false }
    return sees(vote, node)
  }

  /// Whether a node of another indexer lacks this indexer's vote, or its knowledge of the others'.
  fileprivate func needsVote(of own: WriterWindow, for tail: Node) -> Bool {
    guard let place = own.indexer else { return false }
    guard let next = own.node(max(tail.clock[place], own.offset) + 1) else { return tail.writer !== own }
    if !sees(next, tail) { return own.newest.map { !sees($0, tail) } ?? true }
    guard isStrictlyNewer(tail, next), acknowledgements(tail).count >= majority else { return false }
    return confirmation(by: place, of: tail) == .unseen
  }
}
