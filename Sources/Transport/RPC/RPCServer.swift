public import CompactEncoding
public import HypercoreCrypto
public import Logging

/// What an RPC server accepts.
public struct RPCServerSettings: Sendable {
  /// The ids of the channels it answers on; the reference's clients use the server's public key.
  public var channelIdentifiers: [[UInt8]]
  /// A secret that callers must prove to know; nil for none.
  public var capabilitySecret: Fixed32?
  /// Calls of one connection that may wait for a deferred outcome before no more is read from it.
  public var maximumDeferredCount = 1_024
  /// Times and limits of connections.
  public var transport = TransportSettings()
  /// Whether a peer may connect at all.
  public var admits: @Sendable (Peer) -> Bool = { _ in true }
  /// Called on the event loop when a peer that was admitted is connected.
  public var onOpen: (@Sendable (Peer) -> Void)?
  /// Called on the event loop when its connection is gone.
  public var onClose: (@Sendable (Peer, TransportError) -> Void)?

  /// A server for channels named by its public key, or by nothing.
  public init(publicKey: Fixed32) { channelIdentifiers = [publicKey.bytes, []] }
}

/// What else runs over a connection besides calls. Called on the event loop.
public typealias MakeParts = @Sendable (Peer, Connection) -> [any ConnectionPart]

/// Answers calls over secure connections, and carries what else runs over them.
public final class RPCServer: Sendable {
  private let listener: Listener
  private let makeSession: @Sendable (Peer, Connection) -> (any ConnectionSession)?

  private init(_ listener: Listener, _ makeSession: @escaping @Sendable (Peer, Connection) -> (any ConnectionSession)?)
  {
    self.listener = listener
    self.makeSession = makeSession
  }

  /// Starts to listen.
  ///
  /// - Parameters:
  ///   - service: answers; kept as long as the server.
  ///   - peers: decides which of several connections with one of its peers stays.
  ///   - parts: makes what shares each connection with the calls.
  /// - Throws: `listenFailed` for the first address that cannot be used.
  public static func start(
    on loop: TransportLoop, addresses: [TransportAddress], keyPair: KeyPair, service: any RPCService,
    settings: RPCServerSettings? = nil, logger: Logger = Logger(label: "rpc"), peers: PeerKeeper? = nil,
    parts: @escaping MakeParts = { _, _ in [] }
  ) async throws(TransportError) -> RPCServer {
    let settings = settings ?? RPCServerSettings(publicKey: keyPair.publicKey)
    let dispatcher = RPCDispatcher(service: service)
    let makeSession: Listener.MakeSession = { peer, connection in
      guard settings.admits(peer) else { return nil }
      let calls = RPCServerPart(connection, peer: peer, settings: settings, dispatcher: dispatcher)
      return ConnectionRouter([calls] + parts(peer, connection))
    }
    let listener = try await Listener.start(
      on: loop, addresses: addresses, keyPair: keyPair, settings: settings.transport, logger: logger
    ) { peer, connection in
      peers?.admits(connection, with: peer) == false ? nil : makeSession(peer, connection)
    }
    return RPCServer(listener, makeSession)
  }

  /// The session of a connection that this side started, so that the other side can call back over it: answers calls,
  /// and carries the parts, as if the other side had connected. Nil when the peer is not admitted.
  public func session(with peer: Peer, on connection: Connection) -> (any ConnectionSession)? {
    makeSession(peer, connection)
  }

  /// Where it listens, with the ports that the system chose.
  public var addresses: [TransportAddress] { listener.addresses }

  /// Connections that are open now.
  public func connectionCount() async -> Int { await listener.connectionCount() }

  /// Accepts no more connections and no more calls, answers those that were begun, and closes all connections, at the
  /// latest after the time.
  public func drain(timeoutMilliseconds: UInt64) async {
    await listener.drain(timeoutMilliseconds: timeoutMilliseconds)
  }
}
