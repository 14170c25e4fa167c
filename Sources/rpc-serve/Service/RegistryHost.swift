import Autobase
import CompactEncoding
import Corestore
import HypercoreCrypto
import ProtomuxRPC
import RegistryNode
import RegistryToolKit
import ToolKit
import Transport

/// The registry node of a store, and who is told when the store fails. Belongs to the event loop.
final class RegistryHost {
  let node: RegistryNode
  private let lock: NodeLock
  private let service: RegistryService
  private let reporter: Reporter
  /// What the store says is wrong, while it is.
  private var problem: String?

  /// Becomes the node of the store.
  ///
  /// - Throws: when another process is, or the store holds no registry.
  init(_ store: Corestore, directory: String, rights: RegistryRights, reporter: Reporter) throws {
    guard try RegistryNode.baseKey(in: store) != nil else { throw RegistryNodeError.notInitialized }
    lock = try NodeLock(directory: directory)
    node = try RegistryNode(store)
    service = RegistryService(node, rights: rights, software: "hypertools \(Version.current)")
    self.reporter = reporter
  }

  /// The key pair by which callers know the node.
  var keyPair: KeyPair { node.serverKeyPair }

  /// Answers calls in one transaction.
  func respond(to calls: [RegistryService.Call], connections: Int) -> [Result<[UInt8], RPCError>] {
    service.peerCount = UInt64(connections)
    let results = service.respond(to: calls)
    var failure: String?
    // Reading may go well all the time: what shows that the store works again is a commit.
    var hasCommitted = false
    for (call, result) in zip(calls, results) {
      switch result {
      case .failure(let error): if error.cause?.code == "STORE_ERROR" { failure = error.cause?.message }
      case .success:
        if problem != nil { hasCommitted = hasCommitted || RegistryMethod(rawValue: call.method)?.need != .read }
      }
    }
    if failure != nil || hasCommitted { note(failure) }
    return results
  }

  /// Takes in what other processes committed.
  func follow() {
    do {
      try node.base.advance()
    } catch let error as StoreError where error.category == .temporary {
      // Somebody holds the store for long; the next call or commit comes here again.
    } catch {
      note("\(error)")
    }
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
