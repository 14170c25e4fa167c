public import CompactEncoding
public import HypercoreCrypto
internal import NIOCore
internal import NIOPosix

/// Makes connections.
public enum Connector {
  /// Connects, proves both keys, and returns the connection with the session that was made for it.
  ///
  /// - Parameters:
  ///   - serverKey: the only key that is accepted of the other side.
  ///   - makeSession: called on the event loop once the keys are proved.
  /// - Throws: `connectFailed`, `connectTimeout`, or why the connection ended before it was ready.
  public static func connect<Session: ConnectionSession>(
    on loop: TransportLoop, to address: TransportAddress, serverKey: Fixed32, keyPair: KeyPair,
    settings: TransportSettings = TransportSettings(),
    makeSession: @escaping @Sendable (Peer, Connection) -> Session
  ) async throws(TransportError) -> (Connection, Session) where Session: Sendable {
    let eventLoop = loop.group.next()
    let ready = eventLoop.makePromise(of: (Connection, Session).self)
    open(
      on: eventLoop, to: address, serverKey: serverKey, keyPair: keyPair, settings: settings,
      budget: ConnectionBudget()
    ) { peer, connection in
      let session = makeSession(peer, connection)
      ready.succeed((connection, session))
      return session
    } onEnd: { _, reason in
      ready.fail(reason)
    }
    do { return try await ready.futureResult.get() } catch { throw TransportError(error) }
  }

  /// Connects and proves both keys.
  ///
  /// - Parameters:
  ///   - makeSession: called on the event loop once the keys are proved.
  ///   - onEnd: called on the event loop, once: why there was no connection or why it ended.
  static func open(
    on eventLoop: any EventLoop, to address: TransportAddress, serverKey: Fixed32, keyPair: KeyPair,
    settings: TransportSettings, budget: ConnectionBudget,
    makeSession: @escaping @Sendable (Peer, Connection) -> (any ConnectionSession)?,
    onEnd: @escaping @Sendable (Connection?, TransportError) -> Void
  ) {
    let attempt = Attempt()
    let bootstrap = ClientBootstrap(group: eventLoop)
      .connectTimeout(.milliseconds(Int64(clamping: settings.connectTimeoutMilliseconds)))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          var generator = SystemRandomNumberGenerator()
          let stream = SecureStream(
            role: .initiator, keyPair: keyPair, expectedRemote: serverKey,
            maximumFrameCount: settings.maximumFrameByteCount, using: &generator)
          let connection = Connection(
            channel: channel, address: address, stream: stream, settings: settings, budget: budget,
            makeSession: makeSession
          ) { connection, reason in
            // A socket that never connected ends its connection, too; what the system says about it tells more.
            if attempt.isConnected { onEnd(connection, reason) }
          }
          try channel.pipeline.syncOperations.addHandler(ConnectionHandler(connection) { attempt.isConnected = true })
        }
      }
    let socket: EventLoopFuture<any NIOCore.Channel>
    switch address {
    case .tcp(let host, let port):
      socket = bootstrap.channelOption(.socketOption(.tcp_nodelay), value: 1).connect(host: host, port: port)
    case .unix(let path): socket = bootstrap.connect(unixDomainSocketPath: path)
    }
    socket.hop(to: eventLoop).whenFailure { error in
      guard !attempt.isConnected else { return }
      if case .connectTimeout = error as? ChannelError {
        onEnd(nil, .connectTimeout(address, milliseconds: settings.connectTimeoutMilliseconds))
      } else {
        onEnd(nil, .connectFailed(address, reason: reason(error)))
      }
    }
  }

  /// Whether one of the attempts to connect a socket succeeded. Belongs to the event loop.
  private final class Attempt: @unchecked Sendable {
    var isConnected = false
  }

  /// The system's reason why nobody could be reached.
  private static func reason(_ error: any Error) -> String {
    guard let error = error as? NIOConnectionError else { return TransportError.text(of: error) }
    if let attempt = error.connectionErrors.last {
      if case .connectTimeout = attempt.error as? ChannelError { return "no answer in time" }
      return TransportError.text(of: attempt.error)
    }
    if error.dnsAError != nil || error.dnsAAAAError != nil { return "no such host" }
    return "no address"
  }
}
