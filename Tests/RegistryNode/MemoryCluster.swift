import Autobase
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import Protomux
import Registry
import RegistryNode
import Replication
import TestSupport

/// Nodes of a registry in one thread, with wires in memory and a clock of their own.
final class MemoryCluster {
  /// One end of a wire.
  final class End: MuxCarrier {
    var mux = Protomux()
    var stream: ReplicationStream?
    func setNeedsFlush() {}

    func receive(_ frames: [[UInt8]], now: UInt64) throws {
      for frame in frames {
        try mux.receive(frame)
        while let event = mux.nextEvent() {
          if case .offered(let key) = event {
            if try stream?.answer(key, now: now) != true { mux.reject(key) }
          } else {
            try stream?.handle(event, now: now)
          }
        }
      }
    }
  }

  final class Member {
    let driver: NodeDriver
    var hasNews = false
    var events: [NodeEvent] = []
    var node: RegistryNode { driver.node }

    init(_ driver: NodeDriver) { self.driver = driver }

    func put(_ name: String) throws {
      let entry = Entry(name: name, driveKey: Blake2b.hash(Array(name.utf8)), type: "text")
      try node.base.append(RegistryOperation.putEntry(entry).encoded())
    }

    func status() throws -> Status { try node.status() }

    func blocks() throws -> [[UInt8]] {
      let view = try node.base.view(RegistryView.name).snapshot()
      return try (0..<view.length).map { try view.block(at: $0) }
    }
  }

  private struct Wire {
    let members: (Int, Int)
    let ends: (End, End)
  }

  private(set) var members: [Member] = []
  private(set) var now: UInt64 = 1_000
  private var wires: [Wire] = []
  private var generator: SeededGenerator
  private var wireCount = 0
  /// The registry of the node that was taken away last.
  private var stopped: Fixed32?

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// Adds a node; the first one founds the registry.
  ///
  /// - Parameter store: where its logs rest; in memory by default.
  @discardableResult
  func add(_ store: Corestore? = nil) throws -> Member {
    let key = Fixed32(generator.bytes(32)[...])
    let store = try store ?? .inMemory(primaryKey: key)
    let member = try start(store, bootstrap: members.first?.node.base.key)
    members.append(member)
    return member
  }

  /// Takes a node away, with all that refers to it.
  func stop(_ number: Int) throws {
    try isolate(number)
    stopped = members.remove(at: number).node.base.key
  }

  /// Starts the node of a store that was there before, in the place that it had.
  func restart(_ number: Int, _ store: Corestore) throws {
    members.insert(try start(store, bootstrap: stopped), at: number)
    for other in members.indices where other != number { connect(number, other) }
  }

  private func start(_ store: Corestore, bootstrap: Fixed32?) throws -> Member {
    let node = try RegistryNode(store, bootstrap: bootstrap)
    var settings = NodeDriver.Settings()
    settings.acknowledging.intervalMilliseconds = 10
    let driver = NodeDriver(
      node, replicator: StoreReplicator(store: node.store), settings: settings,
      generator: SeededGenerator(seed: generator.next()))
    let member = Member(driver)
    driver.onStored = { [unowned member] in member.hasNews = true }
    driver.onEvent = { [unowned member] in member.events.append($0) }
    driver.start(at: now)
    return member
  }

  /// Connects two nodes.
  func connect(_ first: Int, _ second: Int) {
    let ends = (End(), End())
    wireCount += 1
    let hash = Blake2b.hash(Array("wire \(wireCount)".utf8)).bytes + [UInt8](repeating: 0, count: 32)
    ends.0.stream = members[first].driver.replicator.attach(
      ends.0, role: .initiator, handshakeHash: hash, now: now)
    ends.1.stream = members[second].driver.replicator.attach(
      ends.1, role: .responder, handshakeHash: hash, now: now)
    wires.append(Wire(members: (first, second), ends: ends))
  }

  /// Connects every node with every other one.
  func connectAll() {
    for first in members.indices { for second in 0..<first { connect(first, second) } }
  }

  /// Cuts all wires of a node.
  func isolate(_ number: Int) throws {
    for wire in wires where wire.members.0 == number || wire.members.1 == number {
      for end in [wire.ends.0, wire.ends.1] {
        end.mux.endOfStream()
        while let event = end.mux.nextEvent() { try end.stream?.handle(event, now: now) }
        end.stream?.closed()
      }
    }
    wires.removeAll { $0.members.0 == number || $0.members.1 == number }
  }

  /// Lets the nodes work until it is so much later.
  func run(_ milliseconds: UInt64) throws {
    let end = now + milliseconds
    while true {
      if try exchange() { continue }
      guard let next = members.compactMap(\.driver.nextDeadline).min(), next <= end else { break }
      now = max(now, next)
      for member in members {
        if let deadline = member.driver.nextDeadline, deadline <= now { member.driver.expire(at: now) }
      }
    }
    now = end
  }

  /// Lets them work until something holds, or for ten minutes.
  func run(until isReached: () throws -> Bool) throws -> Bool {
    for _ in 0..<6_000 {
      if try isReached() { return true }
      try run(100)
    }
    return false
  }

  private func exchange() throws -> Bool {
    var isBusy = false
    for wire in wires {
      for (from, to) in [(wire.ends.0, wire.ends.1), (wire.ends.1, wire.ends.0)] {
        let frames = from.mux.takeFrames()
        guard !frames.isEmpty else { continue }
        isBusy = true
        try to.receive(frames, now: now)
      }
    }
    for member in members {
      member.driver.replicator.flush()
      guard member.hasNews else { continue }
      member.hasNews = false
      isBusy = true
      member.driver.received(at: now)
    }
    return isBusy
  }
}
