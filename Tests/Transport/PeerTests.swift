import CompactEncoding
import HypercoreCrypto
import Protomux
import ProtomuxRPC
import Synchronization
import TestSupport
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(1))) struct PeerTests {
  // MARK: When to connect

  @Test func waitsDoubleUpToALimitAndDiffer() {
    var generator = SeededGenerator(seed: 1)
    var backoff = Backoff()
    var waits: [UInt64] = []
    for full in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000] as [UInt64] {
      let wait = backoff.fail(using: &generator)
      #expect((full / 2...full).contains(wait))
      waits.append(wait)
    }
    #expect(Set(waits).count == waits.count)
    for _ in 0..<100 { #expect(backoff.fail(using: &generator) <= 30_000) }
    backoff.reset()
    #expect(backoff.fail(using: &generator) <= 1_000)
  }

  @Test func onlyAStableConnectionStartsOver() {
    var generator = SeededGenerator(seed: 2)
    var schedule = PeerSchedule()
    #expect(schedule.nextDeadline == nil)
    schedule.start(at: 100, using: &generator)
    var now = (schedule.nextDeadline ?? 0) + 1
    #expect(now <= 351)
    // Connections that end at once count as failures.
    for _ in 0..<10 {
      let isDue = [schedule.dials(at: 99), schedule.dials(at: now), schedule.dials(at: now)]
      #expect(isDue == [false, true, false])
      schedule.connected(at: now)
      schedule.connected(at: now)
      #expect(schedule.nextDeadline == nil)
      schedule.ended(.closedByPeer, at: now + 5, using: &generator)
      now = schedule.nextDeadline ?? 0
    }
    #expect(schedule.backoff.failureCount == 10)
    #expect(schedule.connectionCount == 10)
    let isDue = schedule.dials(at: now)
    #expect(isDue)
    schedule.connected(at: now)
    schedule.ended(.closedByPeer, at: now + 10_000, using: &generator)
    #expect(schedule.backoff.failureCount == 1)
    schedule.stop()
    #expect(schedule.nextDeadline == nil)
  }

  // MARK: Nodes

  /// A node that serves calls and keeps its connections to others.
  final class Node: Sendable {
    let server: RPCServer
    let service = TestService()
    let keyPair: KeyPair
    let keeper: PeerKeeper
    let opened = Mutex(0)

    init(
      _ loop: TransportLoop, _ keyPair: KeyPair, port: Int = 0, peers: [PeerAddress]
    )
      async throws
    {
      self.keyPair = keyPair
      let keeper = PeerKeeper(
        on: loop, keyPair: keyPair, peers: peers, backoff: Backoff(firstMilliseconds: 40, limitMilliseconds: 100))
      self.keeper = keeper
      server = try await RPCServer.start(
        on: loop, addresses: [.tcp(host: "127.0.0.1", port: port)], keyPair: keyPair, service: service, peers: keeper)
    }

    func start() {
      let server = server
      keeper.start { peer, connection in server.session(with: peer, on: connection) }
    }

    var port: Int { if case .tcp(_, let port) = server.addresses[0] { port } else { 0 } }
    var peer: PeerAddress { PeerAddress(publicKey: keyPair.publicKey, address: server.addresses[0]) }

    func stop() async {
      await keeper.drain(timeoutMilliseconds: 100)
      await server.drain(timeoutMilliseconds: 0)
    }
  }

  func waitUntil(_ body: () async -> Bool) async throws {
    for _ in 0..<2_000 {
      if await body() { return }
      try await Task.sleep(for: .milliseconds(2))
    }
    Issue.record("nothing happened within four seconds")
  }

  func isConnected(_ node: Node) async -> Bool {
    await node.keeper.status().allSatisfy { if case .connected = $0.state { true } else { false } }
  }

  /// A port that is free now, and where a node will listen later.
  func freePort(_ loop: TransportLoop) async throws -> Int {
    let node = try await Node(loop, KeyPair(seed: Fixed32()), peers: [])
    let port = node.port
    await node.stop()
    return port
  }

  @Test func twoNodesThatCallEachOtherKeepOneConnection() async throws {
    let loops = [TransportLoop(), TransportLoop()]
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<5 {
      let keys = [KeyPair(using: &generator), KeyPair(using: &generator)]
      let port = try await freePort(loops[1])
      let first = try await Node(
        loops[0], keys[0],
        peers: [PeerAddress(publicKey: keys[1].publicKey, address: .tcp(host: "127.0.0.1", port: port))])
      let second = try await Node(loops[1], keys[1], port: port, peers: [first.peer])
      first.start()
      second.start()
      try await waitUntil { await isConnected(first) ? await isConnected(second) : false }
      // Longer than the longest wait: nothing is made again.
      try await Task.sleep(for: .milliseconds(150))
      #expect(await isConnected(first))
      #expect(await isConnected(second))
      let counts = [await first.server.connectionCount(), await second.server.connectionCount()]
      #expect(counts.reduce(0, +) == 1, "incoming connections \(counts)")
      await first.stop()
      await second.stop()
    }
    for loop in loops { await loop.shutdown() }
  }

  @Test func aLostPeerIsFoundAgain() async throws {
    let loops = [TransportLoop(), TransportLoop()]
    var generator = SystemRandomNumberGenerator()
    let keys = [KeyPair(using: &generator), KeyPair(using: &generator)]
    let port = try await freePort(loops[1])
    let address = PeerAddress(publicKey: keys[1].publicKey, address: .tcp(host: "127.0.0.1", port: port))
    let first = try await Node(loops[0], keys[0], peers: [address, address])
    first.start()
    try await waitUntil {
      if case .waiting(_, .connectFailed?) = await first.keeper.status()[0].state { true } else { false }
    }
    let status = await first.keeper.status()
    #expect(status.count == 1)
    #expect(status[0].description.contains("connection refused") || status[0].description == "connecting")
    for round in 1...3 {
      let second = try await Node(loops[1], keys[1], port: port, peers: [])
      try await waitUntil { await isConnected(first) }
      #expect(await first.keeper.status()[0].connectionCount == round)
      await second.stop()
      try await waitUntil { await !isConnected(first) }
    }
    await first.stop()
    #expect(await first.keeper.status()[0].state == .stopped)
    for loop in loops { await loop.shutdown() }
  }

  /// A channel of its own on a connection, which greets.
  final class Greeter: ConnectionPart {
    static let key = PairKey("greeting")
    let heard: @Sendable ([UInt8]) -> Void
    var channel: MuxChannel?

    init(_ connection: Connection, heard: @escaping @Sendable ([UInt8]) -> Void) {
      self.heard = heard
      if connection.role == .initiator { open(connection) }
    }

    func open(_ connection: Connection) {
      channel = try? connection.mux.open(Self.key)
      if let channel { try? connection.mux.send([1, 2, 3], type: 0, on: channel) }
    }

    func answer(_ key: PairKey, on connection: Connection) -> Bool {
      guard key == Self.key else { return false }
      open(connection)
      return true
    }

    func owns(_ channel: MuxChannel) -> Bool { self.channel == channel }

    func handle(_ event: MuxEvent, on connection: Connection) {
      if case .message(_, _, let payload) = event { heard(Array(payload)) }
      if case .closed = event { channel = nil }
    }

    func closed(_ reason: TransportError) { channel = nil }
  }

  @Test func oneConnectionCarriesCallsInBothDirectionsAndMore() async throws {
    let loops = [TransportLoop(), TransportLoop()]
    var generator = SystemRandomNumberGenerator()
    let keys = [KeyPair(using: &generator), KeyPair(using: &generator)]
    let heard = Mutex<[[UInt8]]>([])
    let parts: MakeParts = { _, connection in
      [Greeter(connection) { bytes in heard.withLock { $0.append(bytes) } }]
    }
    let services = [TestService(), TestService()]
    let back = Mutex<RPCClient?>(nil)
    let far = try await RPCServer.start(
      on: loops[1], addresses: [.tcp(host: "127.0.0.1", port: 0)], keyPair: keys[1], service: services[1]
    ) { peer, connection in
      let (client, part) = RPCClient.share(connection, serverKey: peer.publicKey)
      back.withLock { $0 = client }
      return [part] + parts(peer, connection)
    }
    let near = try await RPCServer.start(
      on: loops[0], addresses: [.tcp(host: "127.0.0.1", port: 0)], keyPair: keys[0], service: services[0], parts: parts)
    let keeper = PeerKeeper(
      on: loops[0], keyPair: keys[0],
      peers: [PeerAddress(publicKey: keys[1].publicKey, address: far.addresses[0])])
    let forth = Mutex<RPCClient?>(nil)
    keeper.start { peer, connection in
      let (client, part) = RPCClient.share(connection, serverKey: peer.publicKey)
      forth.withLock { $0 = client }
      guard let router = near.session(with: peer, on: connection) as? ConnectionRouter else { return nil }
      return ConnectionRouter(router.parts + [part])
    }
    try await waitUntil { forth.withLock { $0 != nil } && back.withLock { $0 != nil } }
    for client in [forth.withLock { $0 }, back.withLock { $0 }] {
      let client = try #require(client)
      #expect(try await client.call("echo", [5]) == [5])
    }
    try await waitUntil { heard.withLock { $0 } == [[1, 2, 3], [1, 2, 3]] }
    #expect(await far.connectionCount() == 1)
    // Draining waits for what was begun on either side.
    async let answer = forth.withLock { $0 }?.call("later", [7])
    try await waitUntil { services[1].deferred.withLock { $0.count } == 1 }
    async let drained: Void = far.drain(timeoutMilliseconds: 20_000)
    try await Task.sleep(for: .milliseconds(30))
    for call in services[1].deferred.withLock({ $0 }) { call.reply(.success([8])) }
    #expect(try await answer == [8])
    await drained
    await keeper.drain(timeoutMilliseconds: 0)
    await near.drain(timeoutMilliseconds: 0)
    for loop in loops { await loop.shutdown() }
  }
}
