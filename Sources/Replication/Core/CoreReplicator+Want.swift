import Hypercore

/// Asking which blocks a peer has (spec 02 §6.4).
extension CoreReplicator {
  /// Asks which blocks of a range a peer has, as far as it was not asked before.
  func want(_ range: Range<UInt64>, of peer: CorePeer, any: Bool = false) {
    guard range.upperBound > peer.have.contiguous, range.lowerBound < peer.remote.length else { return }
    var want: WantMessage
    if any && settings.usesSmallWants {
      var length: UInt64 = 32
      while range.lowerBound / length != (range.upperBound - 1) / length { length *= 2 }
      want = WantMessage(start: range.lowerBound / length * length, length: length, any: true)
    } else {
      let length = settings.usesSmallWants ? LocalWants.smallSegment : LocalWants.segment
      want = WantMessage(start: range.lowerBound / length * length, length: length)
    }
    guard let old = peer.localWants.insert(want) else { return }
    for old in old { peer.send(.unwant, old) }
    peer.send(.want, want)
  }

  /// Asks which blocks of a range a peer has, segment by segment. Nothing is taken back to make room: a range as long as
  /// a log claims to be would never come to an end.
  func wantMissing(_ range: Range<UInt64>, of peer: CorePeer) {
    guard !range.isEmpty, peer.have.contiguous < peer.remote.length else { return }
    let segment = settings.usesSmallWants ? LocalWants.smallSegment : LocalWants.segment
    let end = min(range.upperBound, peer.remote.length)
    var start = max(range.lowerBound, peer.have.contiguous)
    while start < end {
      if peer.localWants.isFull { peer.localWants.forget(below: local.contiguous) }
      guard !peer.localWants.isFull else { return }
      want(start..<start + 1, of: peer)
      start = (start / segment + 1) * segment
    }
  }
}
