import CompactEncoding
import Glibc
import HypercoreCrypto
import Protomux
import ProtomuxRPC
import Synchronization
import TestSupport
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(1))) struct HostilePeerTests {
  /// The server still answers somebody who behaves.
  func expectAlive(_ server: TestServer) async throws {
    #expect(try await server.client().call("echo", [1]) == [1])
    await server.stop()
  }

  /// Speaks the handshake and gives the stream, as a client whose further bytes are up to the test.
  func handshake(_ socket: RawSocket, _ server: TestServer) throws -> SecureStream {
    var generator = SystemRandomNumberGenerator()
    var stream = SecureStream(
      role: .initiator, keyPair: KeyPair(using: &generator), expectedRemote: server.keyPair.publicKey,
      using: &generator)
    while !stream.isOpen {
      socket.write(stream.takeOutput())
      guard let bytes = socket.read(), !bytes.isEmpty else { throw TransportError.closedByPeer }
      stream.receive(bytes)
      _ = try stream.next()
    }
    return stream
  }

  @Test func silenceBeforeTheHandshake() async throws {
    let server = try await TestServer { $0.transport.handshakeTimeoutMilliseconds = 100 }
    let socket = try RawSocket(port: server.port)
    #expect(socket.waitForEnd())
    try await expectAlive(server)
  }

  @Test func halfAHandshake() async throws {
    let server = try await TestServer { $0.transport.handshakeTimeoutMilliseconds = 150 }
    let socket = try RawSocket(port: server.port)
    var generator = SystemRandomNumberGenerator()
    var stream = SecureStream(role: .initiator, keyPair: KeyPair(seed: Fixed32()), using: &generator)
    socket.write(stream.takeOutput())
    #expect(socket.read()?.isEmpty == false)
    // One byte at a time does not buy more time.
    for _ in 0..<20 where socket.write([0x40]) { usleep(20_000) }
    #expect(socket.waitForEnd())
    try await expectAlive(server)
  }

  @Test func garbage() async throws {
    let server = try await TestServer()
    var generator = SeededGenerator(seed: 11)
    for count in [3, 35, 1_000, 100_000] {
      let socket = try RawSocket(port: server.port)
      socket.write([32, 0, 0] + generator.bytes(32) + generator.bytes(count))
      #expect(socket.waitForEnd(), "\(count) bytes")
    }
    let http = try RawSocket(port: server.port)
    http.write(Array("GET / HTTP/1.1\r\n\r\n".utf8))
    #expect(http.waitForEnd())
    try await expectAlive(server)
  }

  @Test func hugeFrames() async throws {
    let server = try await TestServer { $0.transport.maximumFrameByteCount = 100_000 }
    let early = try RawSocket(port: server.port)
    early.write([0xff, 0xff, 0xff])
    #expect(early.waitForEnd())
    let late = try RawSocket(port: server.port)
    _ = try handshake(late, server)
    late.write([0xff, 0xff, 0xff])
    #expect(late.waitForEnd())
    try await expectAlive(server)
  }

  @Test func aLostHandshakeMidway() async throws {
    let server = try await TestServer()
    for _ in 0..<20 {
      let socket = try RawSocket(port: server.port)
      socket.write([32, 0, 0, 1, 2])
    }
    try await expectAlive(server)
  }

  @Test func malformedMuxerFrames() async throws {
    let server = try await TestServer()
    for frame in [[0, 1, 9, 1, 120, 0], [0, 2, 1], [0, 0, 1, 200], [0xff], [0, 0, 0, 1, 0]] as [[UInt8]] {
      let socket = try RawSocket(port: server.port)
      var stream = try handshake(socket, server)
      try stream.send(frame)
      socket.write(stream.takeOutput())
      #expect(socket.waitForEnd(), "\(frame)")
    }
    try await expectAlive(server)
  }

  @Test func unknownProtocolsAreRejected() async throws {
    let server = try await TestServer()
    let socket = try RawSocket(port: server.port)
    var stream = try handshake(socket, server)
    var mux = Protomux()
    let channel = try mux.open(PairKey("hypercore/alpha", [UInt8](repeating: 1, count: 32)))
    mux.drainFrames { try? stream.send($0) }
    socket.write(stream.takeOutput())
    var closed = false
    while !closed, let bytes = socket.read(), !bytes.isEmpty {
      stream.receive(bytes)
      while let message = try stream.next() { try mux.receive(message) }
      while let event = mux.nextEvent() { closed = closed || event == .closed(channel, isRemote: true) }
    }
    #expect(closed)
    try await expectAlive(server)
  }

  @Test func idlePeersAreDropped() async throws {
    let server = try await TestServer { $0.transport.idleTimeoutMilliseconds = 200 }
    let socket = try RawSocket(port: server.port)
    _ = try handshake(socket, server)
    // A peer that keeps the connection alive stays.
    var settings = TransportSettings()
    settings.keepAliveMilliseconds = 50
    let client = try await server.client(settings: settings)
    #expect(socket.waitForEnd())
    try await Task.sleep(for: .milliseconds(400))
    #expect(try await client.call("echo", [1]) == [1])
    try await expectAlive(server)
  }

  /// Asks for much and reads nothing: the server stops reading, keeps its memory, and drops the peer in the end.
  @Test func aPeerThatDoesNotRead() async throws {
    let server = try await TestServer { $0.transport.idleTimeoutMilliseconds = 500 }
    let socket = try RawSocket(port: server.port)
    var stream = try handshake(socket, server)
    var mux = Protomux()
    var endpoint = RPCEndpoint(
      channel: try mux.open(PairKey(ProtomuxRPC.protocolName, server.keyPair.publicKey.bytes)))
    for _ in 0..<40 {
      _ = try endpoint.call("large", [], on: &mux)
      mux.drainFrames { try? stream.send($0) }
      socket.write(stream.takeOutput())
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(server.service.batches.withLock { $0.reduce(0, +) } < 40)
    while await server.server.connectionCount() > 0 { try await Task.sleep(for: .milliseconds(20)) }
    try await expectAlive(server)
  }

  @Test func tooManyConnections() async throws {
    let server = try await TestServer { settings in
      settings.transport.maximumConnectionCount = 5
      settings.transport.maximumHandshakeCount = 3
    }
    let silent = try (0..<6).map { _ in try RawSocket(port: server.port) }
    try await Task.sleep(for: .milliseconds(100))
    #expect(await server.server.connectionCount() == 3)
    let refused = silent.filter { socket in
      var byte: UInt8 = 0
      return recv(socket.descriptor, &byte, 1, Int32(MSG_DONTWAIT)) == 0
    }
    #expect(refused.count == 3)
    withExtendedLifetime(silent) {}
    await server.stop()
  }

  @Test func noServer() async throws {
    let server = try await TestServer()
    let (address, key) = (server.address, server.keyPair)
    await server.server.drain(timeoutMilliseconds: 0)
    let loop = server.loop
    for address in [address, .unix(path: "/nonexistent/socket"), .tcp(host: "no such host.invalid", port: 1)] {
      do {
        _ = try await RPCClient.connect(on: loop, to: address, serverKey: key.publicKey, keyPair: key)
        Issue.record("connected to \(address)")
      } catch {
        guard case .connectFailed(address, let reason) = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(!reason.isEmpty)
      }
    }
    await loop.shutdown()
  }

  @Test func aSilentServer() async throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(listener, $0, length)
        _ = getsockname(listener, $0, &length)
      }
    }
    listen(listener, 5)
    let port = Int(in_port_t(bigEndian: address.sin_port))
    let loop = TransportLoop()
    var settings = TransportSettings()
    settings.handshakeTimeoutMilliseconds = 100
    let keyPair = KeyPair(seed: Fixed32())
    await #expect(throws: TransportError.handshakeTimeout(milliseconds: 100)) {
      try await RPCClient.connect(
        on: loop, to: .tcp(host: "127.0.0.1", port: port), serverKey: keyPair.publicKey, keyPair: keyPair,
        settings: settings)
    }
    await loop.shutdown()
  }
}
