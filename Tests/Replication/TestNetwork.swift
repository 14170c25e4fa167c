import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import Protomux
import TestSupport

@testable import Replication

/// One side of a connection: frames wait in it until the network takes them.
final class LineCarrier: MuxCarrier {
  var mux = Protomux()
  var isWritable = true
  var isDirty = false

  func setNeedsFlush() { isDirty = true }
}

/// A node with one log.
final class TestNode {
  let store: Corestore
  let log: Hypercore
  let replicator: CoreReplicator
  var lines: [TestLine] = []

  init(
    _ keyPair: KeyPair?, key: Fixed32? = nil, settings: ReplicationSettings = .init(), store: Corestore? = nil
  )
    throws
  {
    let store = try store ?? .inMemory()
    let known = keyPair.map { Manifest(publicKey: $0.publicKey).key }
    log = try store.get(key: key ?? known ?? Fixed32(), manifest: nil, keyPair: keyPair)
    self.store = store
    replicator = CoreReplicator(log, settings: settings)
  }

  func append(_ blocks: [[UInt8]]) throws {
    try log.append(blocks)
    replicator.logChanged()
  }

  func truncate(to length: UInt64) throws {
    try log.truncate(to: length)
    replicator.logChanged()
  }

  func clear(_ range: Range<UInt64>) throws {
    try log.clear(range)
    replicator.logChanged()
  }

  /// Whether all blocks are stored and are those of another log.
  func equals(_ other: TestNode) throws -> Bool {
    guard log.length == other.log.length, log.fork == other.log.fork, try log.treeHash() == other.log.treeHash() else {
      return false
    }
    for index in 0..<log.length where try log.get(index) != other.log.get(index) { return false }
    return true
  }
}

/// One node's end of a connection.
final class TestLine {
  let node: TestNode
  let carrier = LineCarrier()
  var peer: CorePeer?
  private(set) weak var other: TestLine?
  /// Frames on their way to this end.
  var incoming: [[UInt8]] = []
  var isBroken = false
  var error: ProtomuxError?

  init(_ node: TestNode) { self.node = node }

  func join(_ line: TestLine) {
    other = line
    line.other = self
  }

  func takeFrames() {
    carrier.isDirty = false
    guard !isBroken else { return }
    other?.incoming += carrier.mux.takeFrames()
  }

  /// Reads some frames at once.
  func receive(_ count: Int, now: UInt64, mangle: ((inout [UInt8]) -> Void)? = nil) {
    do {
      for _ in 0..<min(count, incoming.count) {
        var frame = incoming.removeFirst()
        mangle?(&frame)
        try carrier.mux.receive(frame)
        while let event = carrier.mux.nextEvent() { try handle(event, now: now) }
      }
    } catch {
      self.error = error
      hangUp()
    }
    node.replicator.flush()
    while let event = carrier.mux.nextEvent() { try? handle(event, now: now) }
  }

  private func handle(_ event: MuxEvent, now: UInt64) throws(ProtomuxError) {
    switch event {
    case .offered(let key): if key != node.replicator.pairKey { carrier.mux.reject(key) }
    case .opened(let channel, let handshake):
      if let peer, peer.channel == channel { try peer.opened(handshake: handshake, now: now) }
    case .message(let channel, let type, let payload):
      if let peer, peer.channel == channel { try peer.receive(type: type, payload: payload, now: now) }
    case .closed(let channel, _): if let peer, peer.channel == channel { peer.closed() }
    }
  }

  /// Ends the connection on both ends.
  func hangUp() {
    for line in [self, other].compactMap(\.self) where !line.isBroken {
      line.isBroken = true
      line.incoming = []
      line.peer?.closed()
    }
  }
}

/// Nodes and lines between them. Frames of a line arrive in order; everything else is up to the seed.
final class TestNetwork {
  private(set) var nodes: [TestNode] = []
  private(set) var lines: [TestLine] = []
  var random: SeededGenerator
  private(set) var now: UInt64 = 0
  /// Frames pass through here.
  var mangle: ((TestLine, inout [UInt8]) -> Void)?
  /// Lines that deliver nothing.
  var stalled: Set<ObjectIdentifier> = []

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  @discardableResult
  func add(_ node: TestNode) -> TestNode {
    nodes.append(node)
    return node
  }

  @discardableResult
  func connect(_ a: TestNode, _ b: TestNode) throws -> (TestLine, TestLine) {
    let (one, two) = (TestLine(a), TestLine(b))
    one.join(two)

    let hash = random.bytes(64)
    one.peer = try a.replicator.open(on: one.carrier, role: .initiator, handshakeHash: hash)
    two.peer = try b.replicator.open(on: two.carrier, role: .responder, handshakeHash: hash)
    a.lines.append(one)
    b.lines.append(two)
    lines += [one, two]
    return (one, two)
  }

  /// Delivers something somewhere; false when nothing is on its way and no deadline is near.
  func step() -> Bool {
    for line in lines { line.takeFrames() }
    let ready = lines.filter { !$0.incoming.isEmpty && !stalled.contains(ObjectIdentifier($0)) }
    guard let line = ready.randomElement(using: &random) else { return false }
    now += UInt64.random(in: 0...3, using: &random)
    let count = Int.random(in: 1...max(1, line.incoming.count), using: &random)
    line.receive(count, now: now) { frame in self.mangle?(line, &frame) }
    return true
  }

  /// Runs until nothing is on its way, then past deadlines within the given time.
  func run(limit: Int = 200_000, milliseconds: UInt64 = 0) throws {
    let end = now + milliseconds
    var steps = 0
    while true {
      while step() {
        steps += 1
        guard steps < limit else { throw VectorError("the network does not come to rest") }
      }
      guard let deadline = nodes.compactMap(\.replicator.nextDeadline).min(), deadline <= end else { return }
      now = max(now + 1, deadline)
      for node in nodes { node.replicator.expire(at: now) }
      steps += 1
      guard steps < limit else { throw VectorError("the network does not come to rest") }
    }
  }
}

/// A key pair from one byte.
func testKeyPair(_ byte: UInt8) -> KeyPair { KeyPair(seed: Fixed32([UInt8](repeating: byte, count: 32)) ?? Fixed32()) }

/// Blocks with distinct contents.
func testBlocks(_ range: Range<Int>, _ prefix: String = "block") -> [[UInt8]] {
  range.map { Array("\(prefix)-\($0)".utf8) }
}
