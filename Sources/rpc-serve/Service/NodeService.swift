import Autobase
import CompactEncoding
import JSON
import ProtomuxRPC
import Registry
import RegistryNode
import Synchronization
import Transport

/// Answers all calls: those of the registry in one transaction, others by commands.
///
/// Belongs to the event loop, except where said otherwise.
final class NodeService: RPCService, @unchecked Sendable {
  private let registry: RegistryHost?
  private let rights: RegistryRights
  /// Peers that are connected.
  var connectionCount = 0
  /// The batch that the registry works on, for whoever asks while it does.
  private let current = Mutex<(count: Int, start: ContinuousClock.Instant)?>(nil)

  init(registry: RegistryHost?, rights: RegistryRights) {
    self.registry = registry
    self.rights = rights
  }

  func respond(to calls: [RPCCall]) -> [RPCOutcome] {
    guard let registry else { return calls.map { .failure(.unknownMethod($0.request.method)) } }
    current.withLock { $0 = (calls.count, .now) }
    defer { current.withLock { $0 = nil } }
    let results = registry.respond(
      to: calls.map {
        RegistryService.Call(caller: $0.peer.publicKey, method: $0.request.method, value: $0.request.value)
      }, connections: connectionCount)
    return results.map { result in
      switch result {
      case .success(let value): .value(value)
      case .failure(let error): .failure(error)
      }
    }
  }

  /// Takes in what other processes committed.
  func follow() { registry?.follow() }

  /// Ends what was left unfinished.
  ///
  /// - Returns: how many calls that were.
  func end() -> Int { 0 }

  // MARK: Status

  /// Tells the state. From the main thread: when the event loop is busy for long, that is told.
  func tellStatus(on loop: TransportLoop, _ reporter: Reporter) {
    loop.execute { [self] in
      let (text, object) = status()
      reporter.status(text, object)
    }
  }

  private func status() -> (String, JSONObject) {
    var object = JSONObject([("connections", .integer(Int64(connectionCount))), ("calls", 0)])
    var text = "\(connectionCount) connections, 0 calls in progress"
    guard let registry else { return (text, object) }
    do {
      let status = try registry.node.base.status()
      if let view = status.views.first(where: { $0.name == RegistryView.name }) {
        object["viewLength"] = .integer(Int64(view.length))
        object["signedLength"] = .integer(Int64(view.signedLength))
        text += "; view of \(view.length) blocks, \(view.signedLength) signed"
      }
      object["waits"] = .string("\(status.wait)")
      text += "; waits for \(status.wait)"
    } catch {
      object["waits"] = .string("the store: \(error)")
      text += "; waits for the store: \(error)"
    }
    return (text, object)
  }
}
