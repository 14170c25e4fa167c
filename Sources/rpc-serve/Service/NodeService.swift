import CompactEncoding
import JSON
import ProtomuxRPC
import RegistryNode
import Synchronization
import Transport

/// Answers all calls: those of the registry in one transaction, others by commands.
///
/// Belongs to the event loop, except where said otherwise.
final class NodeService: RPCService, @unchecked Sendable {
  private let registry: RegistryHost?
  private let handlers: [String: any CommandHandler]
  private let rights: RegistryRights
  private let commandTimeout: Duration
  /// Peers that are connected.
  var connectionCount = 0
  private var delayed: [DelayedCall] = []
  private var isRetrying = false
  /// Calls that commands work on or that wait for them. For any thread.
  let pending = PendingCount()
  /// The batch that the registry works on. For any thread.
  private let current = Mutex<Batch?>(nil)

  private struct Batch {
    let count: Int
    let start: ContinuousClock.Instant
  }

  /// - Parameters:
  ///   - handlers: who answers which method, apart from those of the registry.
  ///   - commandTimeout: how long a call may take that a command answers.
  init(
    registry: RegistryHost?, handlers: [String: any CommandHandler], rights: RegistryRights, commandTimeout: Duration
  ) {
    self.registry = registry
    self.handlers = handlers
    self.rights = rights
    self.commandTimeout = commandTimeout
  }

  func respond(to calls: [RPCCall]) -> [RPCOutcome] {
    if handlers.isEmpty, registry != nil { return answer(calls) }
    var outcomes = [RPCOutcome](repeating: .deferred, count: calls.count)
    var indices: [Int] = []
    for (index, call) in calls.enumerated() {
      if let handler = handlers[call.request.method] {
        if let failure = submit(call, to: handler) { outcomes[index] = .failure(failure) }
      } else if registry != nil {
        indices.append(index)
      } else {
        outcomes[index] = .failure(.unknownMethod(call.request.method))
      }
    }
    for (index, outcome) in zip(indices, answer(indices.map { calls[$0] })) { outcomes[index] = outcome }
    return outcomes
  }

  /// Asks the registry.
  private func answer(_ calls: [RPCCall]) -> [RPCOutcome] {
    guard let registry, !calls.isEmpty else { return [] }
    current.withLock { $0 = Batch(count: calls.count, start: .now) }
    defer { current.withLock { $0 = nil } }
    let results = registry.respond(
      to: calls.map {
        RegistryService.Call(caller: $0.peer.publicKey, method: $0.request.method, value: $0.request.value)
      }, connections: connectionCount)
    return zip(calls, results).map { call, result in
      switch result {
      case .success(let value): return .value(value)
      case .failure(let error):
        guard error.cause?.code == RegistryService.catchingUp else { return .failure(error) }
        delayed.append(DelayedCall(call: call, deadline: .now + Self.patience))
        return .deferred
      }
    }
  }

  /// A call that is answered once blocks have been fetched.
  private struct DelayedCall {
    let call: RPCCall
    let deadline: ContinuousClock.Instant
  }

  /// How long calls may wait for blocks.
  private static let patience = Duration.seconds(30)

  /// Tries again to answer calls that wait for blocks.
  private func retryDelayed() {
    guard let registry, let first = delayed.first, !isRetrying else { return }
    // Every attempt costs; before the blocks are here none can succeed.
    guard !registry.driver.isFetching || first.deadline <= .now else { return }
    isRetrying = true
    defer { isRetrying = false }
    let waiting = delayed
    delayed = []
    let results = registry.respond(
      to: waiting.map {
        RegistryService.Call(
          caller: $0.call.peer.publicKey, method: $0.call.request.method, value: $0.call.request.value)
      }, connections: connectionCount)
    for (item, result) in zip(waiting, results) {
      if case .failure(let error) = result, error.cause?.code == RegistryService.catchingUp, item.deadline > .now {
        delayed.append(item)
      } else {
        item.call.reply(result)
      }
    }
  }

  /// Hands a call to a command, which it takes the right to write to use.
  ///
  /// - Returns: why not, when it does not.
  private func submit(_ call: RPCCall, to handler: any CommandHandler) -> RPCError? {
    guard rights.allow(call.peer.publicKey, .write) else {
      return .requestFailed(RPCError.Cause("Not authorized", code: "NOT_AUTHORIZED"))
    }
    pending.add()
    if handler.submit(CommandCall(call: call, deadline: .now + commandTimeout, pending: pending)) { return nil }
    pending.remove()
    return CommandFailure.busy.error
  }

  /// Takes in what other processes committed.
  func follow() { registry?.follow() }

  /// Begins. From the main thread, before the first connection.
  func start(on loop: TransportLoop, peers: PeerKeeper) {
    loop.execute { [self] in
      registry?.peers = peers
      registry?.onTurn = { [unowned self] in retryDelayed() }
      registry?.start(on: loop)
    }
  }

  /// What shares a connection with calls.
  func parts(with peer: Peer, on connection: Connection) -> [any ConnectionPart] {
    registry.map { [$0.part(with: peer, on: connection)] } ?? []
  }

  /// Ends the commands. From the main thread.
  func stop() { for handler in handlers.values { handler.stop() } }

  // MARK: Status

  /// Tells the state. From the main thread: when the event loop waits for the store, that is told at once.
  func tellStatus(on loop: TransportLoop, _ reporter: Reporter) {
    if let batch = current.withLock({ $0 }), ContinuousClock.now - batch.start > .milliseconds(100) {
      let text = "\(batch.count) calls wait for the store since \(ContinuousClock.now - batch.start)"
      reporter.status(text, JSONObject([("calls", .integer(Int64(batch.count))), ("waits", .string(text))]))
    }
    loop.execute { [self] in
      let (text, object) = status()
      reporter.status(text, object)
    }
  }

  /// Tells the state to somebody who has connected for it.
  func answerStatus(on loop: TransportLoop, _ client: Int32) {
    loop.execute { [self] in StatusSocket.answer(client, status().1) }
  }

  private func status() -> (String, JSONObject) {
    let calls = pending.value
    var object = JSONObject([
      ("connections", .integer(Int64(connectionCount))), ("calls", .integer(Int64(calls))),
    ])
    var text = "\(connectionCount) connections, \(calls) calls in progress"
    guard let registry else { return (text, object) }
    do {
      let report = try registry.report()
      text += report.text
      for (name, value) in report.members { object[name] = value }
    } catch {
      object["waits"] = .string("the store: \(error)")
      text += "; waits for the store: \(error)"
    }
    return (text, object)
  }
}
