import HypercoreCrypto
import ProtomuxRPC
import Transport

extension Row {
  /// Calls of a method that gives back what it got: server and client in one process, each on a thread of its own, over
  /// Noise and TCP on the loopback.
  static let calls = [
    calling("rpc-one", title: "RPC echo 64 B over Noise/TCP, sequential", window: 1, aim: 34_000, javascript: 34_000),
    calling(
      "rpc-window", title: "RPC echo 64 B over Noise/TCP, 64 in flight", window: 64, aim: 200_000,
      javascript: 61_000),
  ]

  private static func calling(
    _ name: String, title: String, window: Int, aim: Double, javascript: Double
  ) -> Row {
    Row(
      name: name, title: title, aim: .figure(aim), javascript: javascript,
      limit: "loopback TCP, frames of the same size, \(window) at a time"
    ) { workspace in
      let echo = try EchoConnection(window: window)
      // 64 bytes of value, 20 of the encrypted frame, and the message's type, id, method and length.
      let raw = try Loopback(messageSize: 96, window: window)
      return Pair(
        ours: { try echo.run(for: workspace.budget) },
        limit: { try repeated(for: workspace.budget, step: window) { try raw.exchange(window) } })
    }
  }
}

/// A client and a server that are connected.
private final class EchoConnection: RPCService, @unchecked Sendable {
  private let window: Int
  private let loops: [TransportLoop]
  private var server: RPCServer?
  private var client: RPCClient?
  private let value = [UInt8](repeating: 3, count: 64)
  private let gate = Gate()
  // What follows belongs to the client's event loop while a round runs.
  private var deadline = 0.0
  private var outstanding = 0
  private var answered = 0
  private var failure: RPCError?

  init(window: Int) throws {
    self.window = window
    loops = [TransportLoop(), TransportLoop()]
    var generator = SystemRandomNumberGenerator()
    let (serverKeys, clientKeys) = (KeyPair(using: &generator), KeyPair(using: &generator))
    let (server, client) = try blocking { [self] in
      let server = try await RPCServer.start(
        on: loops[0], addresses: [.tcp(host: "127.0.0.1", port: 0)], keyPair: serverKeys, service: self)
      let client = try await RPCClient.connect(
        on: loops[1], to: server.addresses[0], serverKey: serverKeys.publicKey, keyPair: clientKeys)
      return (server, client)
    }
    self.server = server
    self.client = client
  }

  func respond(to calls: [RPCCall]) -> [RPCOutcome] { calls.map { .value($0.request.value) } }

  /// Keeps `window` calls in flight until the time is over, then waits for the last answers.
  func run(for budget: Double) throws -> Sample {
    let start = now()
    deadline = start + budget
    answered = 0
    outstanding = window
    for _ in 0..<window { call() }
    gate.wait()
    if let failure { throw failure }
    return Sample(operations: Double(answered), seconds: now() - start)
  }

  private func call() {
    client?.call("echo", value) { [self] result in
      if case .failure(let error) = result { failure = error }
      answered += 1
      if failure == nil, now() < deadline { return call() }
      outstanding -= 1
      if outstanding == 0 { gate.open() }
    }
  }
}
