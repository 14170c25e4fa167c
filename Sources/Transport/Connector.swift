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
    let bootstrap = ClientBootstrap(group: eventLoop)
      .connectTimeout(.milliseconds(Int64(clamping: settings.connectTimeoutMilliseconds)))
      .channelOption(
        .writeBufferWaterMark,
        value: .init(low: settings.writeHighWatermarkByteCount / 4, high: settings.writeHighWatermarkByteCount)
      )
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          var generator = SystemRandomNumberGenerator()
          let stream = SecureStream(
            role: .initiator, keyPair: keyPair, expectedRemote: serverKey,
            maximumFrameCount: settings.maximumFrameByteCount, using: &generator)
          let connection = Connection(
            channel: channel, address: address, stream: stream, settings: settings, budget: ConnectionBudget(),
            makeSession: { peer, connection in
              let session = makeSession(peer, connection)
              ready.succeed((connection, session))
              return session
            }
          ) { _, reason in ready.fail(reason) }
          try channel.pipeline.syncOperations.addHandler(ConnectionHandler(connection))
        }
      }
    do {
      switch address {
      case .tcp(let host, let port):
        _ = try await bootstrap.channelOption(.socketOption(.tcp_nodelay), value: 1)
          .connect(host: host, port: port).get()
      case .unix(let path): _ = try await bootstrap.connect(unixDomainSocketPath: path).get()
      }
    } catch {
      // A socket that never connected ends its connection, too; what the system says about it tells more.
      ready.fail(TransportError.closed)
      if case .connectTimeout = error as? ChannelError {
        throw .connectTimeout(address, milliseconds: settings.connectTimeoutMilliseconds)
      }
      throw .connectFailed(address, reason: reason(error))
    }
    do { return try await ready.futureResult.get() } catch { throw TransportError(error) }
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
