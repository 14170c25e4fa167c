extension Consensus {
  /// Looks again at merges that may have got a vote.
  func recount() {
    watches.shifted(indexers)
    while let (merge, place) = watches.next() {
      guard merge.isOpen, !merge.hasMajority else { continue }
      merge.isWatched[place] = false
      renewWatch(merge, place)
    }
  }

  /// Waits for enough votes that are missing: while none of them comes, there is no majority.
  func startWatching(_ merge: Merge) {
    var needed = indexers.count - majority + 1
    for i in indexers.indices where needed > 0 && i != merge.place {
      // Nobody else can have seen a node that is new.
      merge.isWatched[i] = true
      watches.add(.seen(by: i, writer: merge.place, length: merge.node.length), merge, i)
      needed -= 1
    }
    if needed > 0 { hasMajority(merge) }
  }

  /// Looks whether a vote that was missing has come; if so, waits for another one, or finds that enough are there.
  private func renewWatch(_ merge: Merge, _ place: Int) {
    ballot.open(merge.node, by: merge.place)
    for k in -1..<indexers.count {
      let i = k < 0 ? place : k
      if merge.isWatched[i] || i == merge.place { continue }

      guard let reason = ballot.missingVote(of: i) else { continue }
      merge.isWatched[i] = true
      watches.add(reason, merge, i)
      return
    }
    hasMajority(merge)
  }

  private func hasMajority(_ merge: Merge) {
    merge.hasMajority = true
    // Mostly the newest one; the place is found from the end.
    var index = voted.count
    while index > 0, let other = voted[index - 1].merge, other.order > merge.order { index -= 1 }
    voted.insert(merge.node, at: index)
  }
}
