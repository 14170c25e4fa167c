import Autobase
import CompactEncoding
import Corestore
import Hypercore
import RegistryNode
import TestSupport

/// What goes wrong, and when.
final class FaultPlan {
  private unowned let world: World
  private var generator: SeededGenerator
  private var endTime: UInt64 = 0
  private var tally: [String: Int] = [:]

  init(_ world: World, _ generator: SeededGenerator) {
    self.world = world
    self.generator = generator
  }

  /// How often each fault came, by name.
  var counts: [String] { tally.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" } }

  private var kinds: Faults { world.settings.faults }
  private func random(_ range: Range<UInt64>) -> UInt64 { UInt64.random(in: range, using: &generator) }

  /// Gives a new machine its clock and the speed of its disk.
  func prepare(_ node: SimulatedNode) {
    if kinds.contains(.skew) {
      node.clock.offsetMilliseconds = random(0..<600_000)
      node.clock.driftPerMillion = Int64(random(0..<2_000)) - 1_000
    }
    setDisk(node, isSlow: false)
  }

  private func setDisk(_ node: SimulatedNode, isSlow: Bool) {
    let range: Range<UInt64> = isSlow ? 100_000..<2_000_000 : 100..<3_000
    node.disk.latency = { [unowned self] in random(range) }
  }

  func begin(until end: UInt64) {
    endTime = end
    guard !kinds.subtracting(.skew).isEmpty else { return }
    next()
  }

  /// Ends all faults: whoever is not lost runs, and reaches everybody.
  func end() throws {
    endTime = world.scheduler.now
    world.network.divide([:])
    world.network.delay = 200...3_000
    for node in world.living {
      node.disk.isFull = false
      setDisk(node, isSlow: false)
      try node.start()
    }
  }

  private func next() {
    // In a short life they come faster.
    let longest = UInt64(min(max(world.settings.minutes * 6, 5), 30)) * 1_000_000
    world.scheduler.after(random(1_000_000..<longest)) { [self] in
      guard world.scheduler.now < endTime else { return }
      try something()
      next()
    }
  }

  /// Runs `body` after a while, unless the faults have ended by then.
  private func later(_ seconds: Range<UInt64>, _ body: @escaping () throws -> Void) {
    world.scheduler.after(random(seconds.lowerBound * 1_000_000..<seconds.upperBound * 1_000_000)) { [self] in
      if world.scheduler.now < endTime { try body() }
    }
  }

  private func something() throws {
    let possible = Faults.names.filter { kinds.contains($0.fault) && $0.fault != .skew }
    guard let (name, fault) = possible.randomElement(using: &generator) else { return }
    guard try happen(fault) else { return }
    tally[name, default: 0] += 1
  }

  private func happen(_ fault: Faults) throws -> Bool {
    switch fault {
    case .crash: return stop(isPowerCut: false)
    case .power: return stop(isPowerCut: true)
    case .disconnect:
      guard let link = world.network.links.randomElement(using: &generator) else { return false }
      world.note("the connection of \(link.clientEnd.owner.name) and \(link.serverEnd.owner.name) ends")
      world.network.cut(link)
      return true
    case .partition:
      var parts: [Int: Int] = [:]
      for node in world.nodes { parts[node.index] = Int(random(0..<2)) }
      world.note("parts: \(world.nodes.map { "\($0.name):\(parts[$0.index] ?? 0)" }.joined(separator: " "))")
      world.network.divide(parts)
      later(5..<90) { [self] in
        world.note("the parts are joined")
        world.network.divide([:])
      }
      return true
    case .lag:
      world.note("the network is slow")
      world.network.delay = 10_000...1_500_000
      later(5..<30) { [self] in world.network.delay = 200...3_000 }
      return true
    case .slow, .full:
      guard let node = world.running.randomElement(using: &generator) else { return false }
      let isSlow = fault == .slow
      world.note("the disk of \(node.name) is \(isSlow ? "slow" : "full")")
      if isSlow { setDisk(node, isSlow: true) } else { node.disk.isFull = true }
      later(3..<30) { [self] in
        world.note("the disk of \(node.name) is well")
        node.disk.isFull = false
        setDisk(node, isSlow: false)
      }
      return true
    case .duplicate:
      guard let link = world.network.links.randomElement(using: &generator) else { return false }
      let (client, server) = (link.clientEnd.owner, link.serverEnd.owner)
      guard client.isRunning else { return false }
      world.note("\(client.name) connects to \(server.name) once more")
      world.network.dial(from: client, to: server)
      return true
    case .members: return try changeMembers()
    case .loss: return try lose()
    case .rewind: return rewind()
    default: return false
    }
  }

  // MARK: Members

  /// The nodes whose logs are the indexers', when everybody agrees who they are and no change is under way.
  private func indexers() throws -> [SimulatedNode]? {
    guard world.members.isIdle, let keys = try world.members.settledIndexers() else { return nil }
    return world.nodes.filter { $0.localKey.map(keys.contains) ?? false }
  }

  /// Whether the indexers can do without one more of them.
  private func canSpare(_ node: SimulatedNode) throws -> Bool {
    guard let all = try indexers(), all.contains(where: { $0 === node }) else { return false }
    return Self.decide(all.filter { $0 !== node }, of: all.count)
  }

  /// Whether those who can be counted on are a majority of `count` indexers.
  private static func decide(_ nodes: [SimulatedNode], of count: Int) -> Bool {
    nodes.filter { !$0.isLost && !$0.isRewound }.count >= count / 2 + 1
  }

  private func changeMembers() throws -> Bool {
    guard let indexers = try indexers() else { return false }
    let others = world.trusted.filter { node in !indexers.contains { $0 === node } }
    if let node = others.randomElement(using: &generator), let key = node.localKey, random(0..<2) == 0 {
      world.note("\(node.name) is to be an indexer again")
      try world.members.add(key)
      return true
    }
    // One who can be counted on stays as long as the others might need one who cannot.
    if indexers.count > 2, random(0..<2) == 0, let node = indexers.randomElement(using: &generator),
      let key = node.localKey, Self.decide(indexers.filter { $0 !== node }, of: indexers.count - 1)
    {
      world.note("\(node.name) is to be removed")
      try world.members.remove(key)
      return true
    }
    guard world.trusted.count < world.settings.nodeCount + 2 else { return false }
    try join()
    return true
  }

  /// A new node begins with the log of the founder, which nobody serves any more once it has two histories.
  private func join() throws {
    guard !world.nodes[0].isRewound else { return }
    let node = try world.addNode()
    world.note("\(node.name) is to be an indexer")
    if let key = node.localKey { try world.members.add(key) }
  }

  private func lose() throws -> Bool {
    guard let node = world.trusted.randomElement(using: &generator), try canSpare(node), let key = node.localKey else {
      return false
    }
    node.stop(isPowerCut: true)
    node.isLost = true
    world.note("\(node.name) is lost")
    try world.members.remove(key)
    try join()
    return true
  }

  /// Takes an image of a disk, and some time later puts it back; then the node goes on as if nothing had happened.
  private func rewind() -> Bool {
    guard let node = world.trusted.filter({ $0.isRunning }).randomElement(using: &generator) else { return false }
    let image = node.disk.image()
    world.note("the disk of \(node.name) is copied")
    later(10..<120) { [self] in
      // What it wrote since then is known to the others, so that they can tell.
      guard let key = node.localKey, !node.isLost, !node.isRewound, try canSpare(node), try areKnown(key) else {
        return
      }
      node.stop(isPowerCut: false)
      node.disk.restore(image)
      node.isRewound = true
      world.note("\(node.name) gets back the copy of its disk")
      world.checker.rewound(node, key)
      try node.start()
      for _ in 0..<3 { later(1..<20) { [self] in world.load.write(at: node) } }
      later(20..<40) { [self] in
        try world.members.remove(key)
        try join()
      }
    }
    return true
  }

  /// Whether the other trusted nodes hold all of a log that its writer holds.
  private func areKnown(_ key: Fixed32) throws -> Bool {
    let lengths = try world.trusted.map { node -> UInt64? in
      guard let store = node.process?.store, try store.has(key: key) else { return nil }
      return try store.get(key: key, isReadOnly: true).length
    }
    return Set(lengths).count == 1 && lengths.first != nil
  }

  private func stop(isPowerCut: Bool) -> Bool {
    guard let node = world.running.randomElement(using: &generator) else { return false }
    node.stop(isPowerCut: isPowerCut)
    later(1..<60) { try node.start() }
    return true
  }
}
