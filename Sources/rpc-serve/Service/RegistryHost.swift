import Autobase
import CompactEncoding
import Corestore
import HypercoreCrypto
import JSON
import ProtomuxRPC
import RegistryNode
import RegistryToolKit
import Replication
import StoreToolKit
import ToolKit
import Transport

/// The registry node of a store with all that drives it: calls, the replication of its logs, and time. Belongs to the
/// event loop.
final class RegistryHost: @unchecked Sendable {
  let node: RegistryNode
  let driver: NodeDriver
  private let lock: NodeLock
  private let service: RegistryService
  private let directory: String
  private let reporter: Reporter
  /// Told when something may have changed.
  var onTurn: (() -> Void)?
  /// The connections that are kept alive.
  var peers: PeerKeeper?
  private var loop: TransportLoop?
  private var alarm: Alarm?
  private var isTurnScheduled = false
  /// What the store says is wrong, while it is.
  private var problem: String?

  /// Becomes the node of the store.
  ///
  /// - Throws: when another process is, or the store holds no registry.
  init(
    _ store: Corestore, directory: String, rights: RegistryRights, settings: NodeDriver.Settings, reporter: Reporter
  ) throws {
    guard try RegistryNode.baseKey(in: store) != nil else { throw RegistryNodeError.notInitialized }
    self.directory = directory
    lock = try NodeLock(directory: directory)
    node = try RegistryNode(store)
    keyPair = try node.serverKeyPair ?? store.keyPair(named: "public-key")
    driver = NodeDriver(
      node, replicator: StoreReplicator(store: store), settings: settings, generator: SystemRandomNumberGenerator())
    service = RegistryService(node, rights: rights, software: "hypertools \(Version.current)")
    self.reporter = reporter
  }

  /// The key pair by which callers know the node.
  let keyPair: KeyPair

  /// Begins to work. To be called before the first connection.
  func start(on loop: TransportLoop) {
    self.loop = loop
    alarm = Alarm(on: loop) { [unowned self] now in turn { driver.expire(at: now) } }
    service.describe = { [unowned self] in try describe() }
    driver.onEvent = { [unowned self] event in reporter.happened(event, node) }
    driver.onStored = { [unowned self] in setNeedsTurn() }
    turn { driver.start(at: loop.now) }
  }

  /// Does something, and has the alarm ring when there will be more to do.
  private func turn(_ body: () -> Void) {
    body()
    onTurn?()
    alarm?.set(driver.nextDeadline)
  }

  /// Blocks of others were stored: looks at them once the sockets that are ready at this moment were all read.
  private func setNeedsTurn() {
    guard !isTurnScheduled, let loop else { return }
    isTurnScheduled = true
    loop.execute { [self] in
      isTurnScheduled = false
      turn { driver.received(at: loop.now) }
    }
  }

  /// Replicates the node's logs over a connection.
  func part(with peer: Peer, on connection: Connection) -> any ConnectionPart {
    ReplicationPart(driver.replicator, on: connection, with: peer)
  }

  /// What can be told about the node.
  func report() throws -> StatusReport {
    StatusReport(try driver.status(), peers: peers?.currentStatus ?? [], shortage: DiskSpace.shortage(directory))
  }

  private func describe() throws -> [UInt8] {
    var bytes: [UInt8] = []
    JSON.object(try report().members).write(to: &bytes)
    return bytes
  }

  /// Answers calls in one transaction.
  func respond(to calls: [RegistryService.Call], connections: Int) -> [Result<[UInt8], RPCError>] {
    service.peerCount = UInt64(connections)
    let results = service.respond(to: calls)
    var failure: String?
    // Reading may go well all the time: what shows that the store works again is a commit.
    var hasWritten = false
    var isCatchingUp = false
    for (call, result) in zip(calls, results) {
      switch result {
      case .failure(let error):
        let storeCodes = [RegistryService.storeError, RegistryService.storeCorrupt]
        if let cause = error.cause, storeCodes.contains(cause.code ?? "") { failure = cause.message }
        isCatchingUp = isCatchingUp || error.cause?.code == RegistryService.catchingUp
      case .success: hasWritten = hasWritten || RegistryMethod(rawValue: call.method)?.need != .read
      }
    }
    if failure != nil || hasWritten && problem != nil { note(failure) }
    if hasWritten || isCatchingUp, let loop { turn { driver.committed(at: loop.now) } }
    return results
  }

  /// Takes in what other processes committed.
  func follow() {
    guard let loop else { return }
    turn { driver.follow(at: loop.now) }
  }

  /// Tells about a failure of the store once, and about its end.
  private func note(_ failure: String?) {
    guard failure != problem else { return }
    if let failure {
      let parts = failure.split(separator: ";", maxSplits: 1).map { String($0.drop { $0 == " " }) }
      reporter.problem("the store failed: \(parts[0])", hint: parts.dropFirst().first)
    } else {
      reporter.notice("the store works again", event: "recovered")
    }
    problem = failure
  }
}
