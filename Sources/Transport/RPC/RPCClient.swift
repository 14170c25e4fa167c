public import CompactEncoding
public import HypercoreCrypto
public import ProtomuxRPC

/// Calls the methods of one server over one connection.
public final class RPCClient: Sendable {
  private let connection: Connection
  private let part: RPCClientPart

  private init(_ connection: Connection, _ part: RPCClientPart) {
    self.connection = connection
    self.part = part
  }

  /// Calls over a connection that others use, too. Called on the event loop, when the connection's session is made.
  ///
  /// - Returns: the client, and its part of the session.
  public static func share(
    _ connection: Connection, serverKey: Fixed32, channelIdentifier: [UInt8]? = nil, capabilitySecret: Fixed32? = nil
  ) -> (RPCClient, any ConnectionPart) {
    let part = RPCClientPart(
      connection, identifier: channelIdentifier ?? serverKey.bytes, secret: capabilitySecret, ownsConnection: false)
    return (RPCClient(connection, part), part)
  }

  /// Connects to a server and proves both keys.
  ///
  /// - Parameters:
  ///   - serverKey: the only key that is accepted of the other side.
  ///   - channelIdentifier: the id of the RPC channel; the server's key when nil.
  ///   - capabilitySecret: what the server wants to be known; nil for nothing.
  ///   - onClose: called on the event loop when the connection is gone.
  /// - Throws: why there is no connection.
  public static func connect(
    on loop: TransportLoop, to address: TransportAddress, serverKey: Fixed32, keyPair: KeyPair,
    settings: TransportSettings = TransportSettings(), channelIdentifier: [UInt8]? = nil,
    capabilitySecret: Fixed32? = nil, onClose: (@Sendable (TransportError) -> Void)? = nil
  ) async throws(TransportError) -> RPCClient {
    let (connection, router) = try await Connector.connect(
      on: loop, to: address, serverKey: serverKey, keyPair: keyPair, settings: settings
    ) { _, connection in
      let part = RPCClientPart(
        connection, identifier: channelIdentifier ?? serverKey.bytes, secret: capabilitySecret, ownsConnection: true)
      part.onClose = onClose
      return ConnectionRouter([part])
    }
    guard let part = router.parts.first as? RPCClientPart else { preconditionFailure("a router keeps its parts") }
    return RPCClient(connection, part)
  }

  /// Calls a method.
  ///
  /// - Throws: what the server says, `timeoutExceeded`, or `channelClosed`.
  public func call(
    _ method: String, _ value: [UInt8], timeoutMilliseconds: UInt64? = 10_000
  ) async throws(RPCError) -> [UInt8] {
    let result: Result<[UInt8], RPCError> = await withCheckedContinuation { continuation in
      call(method, value, timeoutMilliseconds: timeoutMilliseconds) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// Calls a method and has `completion` called on the event loop, where it may call again: then no thread is changed.
  /// Calls that are made together are sent together.
  public func call(
    _ method: String, _ value: [UInt8], timeoutMilliseconds: UInt64? = 10_000,
    completion: @escaping @Sendable (Result<[UInt8], RPCError>) -> Void
  ) {
    connection.execute { [part] connection in
      part.call(method, value, timeoutMilliseconds: timeoutMilliseconds, on: connection, completion)
    }
  }

  /// Makes many calls of one method in one go; `completion` gets the index of the call that finished.
  public func call(
    _ method: String, batch values: [[UInt8]], timeoutMilliseconds: UInt64? = 10_000,
    completion: @escaping @Sendable (Int, Result<[UInt8], RPCError>) -> Void
  ) {
    connection.execute { [part] connection in
      for (index, value) in values.enumerated() {
        part.call(method, value, timeoutMilliseconds: timeoutMilliseconds, on: connection) { result in
          completion(index, result)
        }
      }
    }
  }

  /// Calls a method without waiting for an answer; there will be none.
  public func notify(_ method: String, _ value: [UInt8]) {
    connection.execute { [part] connection in part.notify(method, value, on: connection) }
  }

  /// Closes the connection once all calls have finished.
  public func end() {
    connection.execute { [part] connection in part.end(on: connection) }
  }

  /// Closes the connection; calls that did not finish fail with `channelClosed`.
  public func close() {
    connection.execute { connection in connection.close() }
  }
}
