import CompactEncoding
import HypercoreCrypto
import ProtomuxRPC
import Synchronization
import TestSupport
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(1))) struct RPCTests {
  @Test func callsAreAnswered() async throws {
    let server = try await TestServer()
    var generator = SystemRandomNumberGenerator()
    let keyPair = KeyPair(using: &generator)
    let client = try await server.client(keyPair: keyPair)
    for count in [0, 1, 64, 100_000, 2 << 20] {
      let value = [UInt8](repeating: UInt8(truncatingIfNeeded: count), count: count)
      #expect(try await client.call("echo", value) == value)
    }
    #expect(try await client.call("large", []).count == 3 << 20)
    await #expect(throws: RPCError.unknownMethod("nope")) { try await client.call("nope", []) }
    await #expect(throws: RPCError.requestFailed(.init("no", code: "E", context: "c"))) {
      try await client.call("fail", [])
    }
    #expect(server.service.peers.withLock { $0 } == [keyPair.publicKey])
    #expect(await server.server.connectionCount() == 1)
    await server.stop()
  }

  @Test func pipelinedCallsComeAsBatches() async throws {
    let server = try await TestServer()
    let client = try await server.client()
    let count = 2_000
    let results = Mutex<[Int: [UInt8]]>([:])
    await withCheckedContinuation { continuation in
      client.call("echo", batch: (0..<count).map { [UInt8($0 & 255), UInt8($0 >> 8)] }) { index, result in
        let done = results.withLock { results in
          results[index] = (try? result.get()) ?? []
          return results.count == count
        }
        if done { continuation.resume() }
      }
    }
    let all = results.withLock { $0 }
    #expect(all.allSatisfy { $0.value == [UInt8($0.key & 255), UInt8($0.key >> 8)] })
    let batches = server.service.batches.withLock { $0 }
    #expect(batches.reduce(0, +) == count)
    #expect(batches.count < count / 10, "\(batches.count) batches")
    await server.stop()
  }

  @Test func deferredCallsAreAnsweredLater() async throws {
    let server = try await TestServer()
    let client = try await server.client()
    async let first = client.call("later", [1])
    async let second = client.call("later", [2])
    var calls: [RPCCall] = []
    while calls.count < 2 {
      try await Task.sleep(for: .milliseconds(2))
      calls = server.service.deferred.withLock { $0 }
    }
    #expect(try await client.call("echo", [3]) == [3])
    for call in calls { call.reply(.success([9] + call.request.value)) }
    #expect(try await first == [9, 1])
    #expect(try await second == [9, 2])
    await server.stop()
  }

  @Test func callsTimeOut() async throws {
    let server = try await TestServer()
    let client = try await server.client()
    await #expect(throws: RPCError.timeout(milliseconds: 30)) {
      try await client.call("later", [], timeoutMilliseconds: 30)
    }
    #expect(try await client.call("echo", [1]) == [1])
    await server.stop()
  }

  @Test func aLostConnectionFailsItsCalls() async throws {
    let server = try await TestServer()
    let closed = Mutex<TransportError?>(nil)
    let client = try await server.client { reason in closed.withLock { $0 = reason } }
    async let call = client.call("later", [])
    while server.service.deferred.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(2)) }
    await server.server.drain(timeoutMilliseconds: 0)
    do {
      _ = try await call
      Issue.record("answered")
    } catch { #expect(error as? RPCError == .closed) }
    await #expect(throws: RPCError.closed) { try await client.call("echo", []) }
    #expect(closed.withLock { $0 } == .closedByPeer)
    // Replies to nobody are harmless.
    await server.stop()
    for call in server.service.deferred.withLock({ $0 }) { call.reply(.success([])) }
    await #expect(throws: RPCError.closed) { try await client.call("echo", []) }
  }

  @Test func drainingAnswersWhatWasBegun() async throws {
    let server = try await TestServer()
    let client = try await server.client()
    let idle = try await server.client()
    async let call = client.call("later", [5])
    while server.service.deferred.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(2)) }
    async let drained: Void = server.server.drain(timeoutMilliseconds: 20_000)
    try await Task.sleep(for: .milliseconds(50))
    await #expect(throws: TransportError.self) { try await server.client() }
    await #expect(throws: RPCError.closed) { try await idle.call("echo", []) }
    for call in server.service.deferred.withLock({ $0 }) { call.reply(.success([6])) }
    #expect(try await call == [6])
    await drained
    #expect(await server.server.connectionCount() == 0)
    await server.stop()
  }

  @Test func aClientThatEndsWaitsForItsCalls() async throws {
    let server = try await TestServer()
    let client = try await server.client()
    async let call = client.call("later", [5])
    while server.service.deferred.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(2)) }
    client.end()
    await #expect(throws: RPCError.closed) { try await client.call("echo", []) }
    for call in server.service.deferred.withLock({ $0 }) { call.reply(.success([6])) }
    #expect(try await call == [6])
    while await server.server.connectionCount() > 0 { try await Task.sleep(for: .milliseconds(2)) }
    await server.stop()
  }

  @Test func onlyTheExpectedServerIsTalkedTo() async throws {
    let server = try await TestServer()
    let other = KeyPair(seed: Fixed32()).publicKey
    await #expect(
      throws: TransportError.secureStream(
        .unexpectedRemoteKey(expected: other, found: server.keyPair.publicKey))
    ) {
      try await RPCClient.connect(
        on: server.loop, to: server.address, serverKey: other, keyPair: KeyPair(seed: Fixed32()))
    }
    await server.stop()
  }

  @Test func peersCanBeRefused() async throws {
    var generator = SystemRandomNumberGenerator()
    let friend = KeyPair(using: &generator)
    let server = try await TestServer { settings in settings.admits = { $0.publicKey == friend.publicKey } }
    #expect(try await server.client(keyPair: friend).call("echo", [1]) == [1])
    // A stranger may get as far as a connection, but not to an answer.
    await #expect(throws: (any Error).self) {
      let client = try await server.client()
      _ = try await client.call("echo", [1])
    }
    #expect(server.service.peers.withLock { $0 } == [friend.publicKey])
    await server.stop()
  }

  @Test func secretsAreChecked() async throws {
    let secret = Fixed32 { $0.copyBytes(from: [UInt8](repeating: 3, count: 32)) }
    let server = try await TestServer { $0.capabilitySecret = secret }
    #expect(try await server.client(secret: secret).call("echo", [1]) == [1])
    for wrong in [nil, Fixed32()] as [Fixed32?] {
      let client = try await server.client(secret: wrong)
      await #expect(throws: RPCError.self) { try await client.call("echo", [1]) }
    }
    #expect(server.service.batches.withLock { $0.count } == 1)
    await server.stop()
  }

  @Test func unixSockets() async throws {
    let path = "/tmp/hypertools-test-\(UInt32.random(in: 0 ... .max)).sock"
    let first = try await TestServer(addresses: [.unix(path: path), .tcp(host: "127.0.0.1", port: 0)])
    #expect(try await first.client().call("echo", [1]) == [1])
    await #expect(throws: TransportError.listenFailed(.unix(path: path), reason: "another server listens there")) {
      try await TestServer(addresses: [.unix(path: path)])
    }
    #expect(try await first.client().call("echo", [2]) == [2])
    await first.server.drain(timeoutMilliseconds: 0)
    await #expect(throws: TransportError.self) { try await first.client() }
    await first.stop()
    let second = try await TestServer(addresses: [.unix(path: path)])
    #expect(try await second.client().call("echo", [1]) == [1])
    await second.stop()
  }

  @Test func addressesReadBack() {
    for text in ["127.0.0.1:80", "[::1]:0", "host.example:65535", "unix:/run/a.sock", "unix:a"] {
      #expect(TransportAddress(text)?.description == text)
    }
    for text in ["", ":1", "host", "host:", "host:65536", "::1:5", "[::1:5", "unix:", "a:-1"] {
      #expect(TransportAddress(text) == nil, "\(text)")
    }
    #expect(TransportAddress("./a.sock") == .unix(path: "./a.sock"))
    #expect(TransportAddress("127.0.0.9:1")?.isLocal == true && TransportAddress("10.0.0.1:1")?.isLocal == false)
  }
}
