internal import CompactEncoding
internal import HypercoreCrypto
internal import Protomux
internal import ProtomuxRPC

/// The RPC channel of one connection, on the side that calls. Belongs to the event loop.
final class RPCClientPart: ConnectionPart, @unchecked Sendable {
  typealias Completion = @Sendable (Result<[UInt8], RPCError>) -> Void

  private let secret: Fixed32?
  private var endpoint: RPCEndpoint?
  private var completions: [UInt64: Completion] = [:]
  private var isClosing = false
  /// Whether the connection is there for these calls alone, and of no use without the channel.
  private let ownsConnection: Bool
  /// Called when the connection is gone.
  var onClose: (@Sendable (TransportError) -> Void)?

  init(_ connection: Connection, identifier: [UInt8], secret: Fixed32?, ownsConnection: Bool) {
    self.secret = secret
    self.ownsConnection = ownsConnection
    var handshake: [UInt8] = []
    if let secret {
      let capability = SharedCapability.make(.initiator, secret: secret, handshakeHash: connection.handshakeHash)
      handshake = CapabilityHandshake(capability: capability).encoded()
    }
    let key = PairKey(ProtomuxRPC.protocolName, identifier)
    endpoint = (try? connection.mux.open(key, handshake: handshake)).map { RPCEndpoint(channel: $0) }
  }

  func call(
    _ method: String, _ value: [UInt8], timeoutMilliseconds: UInt64?, on connection: Connection,
    _ completion: @escaping Completion
  ) {
    guard connection.closeReason == nil, !isClosing else { return completion(.failure(.closed)) }
    do {
      let id = try endpoint?.call(
        method, value, timeoutMilliseconds: timeoutMilliseconds, now: connection.now, on: &connection.mux)
      guard let id else { return completion(.failure(.closed)) }
      completions[id] = completion
      connection.setNeedsFlush()
    } catch {
      completion(.failure(error))
    }
  }

  func notify(_ method: String, _ value: [UInt8], on connection: Connection) {
    guard connection.closeReason == nil, !isClosing else { return }
    try? endpoint?.notify(method, value, on: &connection.mux)
    connection.setNeedsFlush()
  }

  func handle(_ event: MuxEvent, on connection: Connection) throws(ProtomuxError) {
    switch event {
    case .offered: return
    case .opened(_, let handshake): if !verify(handshake, on: connection) { giveUp(connection) }
    case .message(_, let type, let payload):
      let event = try endpoint?.receive(type: type, payload: payload, on: &connection.mux)
      switch event {
      case .finished(let id, let result): completions.removeValue(forKey: id)?(result)
      case .request(let request):
        endpoint?.respond(to: request.id, .failure(.unknownMethod(request.method)), on: &connection.mux)
      case nil: break
      }
    case .closed:
      finish(endpoint?.closed() ?? [])
      if ownsConnection { connection.close() }
    }
  }

  func owns(_ channel: MuxChannel) -> Bool { endpoint?.channel == channel }

  func answer(_ key: PairKey, on connection: Connection) -> Bool { false }

  private func verify(_ handshake: ArraySlice<UInt8>, on connection: Connection) -> Bool {
    guard let secret else { return true }
    let expected = SharedCapability.make(.responder, secret: secret, handshakeHash: connection.handshakeHash)
    guard let proof = try? CapabilityHandshake(decoding: handshake.span.bytes).capability else { return false }
    return constantTimeEqual(proof, expected)
  }

  private func giveUp(_ connection: Connection) {
    finish(endpoint?.destroy(on: &connection.mux) ?? [])
    if ownsConnection { connection.close() }
  }

  private func finish(_ events: [RPCEvent]) {
    for case .finished(let id, let result) in events { completions.removeValue(forKey: id)?(result) }
  }

  var nextDeadline: UInt64? { endpoint?.nextDeadline }

  func expire(at now: UInt64, on connection: Connection) {
    finish(endpoint?.expire(at: now, on: &connection.mux) ?? [])
    closeIfDone(connection)
  }

  func drain(on connection: Connection) {
    isClosing = true
    endpoint?.end(on: &connection.mux)
  }

  var isDrained: Bool { endpoint?.isClosed != false }

  /// Takes no more calls, and closes the connection, or just the channel when others use the connection, too, once all
  /// have finished.
  func end(on connection: Connection) {
    guard connection.closeReason == nil else { return }
    drain(on: connection)
    connection.flush()
    closeIfDone(connection)
  }

  private func closeIfDone(_ connection: Connection) {
    if isClosing, ownsConnection, isDrained { connection.close() }
  }

  func closed(_ reason: TransportError) {
    finish(endpoint?.closed() ?? [])
    endpoint = nil
    onClose?(reason)
  }
}
