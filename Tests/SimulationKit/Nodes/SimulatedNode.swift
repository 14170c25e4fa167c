import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import RegistryNode
import TestSupport

/// One machine: its disk, its clock, its secrets, and the process on it while that runs.
///
/// The process is single-threaded: what happens to it waits in line, and is dealt with in steps. Within a step its time
/// is moved on by whatever it waits for; what it sends leaves at that time, and the next step begins then.
final class SimulatedNode {
  let index: Int
  let name: String
  let disk: VirtualDisk
  let secrets: MemorySecrets
  /// The public key of the node's server.
  private(set) var publicKey = Fixed32()
  /// The key of the node's own log, once it was opened.
  private(set) var localKey: Fixed32?
  /// Length of that log that a power cut cannot take back.
  private(set) var durableLength: UInt64 = 0
  var clock = SkewedClock()
  /// Whether the machine never comes back.
  var isLost = false
  /// Whether it was put back to an old disk image.
  var isRewound = false
  /// Counts starts and ends of the process: what belongs to an older life is void.
  private(set) var incarnation = 0
  private(set) var process: NodeProcess?
  var generator: SeededGenerator

  unowned let world: World
  private var inbox: [(label: String, body: (NodeProcess) throws -> Void)] = []
  private var isWakeScheduled = false
  /// When the process has done what it waits for.
  private var busyUntil: UInt64 = 0
  private var timer: UInt64 = .max
  /// The second in which the timer rang last, and how often it did in that second.
  private var ringing: (second: UInt64, count: Int) = (0, 0)
  /// Steps taken, for the invariant that nobody works without need.
  private(set) var stepCount = 0

  init(_ index: Int, _ world: World, seed: UInt64, syncsCommits: Bool) {
    self.index = index
    self.world = world
    name = "n\(index)"
    generator = SeededGenerator(seed: seed)
    disk = VirtualDisk(syncsCommits: syncsCommits)
    secrets = MemorySecrets(primaryKey: Blake2b.hash(generator.bytes(32)))
    disk.onSync = { [unowned self] in durableLength = localHead?.length ?? 0 }
  }

  /// The head of the node's own log as the disk holds it.
  var localHead: Head? {
    guard let localKey, let record = disk.storage.core(discoveryKey: discoveryKey(of: localKey)) else { return nil }
    return disk.storage.area(record.area)?.head
  }

  var isRunning: Bool { process != nil }
  /// What the machine's clock shows.
  var milliseconds: UInt64 { clock.milliseconds(at: max(world.scheduler.now, disk.time)) }

  // MARK: Life

  /// Starts the process; when that fails because the disk is full, it is tried again later.
  func start() throws {
    guard !isLost, process == nil else { return }
    incarnation += 1
    inbox.removeAll()
    timer = .max
    disk.begin(at: world.scheduler.now)
    do {
      let process = try NodeProcess(self)
      self.process = process
      publicKey = process.node.serverKeyPair?.publicKey ?? Fixed32()
      localKey = process.node.localKey
      if disk.isDurable { durableLength = localHead?.length ?? 0 }
      world.note("\(name) starts")
    } catch  where disk.isFull {
      world.note("\(name) does not start: \(error)")
      let incarnation = incarnation
      world.scheduler.after(2_000_000) { [unowned self] in
        if self.incarnation == incarnation { try start() }
      }
      return
    }
    busyUntil = disk.time
    try world.checker.started(self)
    post("start") { try $0.start() }
  }

  /// Ends the process at once.
  ///
  /// - Parameter isPowerCut: whether the machine stops with it: then commits that were not durable may be lost, and
  ///   nobody is told that connections ended.
  func stop(isPowerCut: Bool) {
    guard let process else { return }
    let now = world.scheduler.now
    incarnation += 1
    self.process = nil
    for connection in process.connections { world.network.ended(connection, isSilent: isPowerCut) }
    if isPowerCut {
      let lost = disk.cutPower(at: now) { Int.random(in: 0...$0, using: &generator) }
      world.note("\(name) loses power and \(lost) commits")
    } else {
      disk.endProcess(at: now)
      world.note("\(name) ends")
    }
    world.checker.stopped(self)
  }

  // MARK: Steps

  /// Has the process do something in a step of its own, or together with what else waits.
  func post(_ label: String, _ body: @escaping (NodeProcess) throws -> Void) {
    guard process != nil else { return }
    inbox.append((label, body))
    wake(at: world.scheduler.now)
  }

  private func wake(at time: UInt64) {
    guard !isWakeScheduled else { return }
    isWakeScheduled = true
    let incarnation = incarnation
    world.scheduler.at(max(time, busyUntil)) { [unowned self] in
      isWakeScheduled = false
      if self.incarnation == incarnation { try step() } else if !inbox.isEmpty { wake(at: world.scheduler.now) }
    }
  }

  private func step() throws {
    guard let process else { return }
    let now = world.scheduler.now
    if now < busyUntil { return wake(at: busyUntil) }
    stepCount += 1
    disk.begin(at: now)
    let work = inbox
    inbox.removeAll()
    for item in work {
      world.note("\(name) \(item.label)", isRoutine: item.label == "timer")
      try item.body(process)
    }
    try process.finishStep()
    busyUntil = disk.time
    for connection in process.connections {
      let frames = connection.takeFrames()
      guard !frames.isEmpty else { continue }
      try world.checker.sending(frames, self)
      world.network.send(frames, from: connection, at: disk.time)
    }
    // What the step did holds from when it is done; a power cut may come before.
    let incarnation = incarnation
    world.scheduler.at(disk.time) { [unowned self] in
      if self.incarnation == incarnation { try world.checker.stepped(self) }
    }
    setTimer(process.nextDeadline)
  }

  private func setTimer(_ deadline: UInt64?) {
    guard let deadline else { return }
    let time = max(clock.time(of: deadline), world.scheduler.now + 1)
    guard time < timer else { return }
    timer = time
    let incarnation = incarnation
    world.scheduler.at(time) { [unowned self] in
      guard self.incarnation == incarnation, timer == time else { return }
      timer = .max
      try ring()
      post("timer") { try $0.expire() }
    }
  }

  /// A process whose timer rings all the time does not do what is due, or says that it is due when it is not.
  private func ring() throws {
    let second = world.scheduler.now / 1_000_000
    ringing = (second, second == ringing.second ? ringing.count + 1 : 1)
    guard ringing.count > World.timersPerSecond else { return }
    throw Violation("\(name) is woken \(ringing.count) times in a second: \(process?.deadlines ?? "")")
  }

  // MARK: From the network

  func accepted(_ connection: SimulatedConnection) {
    post("accepts \(connection.remote.name)") { try $0.opened(connection) }
  }

  func connected(_ connection: SimulatedConnection) {
    post("connects to \(connection.remote.name)") { try $0.opened(connection) }
  }

  func dialFailed(_ server: SimulatedNode, incarnation: Int) {
    guard self.incarnation == incarnation else { return }
    post("cannot reach \(server.name)") { $0.dialFailed(server) }
  }

  func arrived(_ frame: [UInt8], on connection: SimulatedConnection) {
    post("frame \(frame.count) from \(connection.remote.name)") { try $0.received(frame, on: connection) }
  }

  func lost(_ connection: SimulatedConnection) {
    connection.isOpen = false
    post("loses \(connection.remote.name)") { try $0.closed(connection) }
  }
}
