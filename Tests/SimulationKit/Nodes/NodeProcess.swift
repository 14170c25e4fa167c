import Autobase
import CompactEncoding
import Corestore
import Hypercore
import Protomux
import Registry
import RegistryNode
import Replication
import TestSupport

/// What runs on a machine: the registry's node with all its parts, as the daemon runs it, over the virtual disk, clock
/// and network.
final class NodeProcess {
  unowned let owner: SimulatedNode
  let store: Corestore
  let node: RegistryNode
  let service: RegistryService
  let driver: NodeDriver
  let replicator: StoreReplicator
  private(set) var connections: [SimulatedConnection] = []
  private var dialer: Dialer
  private var answers: [() -> Void] = []

  init(_ owner: SimulatedNode) throws {
    self.owner = owner
    store = try Corestore(storage: owner.disk.storage, secrets: owner.secrets)
    store.context.clock = { [unowned owner] in owner.milliseconds }
    node = try RegistryNode(store, bootstrap: owner.world.baseKey)
    service = RegistryService(node, rights: RegistryRights(isWriteOpen: true, administrators: [Fixed32()]))
    replicator = StoreReplicator(store: store)
    var settings = NodeDriver.Settings()
    settings.acknowledging.intervalMilliseconds = 200
    driver = NodeDriver(
      node, replicator: replicator, settings: settings, generator: SeededGenerator(seed: owner.generator.next()))
    dialer = Dialer(SeededGenerator(seed: owner.generator.next()))
    driver.onEvent = { [unowned owner] in owner.world.note("\(owner.name): \($0)") }
  }

  func start() throws {
    driver.start(at: now)
    for peer in owner.world.nodes where peer.index < owner.index { dialer.add(peer.index, at: now) }
  }

  // MARK: Calls

  /// Answers a call, and says so once it is answered: at the end of the step, when all it waited for is done.
  ///
  /// - Parameter answered: gets the length of the node's own log, or nil when the call was refused.
  func call(_ method: RegistryMethod, _ value: [UInt8], answered: @escaping (UInt64?) -> Void) {
    let result = service.respond(to: [.init(caller: Fixed32(), method: method.rawValue, value: value)])
    let length = node.base.local?.length ?? 0
    driver.committed(at: now)
    switch result[0] {
    case .success: answers.append { answered(length) }
    case .failure: answers.append { answered(nil) }
    }
  }

  // MARK: The loop

  var now: UInt64 { owner.milliseconds }
  var nextDeadline: UInt64? { [driver.nextDeadline, dialer.nextDeadline].compactMap { $0 }.min() }

  /// What it waits for, for a report about a failure.
  var deadlines: String {
    let problem = driver.problem ?? "none"
    return "now \(now), driver \(String(describing: driver.nextDeadline)), replication "
      + "\(String(describing: replicator.nextDeadline)), peers \(String(describing: dialer.nextDeadline)), problem \(problem)"
  }

  func expire() throws {
    if let time = driver.nextDeadline, time <= now { driver.expire(at: now) }
    for index in dialer.due(at: now) {
      owner.world.network.dial(from: owner, to: owner.world.nodes[index])
    }
  }

  /// The end of a step: what was read is stored, ordered and told.
  func finishStep() throws {
    replicator.flush()
    driver.received(at: now)
    let answers = answers
    self.answers.removeAll()
    guard !answers.isEmpty else { return }
    let (owner, incarnation) = (owner, owner.incarnation)
    owner.world.scheduler.at(owner.disk.time) {
      guard owner.incarnation == incarnation else { return }
      for answer in answers { answer() }
    }
  }

  // MARK: Connections

  func opened(_ connection: SimulatedConnection) throws {
    guard connection.isOpen else { return }
    connections.append(connection)
    dialer.connected(connection.remote.index, at: now)
    connection.stream = replicator.attach(
      connection, role: connection.role, handshakeHash: connection.handshakeHash,
      remotePublicKey: connection.remote.publicKey, now: now)
    for frame in connection.takeEarlyFrames() { try received(frame, on: connection) }
  }

  func dialFailed(_ server: SimulatedNode) { dialer.ended(server.index, at: now) }

  func received(_ frame: [UInt8], on connection: SimulatedConnection) throws {
    guard connection.isOpen else { return }
    guard let stream = connection.stream else { return connection.keepEarly(frame) }
    do {
      try connection.mux.receive(frame)
      while let event = connection.mux.nextEvent() {
        if case .offered(let key) = event {
          if try !stream.answer(key, now: now) { connection.mux.reject(key) }
        } else {
          try stream.handle(event, now: now)
        }
      }
    } catch {
      throw Violation("\(owner.name) ends the connection with \(connection.remote.name): \(error)")
    }
  }

  func closed(_ connection: SimulatedConnection) throws {
    connections.removeAll { $0 === connection }
    connection.stream?.closed()
    connection.stream = nil
    if !connections.contains(where: { $0.remote === connection.remote }) {
      dialer.ended(connection.remote.index, at: now)
    }
  }

  // MARK: Looking

  /// The tree hash of a view core's first blocks, the unsigned tip included; nil when it cannot be told, since the node
  /// went on from a state of others and has not all of the tree.
  func treeHash(of key: Fixed32, at length: UInt64) throws -> Fixed32? {
    let core = try store.get(key: key)
    do {
      if core.length >= length { return try core.treeHash(at: length) }
      return try core.session(named: "batch").treeHash(at: length)
    } catch MerkleError.missingNode {
      return nil
    }
  }
}
