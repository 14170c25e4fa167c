import Autobase
import CompactEncoding
import HypercoreCrypto
import Registry
import RegistryNode
import TestSupport

/// A cluster of nodes in one process, with a virtual clock, network and disks, everything from one seed.
///
/// A world goes through four parts: the *founding*, in which the nodes become indexers one after the other; the *life*,
/// with load and faults; the *recovery*, in which faults have ended, everybody that is not lost runs, and all must come
/// to agree in bounded time; and the *rest*, in which nobody may work without need. See ``Checker`` for what must hold
/// all the time.
public final class World {
  /// What the world is made of.
  public let settings: WorldSettings
  let scheduler = Scheduler()
  let network: Network
  private(set) var nodes: [SimulatedNode] = []
  private(set) lazy var checker = Checker(self)
  private var trace = Trace()
  /// The key of the registry, once the first node has founded it.
  private(set) var baseKey: Fixed32?
  var generator: SeededGenerator
  lazy var load = Load(self, SeededGenerator(seed: generator.next()))
  lazy var members = Operator(self, SeededGenerator(seed: generator.next()))
  lazy var faults = FaultPlan(self, SeededGenerator(seed: generator.next()))

  /// Told each event as it happens.
  public var onEvent: ((String) -> Void)? {
    get { trace.onEvent }
    set { trace.onEvent = newValue }
  }

  /// A world in which nothing has happened yet.
  public init(_ settings: WorldSettings) {
    self.settings = settings
    generator = SeededGenerator(seed: settings.seed)
    network = Network(scheduler, SeededGenerator(seed: generator.next()))
  }

  /// The newest events, oldest first.
  public var recentEvents: [String] { trace.recent }

  func note(_ text: String, isRoutine: Bool = false) { trace.note(scheduler.now, text, isRoutine: isRoutine) }

  /// The nodes that are not lost.
  var living: [SimulatedNode] { nodes.filter { !$0.isLost } }
  /// The nodes that are not lost and have the disk they wrote.
  var trusted: [SimulatedNode] { nodes.filter { !$0.isLost && !$0.isRewound } }
  /// The nodes that run.
  var running: [SimulatedNode] { nodes.filter { $0.isRunning } }

  // MARK: Nodes

  /// Adds a machine and starts it.
  @discardableResult
  func addNode() throws -> SimulatedNode {
    let syncs = settings.syncsEachCommit ?? (UInt64.random(in: 0..<2, using: &generator) == 0)
    let node = SimulatedNode(nodes.count, self, seed: generator.next(), syncsCommits: syncs)
    nodes.append(node)
    faults.prepare(node)
    try node.start()
    if baseKey == nil { baseKey = node.process?.node.base.key }
    return node
  }

  // MARK: The parts of its life

  /// Runs the world to its end.
  ///
  /// - Throws: ``Violation``, or an error that nothing in a node may throw.
  public func run() throws -> Report {
    try found()
    let life = scheduler.now + UInt64(settings.minutes * 60_000_000)
    load.begin(until: life)
    faults.begin(until: life)
    try scheduler.run(until: life)
    let recovered = try recover()
    let steps = try rest()
    return Report(
      traceHash: trace.hash, eventCount: trace.count, seconds: scheduler.now / 1_000_000,
      recoverySeconds: recovered, entryCount: load.acknowledged.count, refusedCount: load.refusedCount,
      frameCount: network.frameCount, byteCount: network.byteCount,
      commitCount: nodes.reduce(0) { $0 + $1.disk.commitCount }, idleStepCount: steps, faultCounts: faults.counts,
      indexedLength: living.compactMap { $0.process?.node.base.indexedLength }.max() ?? 0)
  }

  private func found() throws {
    for _ in 0..<settings.nodeCount { try addNode() }
    for node in nodes.dropFirst() {
      guard let key = node.localKey else { continue }
      load.addWriter(key, at: nodes[0])
      try wait(seconds: 60, "\(node.name) becomes an indexer") {
        nodes.allSatisfy { $0.process?.node.base.info.indexers.contains { $0.key == key } ?? false }
          && node.process?.node.base.isIndexer == true
      }
    }
  }

  private func recover() throws -> UInt64 {
    note("faults end")
    try faults.end()
    load.end()
    let start = scheduler.now
    try wait(seconds: World.recoverySeconds, "all nodes agree") { try members.isIdle && Agreement(self).isReached() }
    let recovered = scheduler.now - start
    try Agreement(self).checkEntries(load)
    return recovered / 1_000_000
  }

  private func rest() throws -> Int {
    // What was still on its way settles.
    try scheduler.run(until: scheduler.now + 10_000_000)
    // The nodes may agree before they have met the one with the other history.
    try checker.checkForgedLogs()
    let before = living.map(\.stepCount)
    let seconds: UInt64 = 30
    try scheduler.run(until: scheduler.now + seconds * 1_000_000)
    let counts = zip(living, before).map { $0.stepCount - $1 }
    for (node, count) in zip(living, counts) where count > Int(seconds) * World.idleStepsPerSecond {
      throw Violation("\(node.name) does \(count) steps in \(seconds) s although there is nothing to do")
    }
    guard try Agreement(self).isReached() else { throw Violation("the nodes no longer agree, with nothing to do") }
    return counts.max() ?? 0
  }

  /// Most steps of a node in a second in which nothing happens: looking whether there is something to acknowledge, and
  /// keeping connections alive.
  static let idleStepsPerSecond = 30
  /// Time to agree after the last fault: a fast-forward that failed is tried again after 300 s.
  static let recoverySeconds: UInt64 = 600
  /// Most times that a node's timer may ring in a second, whatever happens.
  static let timersPerSecond = 100

  /// Runs until something is so.
  func wait(seconds: UInt64, _ what: String, _ isSo: () throws -> Bool) throws {
    let end = scheduler.now + seconds * 1_000_000
    var next = scheduler.now
    var done = false
    try scheduler.run(until: end) {
      guard scheduler.now >= next else { return false }
      next = scheduler.now + 100_000
      done = try isSo()
      return done
    }
    guard try done || isSo() else {
      throw Violation("after \(seconds) s it is not so that \(what)\n" + (try Agreement(self).standing()))
    }
  }
}
