import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import Protomux
import TestSupport
import Testing

@testable import Replication

/// A peer that knows the key and sends whatever it likes.
private struct Attacker {
  let node: TestNode
  let line: TestLine
  var mux = Protomux()
  let channel: MuxChannel

  init(_ node: TestNode) throws {
    self.node = node
    line = TestLine(node)
    let hash = [UInt8](repeating: 5, count: 64)
    line.peer = try node.replicator.open(on: line.carrier, role: .responder, handshakeHash: hash)
    let capability = ReplicationCapability.make(.initiator, coreKey: node.log.key, handshakeHash: hash)
    channel = try mux.open(
      node.replicator.pairKey, handshake: HandshakeMessage(capability: capability).encoded())
    exchange()
  }

  mutating func send(_ type: MessageType, _ message: some CompactEncodable) { send(type, message.encoded()) }

  mutating func send(_ type: MessageType, _ bytes: [UInt8]) { try? mux.send(bytes, type: type.rawValue, on: channel) }

  /// Delivers what was sent and returns what comes back.
  @discardableResult
  mutating func exchange(now: UInt64 = 0) -> [Transcript.Message] {
    line.incoming += mux.takeFrames()
    line.receive(.max, now: now)
    return answers()
  }

  func answers() -> [Transcript.Message] {
    line.carrier.mux.takeFrames().flatMap { (try? WireDecoder.messages(of: $0)) ?? [] }
  }
}

@Suite struct HostileTests {
  private func server(_ blocks: Int = 100) throws -> TestNode {
    let node = try TestNode(testKeyPair(7))
    try node.append(testBlocks(0..<blocks))
    return node
  }

  private func reader() throws -> TestNode {
    let node = try TestNode(nil, key: Manifest(publicKey: testKeyPair(7).publicKey).key)
    node.replicator.downloadPolicy = .everything
    return node
  }

  @Test func whoDoesNotKnowTheKeyIsToldNothing() throws {
    let node = try server()
    let line = TestLine(node)
    line.peer = try node.replicator.open(
      on: line.carrier, role: .responder, handshakeHash: [UInt8](repeating: 5, count: 64))
    var mux = Protomux()
    _ = try mux.open(node.replicator.pairKey, handshake: HandshakeMessage(capability: Fixed32()).encoded())
    line.incoming += mux.takeFrames()
    line.receive(.max, now: 0)
    #expect(line.error != nil)
    let sent = try line.carrier.mux.takeFrames().flatMap { try WireDecoder.messages(of: $0) }
    #expect(sent.allSatisfy { if case .open = $0.kind { true } else { false } })
  }

  /// Numbers as large as they get, in every field of every message, towards either role.
  @Test func absurdNumbers() throws {
    let numbers: [UInt64] = [0, 1, 31, 32, 1 << 21, 1 << 32, 1 << 40, maximumSafeInteger - 1, maximumSafeInteger]
    for node in [try server(), try reader()] {
      var attacker = try Attacker(node)
      for a in numbers {
        for b in numbers {
          attacker.send(.range, RangeMessage(start: a, length: b))
          attacker.send(.range, RangeMessage(drop: true, start: a, length: b))
          attacker.send(.want, WantMessage(start: a, length: b))
          attacker.send(.want, WantMessage(start: a, length: b, any: true))
          attacker.send(.unwant, WantMessage(start: a, length: b))
          attacker.send(.bitfield, BitfieldMessage(start: a, words: [UInt32](repeating: .max, count: Int(b % 100))))
          attacker.send(.sync, SyncMessage(fork: 0, length: a, remoteLength: b, canUpgrade: true))
          attacker.send(.cancel, CancelMessage(request: a))
          attacker.send(.noData, NoDataMessage(request: a, reason: .init(rawValue: b)))
          for request in [
            ProofRequest(block: .init(index: a, nodes: b)), ProofRequest(hash: .init(index: a, nodes: b)),
            ProofRequest(upgrade: .init(start: a, length: b)),
            ProofRequest(seek: .init(bytes: a, padding: b), upgrade: .init(start: 0, length: 1)),
            ProofRequest(block: .init(index: 0, nodes: 0), seek: .init(bytes: a, padding: b)),
          ] {
            attacker.send(.request, RequestMessage(id: a, fork: 0, request: request, priority: b))
          }
          attacker.exchange()
        }
      }
      attacker.send(.sync, SyncMessage(fork: maximumSafeInteger, length: maximumSafeInteger, canUpgrade: true))
      attacker.exchange()
      #expect(node.replicator.status.waits.count < 10)
      #expect(attacker.line.peer?.have.bits.pages.count ?? 0 <= 2_048)
      #expect(node.log.length == 100 || node.log.length == 0)
    }
  }

