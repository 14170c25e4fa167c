public import HypercoreCrypto
public import Logging
internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
internal import Glibc
#endif

/// Accepts connections on one or more addresses.
public final class Listener: @unchecked Sendable {
  /// Makes what runs over a connection; nil refuses the peer. Called on the event loop.
  public typealias MakeSession = @Sendable (Peer, Connection) -> (any ConnectionSession)?

  /// Where it listens, with the ports that the system chose.
  public let addresses: [TransportAddress]

  private let state: State

  private init(_ state: State, _ addresses: [TransportAddress]) {
    self.state = state
    self.addresses = addresses
  }

  /// Listens.
  ///
  /// - Parameters:
  ///   - keyPair: proves this side's key to peers.
  ///   - logger: told at debug level about connections, and at notice level about those refused for want of room.
  /// - Throws: `listenFailed` for the first address that cannot be used; nothing is listened on then.
  public static func start(
    on loop: TransportLoop, addresses: [TransportAddress], keyPair: KeyPair,
    settings: TransportSettings = TransportSettings(), logger: Logger = Logger(label: "transport"),
    makeSession: @escaping MakeSession
  ) async throws(TransportError) -> Listener {
    let state = State(
      eventLoop: loop.group.next(), keyPair: keyPair, settings: settings, logger: logger, makeSession: makeSession)
    var bound: [TransportAddress] = []
    for address in addresses {
      do {
        bound.append(try await state.bind(address))
      } catch {
        await state.close()
        throw .listenFailed(address, reason: TransportError.text(of: error))
      }
    }
    return Listener(state, bound)
  }

  /// Connections that are open now.
  public func connectionCount() async -> Int {
    (try? await state.eventLoop.submit { [state] in state.connections.count }.get()) ?? 0
  }

  /// Accepts no more connections, lets every session finish what it has begun, and closes all connections that are open
  /// after the time.
  public func drain(timeoutMilliseconds: UInt64) async {
    await state.close()
    let done = state.eventLoop.makePromise(of: Void.self)
    state.eventLoop.execute { [state] in state.drain(timeoutMilliseconds, done) }
    try? await done.futureResult.get()
  }

  /// Accepts no more connections and closes all that are open.
  public func close() async { await drain(timeoutMilliseconds: 0) }
}

extension Listener {
  /// What belongs to the event loop.
  final class State: @unchecked Sendable {
    let eventLoop: any EventLoop
    private let keyPair: KeyPair
    private let settings: TransportSettings
    private let logger: Logger
    private let makeSession: MakeSession
    private let budget = ConnectionBudget()
    private var servers: [any NIOCore.Channel] = []
    private var paths: [String] = []
    private var isListening = true
    private(set) var connections: [ObjectIdentifier: Connection] = [:]
    private var drained: EventLoopPromise<Void>?
    private var generator = SystemRandomNumberGenerator()

    init(
      eventLoop: any EventLoop, keyPair: KeyPair, settings: TransportSettings, logger: Logger,
      makeSession: @escaping MakeSession
    ) {
      self.eventLoop = eventLoop
      self.keyPair = keyPair
      self.settings = settings
      self.logger = logger
      self.makeSession = makeSession
    }

    /// Listens on one address and returns it with the port in use.
    func bind(_ address: TransportAddress) async throws -> TransportAddress {
      let bootstrap = ServerBootstrap(group: eventLoop)
        .serverChannelOption(.backlog, value: 512)
        .childChannelInitializer { [self] channel in
          channel.eventLoop.makeCompletedFuture { try accept(channel, at: address) }
        }
      let server: any NIOCore.Channel
      switch address {
      case .tcp(let host, let port):
        server =
          try await bootstrap
          .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
          .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
          .bind(host: host, port: port).get()
      case .unix(let path):
        try await removeStaleSocket(path)
        server = try await bootstrap.bind(unixDomainSocketPath: path).get()
        chmod(path, 0o600)
      }
      try await eventLoop.submit { [self] in
        servers.append(server)
        if case .unix(let path) = address { paths.append(path) }
      }.get()
      if case .tcp(let host, _) = address, let port = server.localAddress?.port { return .tcp(host: host, port: port) }
      return address
    }

    /// Removes the socket file of a server that is gone; refuses to take over one that answers.
    private func removeStaleSocket(_ path: String) async throws {
      var status = stat()
      guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
      let answer = try? await ClientBootstrap(group: eventLoop).connect(unixDomainSocketPath: path).get()
      if let answer {
        try? await answer.close()
        throw TransportError.system("another server listens there")
      }
      unlink(path)
    }

    /// Takes on a connection, or closes it when there is no room.
    private func accept(_ channel: any NIOCore.Channel, at address: TransportAddress) throws {
      let remote: TransportAddress
      if case .unix = address { remote = address } else { remote = TransportAddress(channel.remoteAddress) }
      guard isListening,
        budget.connectionCount < settings.maximumConnectionCount,
        budget.handshakeCount < settings.maximumHandshakeCount
      else {
        logger.notice("connection refused: too many", metadata: ["remote": "\(remote)"])
        channel.close(promise: nil)
        return
      }
      let stream = SecureStream(
        role: .responder, keyPair: keyPair, maximumFrameCount: settings.maximumFrameByteCount, using: &generator)
      let connection = Connection(
        channel: channel, address: remote, stream: stream, settings: settings, budget: budget,
        makeSession: makeSession
      ) { [self] connection, reason in ended(connection, reason) }
      connections[ObjectIdentifier(connection)] = connection
      logger.debug("connection accepted", metadata: ["remote": "\(remote)"])
      try channel.pipeline.syncOperations.addHandler(ConnectionHandler(connection))
    }

    private func ended(_ connection: Connection, _ reason: TransportError) {
      connections[ObjectIdentifier(connection)] = nil
      logger.debug(
        "connection ended", metadata: ["remote": "\(connection.address)", "reason": "\(reason)"])
      if connections.isEmpty { finishDrain() }
    }

    /// Stops listening.
    func close() async {
      let open = try? await eventLoop.submit { [self] in
        isListening = false
        defer { (servers, paths) = ([], []) }
        return (servers: servers, paths: paths)
      }.get()
      for server in open?.servers ?? [] { try? await server.close() }
      for path in open?.paths ?? [] { unlink(path) }
    }

    func drain(_ timeoutMilliseconds: UInt64, _ done: EventLoopPromise<Void>) {
      guard !connections.isEmpty else { return done.succeed() }
      drained = done
      for connection in connections.values {
        if let session = connection.session, timeoutMilliseconds > 0 {
          session.drain(on: connection)
        } else {
          connection.close()
        }
      }
      guard !connections.isEmpty else { return }
      let time = Int64(clamping: timeoutMilliseconds)
      eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(min(time, 1 << 40))) { [self] in
        for connection in connections.values { connection.close() }
      }
    }

    private func finishDrain() {
      drained?.succeed()
      drained = nil
    }
  }
}
