internal import CompactEncoding
internal import HypercoreCrypto
internal import Protomux
internal import ProtomuxRPC

/// The RPC channels of one connection, on the side that answers.
final class RPCServerPart: ConnectionPart, @unchecked Sendable {
  /// The connection lets go of its session when it ends; until then both keep each other.
  let connection: Connection
  private let peer: Peer
  private let identifiers: [[UInt8]]
  private let secret: Fixed32?
  private let maximumDeferredCount: Int
  private let dispatcher: RPCDispatcher
  private let onClose: (@Sendable (Peer, TransportError) -> Void)?
  private var endpoints: [MuxChannel: RPCEndpoint] = [:]
  private var isDraining = false
  private var hasOutput = false
  /// Calls whose outcome the service owes.
  var deferredCount = 0

  init(_ connection: Connection, peer: Peer, settings: RPCServerSettings, dispatcher: RPCDispatcher) {
    self.connection = connection
    self.peer = peer
    identifiers = settings.channelIdentifiers
    secret = settings.capabilitySecret
    maximumDeferredCount = settings.maximumDeferredCount
    self.dispatcher = dispatcher
    onClose = settings.onClose
    dispatcher.connectionCount += 1
    settings.onOpen?(peer)
  }

  /// Callers who do not read their answers are not listened to.
  var isOverloaded: Bool { deferredCount >= maximumDeferredCount || !endpoints.isEmpty && !connection.isWritable }

  func handle(_ event: MuxEvent, on connection: Connection) throws(ProtomuxError) {
    switch event {
    case .offered: return
    case .opened(let channel, let handshake): verify(handshake, of: channel)
    case .message(let channel, let type, let payload):
      // A server of this kind calls nobody, so that nothing but requests can come out.
      guard
        case .request(let request) = try endpoints[channel]?.receive(
          type: type, payload: payload, on: &connection.mux)
      else { return }
      dispatcher.add(RPCCall(peer: peer, request: request, part: self, channel: channel))
    case .closed(let channel, _): endpoints[channel] = nil
    }
  }

  func owns(_ channel: MuxChannel) -> Bool { endpoints[channel] != nil }

  func answer(_ key: PairKey, on connection: Connection) -> Bool {
    guard key.protocolName == ProtomuxRPC.protocolName, identifiers.contains(key.identifier), !isDraining else {
      return false
    }
    var handshake: [UInt8] = []
    if let secret {
      let capability = SharedCapability.make(.responder, secret: secret, handshakeHash: connection.handshakeHash)
      handshake = CapabilityHandshake(capability: capability).encoded()
    }
    do {
      let channel = try connection.mux.open(key, handshake: handshake)
      endpoints[channel] = RPCEndpoint(channel: channel)
      return true
    } catch {
      return false
    }
  }

  /// Closes a channel whose opener does not know the secret.
  private func verify(_ handshake: ArraySlice<UInt8>, of channel: MuxChannel) {
    guard let secret else { return }
    let expected = SharedCapability.make(.initiator, secret: secret, handshakeHash: connection.handshakeHash)
    let proof = try? CapabilityHandshake(decoding: handshake.span.bytes).capability
    if let proof, constantTimeEqual(proof, expected) { return }
    endpoints[channel] = nil
    connection.mux.close(channel)
  }

  func readCompleted(on connection: Connection) { dispatcher.readCompleted(on: connection.eventLoop) }

  func respond(to id: UInt64, on channel: MuxChannel, _ result: Result<[UInt8], RPCError>) {
    guard connection.closeReason == nil else { return }
    endpoints[channel]?.respond(to: id, result, on: &connection.mux)
    hasOutput = true
  }

  /// Answers a call that was deferred.
  func respondLater(to id: UInt64, on channel: MuxChannel, _ result: Result<[UInt8], RPCError>) {
    guard connection.closeReason == nil else { return }
    deferredCount -= 1
    respond(to: id, on: channel, result)
    if isDraining { connection.partDrained() }
  }

  /// Writes the replies of a batch, when this is the first to ask for it.
  func flushOnce() {
    guard hasOutput else { return }
    hasOutput = false
    connection.flush()
    if isDraining { connection.partDrained() }
  }

  func drain(on connection: Connection) {
    isDraining = true
    for channel in endpoints.keys { endpoints[channel]?.end(on: &connection.mux) }
  }

  var isDrained: Bool { endpoints.values.allSatisfy { $0.isClosed } }

  func closed(_ reason: TransportError) {
    dispatcher.connectionCount -= 1
    endpoints = [:]
    onClose?(peer, reason)
  }
}