  /// A writer may sign a log of 2^50 blocks that has no block: a few numbers say so. Nothing goes through its pages one
  /// after the other, and nobody is asked about all of them.
  @Test func endlessLog() throws {
    let keyPair = testKeyPair(7)
    let length: UInt64 = 1 << 50
    let root = TreeNode(index: length - 1, size: length, hash: Fixed32())
    let tree = try MerkleTree(roots: [root], length: length, fork: 0)
    let signature = try Verifier(manifest: Manifest(publicKey: keyPair.publicKey)).sign(tree, with: keyPair)
    let proof = Proof(
      fork: 0, upgrade: .init(start: 0, length: length, nodes: [root], signature: signature),
      manifest: Manifest(publicKey: keyPair.publicKey))
    for hasSome in [false, true] {
      let node = try reader()
      var attacker = try Attacker(node)
      attacker.send(.sync, SyncMessage(length: length, canUpgrade: true))
      attacker.exchange()
      attacker.send(.data, DataMessage(request: 1, proof: proof))
      if hasSome { attacker.send(.range, RangeMessage(start: length - 5, length: 2)) }
      var wants = attacker.exchange().count { $0.kind == .message(.want) }
      #expect(node.log.length == length)
      for _ in 0..<10 {
        attacker.send(.range, RangeMessage(start: 1 << 40, length: 1))
        attacker.send(.want, WantMessage(start: 0, length: length, any: true))
        wants += attacker.exchange().count { $0.kind == .message(.want) }
      }
      #expect(wants > 0 && wants <= LocalWants.limit)
    }
  }

  /// A peer that says it has a newer head and does not send it does not hold up the others.
  @Test func promisedHead() throws {
    let network = TestNetwork(seed: 5)
    let writer = network.add(try server(20))
    let reader = network.add(try reader())
    var attacker = try Attacker(reader)
    attacker.send(.sync, SyncMessage(length: 30, canUpgrade: true))
    #expect(attacker.exchange().contains { $0.kind == .message(.request) })
    #expect(reader.replicator.status.waits == [.upgrade(length: 30, peer: 1)])
    try network.connect(writer, reader)
    try network.run(milliseconds: 60_000)
    #expect(try reader.equals(writer))
  }

  /// A peer that says it has a higher fork and does not prove it does not hold up the others.
  @Test func promisedFork() throws {
    let network = TestNetwork(seed: 6)
    let writer = network.add(try server(20))
    let reader = network.add(try reader())
    var attacker = try Attacker(reader)
    attacker.send(.sync, SyncMessage(fork: 1 << 40, length: 30, canUpgrade: true))
    #expect(attacker.exchange().contains { $0.kind == .message(.request) })
    try network.connect(writer, reader)
    try network.run()
    #expect(try reader.equals(writer), "an upgrade does not wait for a fork")
    #expect(reader.replicator.status.waits == [.reorg(fork: 1 << 40, peer: 1)])
    try writer.truncate(to: 5)
    try writer.append(testBlocks(0..<3, "fork"))
    try network.run(milliseconds: 100_000)
    #expect(try reader.equals(writer))
    #expect(reader.replicator.status.waits.isEmpty)
  }

  /// Requests that make no sense are refused ever later, and the 64th ends the connection.
  @Test func invalidRequests() throws {
    let node = try server()
    var attacker = try Attacker(node)
    var refusals = 0
    var now: UInt64 = 0
    while attacker.line.error == nil, refusals < 1_000 {
      attacker.send(.request, RequestMessage(id: 1, fork: 0, request: .init(upgrade: .init(start: 90, length: 50))))
      #expect(attacker.exchange(now: now).allSatisfy { $0.kind != .message(.noData) })
      guard attacker.line.error == nil else { break }
      if let deadline = node.replicator.nextDeadline {
        #expect(deadline >= now + 200 && deadline <= now + 5_000)
        now = deadline
        node.replicator.expire(at: now)
        #expect(attacker.answers().contains { $0.kind == .message(.noData) })
      }
      refusals += 1
    }
    #expect(refusals == node.replicator.settings.maximumInvalidRequests)
  }

