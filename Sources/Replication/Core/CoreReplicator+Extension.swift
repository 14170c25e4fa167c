import Hypercore
import Protomux

/// Messages of applications, and blocks that nobody asked for.
extension CoreReplicator {
  /// Calls `handler` for every message of an application's extension. Nil ends that.
  public func registerExtension(_ name: String, handler: ((CorePeer, [UInt8]) -> Void)?) {
    extensions[name] = handler
  }

  /// Sends a message of an application's extension to a peer, or to all.
  public func sendExtension(_ name: String, _ payload: [UInt8], to peer: CorePeer? = nil) {
    for peer in peer.map({ [$0] }) ?? peers where peer.isActive {
      let isSame = peer.lastExtensionSent == name
      peer.lastExtensionSent = name
      peer.send(.extension, ExtensionMessage(name: isSame ? "" : name, payload: payload))
      peer.carrier.setNeedsFlush()
    }
  }

  func receiveExtension(_ name: String, _ payload: [UInt8], from peer: CorePeer) { extensions[name]?(peer, payload) }

  /// Sends a block to all peers that take blocks they did not ask for and do not have it.
  ///
  /// - Throws: an error of the storage.
  public func push(_ index: UInt64) throws {
    runSoon()
    try log.context.read {
      guard index < state.length, try local.contains(index) else { return }
      for peer in peers
      where peer.isActive && peer.remote.allowPush && peer.remote.downloading && peer.remote.fork == state.fork
        && !peer.have.contains(index)
      {
        try push(index, to: peer)
      }
    }
  }

  private func push(_ index: UInt64, to peer: CorePeer) throws {
    let sent = peer.pushed.fork == state.fork ? peer.pushed.length : 0
    let known = max(peer.remote.length, sent)
    var request = ProofRequest(block: .init(index: index, nodes: 0), manifest: known == 0)
    if index >= known {
      request.upgrade = .init(start: known, length: state.length - known)
    } else {
      request.block?.nodes = MerkleTree.maximumMissingNodes(below: 2 * index, length: known)
    }
    peer.send(.data, DataMessage(request: 0, proof: try log.proof(for: request)))
    peer.pushed = (state.length, state.fork)
    peer.carrier.setNeedsFlush()
  }
}
