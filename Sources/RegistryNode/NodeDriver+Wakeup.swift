import Autobase
import CompactEncoding
import Replication

/// Telling and hearing which writers have news.
extension NodeDriver {
  /// Takes part in the topic of the base, whose secret is the base's key.
  func joinTopic() {
    let topic = WakeupTopic(secret: node.base.key)
    topic.onLookup = { [unowned self] peer, _ in announce(to: peer) }
    topic.onPeer = { [unowned self] peer, change in if change == .active { announce(to: peer) } }
    topic.onAnnounce = { [unowned self] _, hints in
      do {
        try node.base.hint(hints.map { Autobase.Hint(key: $0.key, length: $0.length) })
        didStore()
      } catch {
        note("\(error)")
      }
    }
    replicator.add(topic)
    self.topic = topic
  }

  private func announce(to peer: WakeupPeer) {
    peer.announce(node.base.announcement.map { WakeupHint(key: $0.key, length: $0.length) })
  }

  /// Asks for what was not heard during a fast-forward.
  func lookUp() { if node.base.takeLookupRequest() { topic?.lookup() } }
}