  /// A peer that asks and does not read makes nothing grow, and ends itself.
  @Test func floods() throws {
    let node = try server()
    var attacker = try Attacker(node)
    attacker.line.carrier.isWritable = false
    var sent = 0
    while attacker.line.error == nil, sent < 100_000 {
      for _ in 0..<1_000 {
        attacker.send(
          .request, RequestMessage(id: UInt64(sent + 1), fork: 0, request: .init(block: .init(index: 1, nodes: 0))))
        sent += 1
      }
      attacker.exchange()
      #expect(attacker.line.carrier.mux.queuedByteCount < 1_000)
    }
    #expect(sent <= node.replicator.settings.maximumQueuedRequests + 1_000)
  }

  /// Requests are answered in pieces as the carrier takes them.
  @Test func slowReader() throws {
    let node = try TestNode(testKeyPair(7))
    try node.append((0..<100).map { _ in [UInt8](repeating: 1, count: 1 << 20) })
    var attacker = try Attacker(node)
    for index in 0..<100 {
      attacker.send(
        .request,
        RequestMessage(id: UInt64(index + 1), fork: 0, request: .init(block: .init(index: UInt64(index), nodes: 0))))
    }
    attacker.send(.cancel, CancelMessage(request: 50))
    var answers = 0
    attacker.line.incoming += attacker.mux.takeFrames()
    attacker.line.receive(.max, now: 0)
    while true {
      #expect(attacker.line.carrier.mux.queuedByteCount < 6 << 20)
      let found = attacker.answers().count { $0.kind == .message(.data) }
      if found == 0 { break }
      answers += found
      node.replicator.flush()
    }
    #expect(answers == 99)
  }

  /// Whatever a reader is sent, what it stores is the log.
  @Test(arguments: liveSeeds) func mangledFrames(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let writer = network.add(try server(60))
    let reader = network.add(try reader())
    try network.connect(writer, reader)
    network.mangle = { _, frame in
      guard Int.random(in: 0..<6, using: &network.random) == 0, !frame.isEmpty else { return }
      let position = Int.random(in: 0..<frame.count, using: &network.random)
      frame[position] ^= 1 << UInt8.random(in: 0..<8, using: &network.random)
    }
    for round in 0..<5 {
      try network.run(limit: 20_000, milliseconds: 10_000)
      if round == 2 { try writer.truncate(to: 30) }
      try writer.append(testBlocks(0..<3, "round \(round)"))
      if reader.replicator.peers.isEmpty { try network.connect(writer, reader) }
    }
    network.mangle = nil
    for line in network.lines { line.hangUp() }
    for index in 0..<reader.log.length {
      if let block = try reader.log.get(index), reader.log.fork == writer.log.fork {
        #expect(try block == writer.log.get(index))
      }
    }
    #expect(!reader.log.isFrozen)
    try network.connect(writer, reader)
    try network.run()
    #expect(try reader.equals(writer))
  }

  /// Every byte of every message changed: nothing traps, and only decoding errors come out.
  @Test func everyByte() throws {
    let samples: [(MessageType, [UInt8])] = [
      (.sync, SyncMessage(fork: 0, length: 300, remoteLength: 3, canUpgrade: true).encoded()),
      (
        .request,
        RequestMessage(
          id: 1, fork: 0, request: .init(block: .init(index: 5, nodes: 2), upgrade: .init(start: 50, length: 50)),
          priority: 1
        ).encoded()
      ),
      (.cancel, CancelMessage(request: 300).encoded()),
      (.noData, NoDataMessage(request: 300, reason: .invalidRequest).encoded()),
      (.want, WantMessage(start: 4_096, length: 4_096, any: true).encoded()),
      (.unwant, WantMessage(start: 4_096, length: 4_096).encoded()),
      (.bitfield, BitfieldMessage(start: 64, words: [1, 2, 3]).encoded()),
      (.range, RangeMessage(start: 300, length: 300).encoded()),
      (.extension, ExtensionMessage(name: "name", payload: [1, 2, 3]).encoded()),
      (
        .data,
        DataMessage(
          request: 1,
          proof: try server().log.proof(
            for: .init(block: .init(index: 5, nodes: 3), upgrade: .init(start: 50, length: 50), manifest: true))
        ).encoded()
      ),
    ]
    for (type, bytes) in samples {
      for position in bytes.indices {
        for change: UInt8 in [1, 0x80, 0xff] {
          var mangled = bytes
          mangled[position] ^= change
          for node in [try server(8), try reader()] {
            var attacker = try Attacker(node)
            attacker.send(type, mangled)
            attacker.send(type, Array(mangled.prefix(position)))
            attacker.exchange()
          }
        }
      }
    }
  }
}
