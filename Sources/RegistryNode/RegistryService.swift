import Autobase
public import CompactEncoding
import Corestore
import Hypercore
public import ProtomuxRPC
import Registry

/// Answers batches of calls to a registry node. See the module's head comment.
public final class RegistryService {
  /// One call.
  public struct Call: Sendable {
    /// The public key that the caller has proved.
    public var caller: Fixed32
    /// The name of the method.
    public var method: String
    /// The encoded request.
    public var value: [UInt8]

    /// A call.
    public init(caller: Fixed32, method: String, value: [UInt8]) {
      self.caller = caller
      self.method = method
      self.value = value
    }
  }

  /// The node.
  public let node: RegistryNode
  /// Who may do what.
  public let rights: RegistryRights
  /// Number of connected peers, for the status.
  public var peerCount: UInt64 = 0
  /// What `node-status` answers: an object in JSON. Nil where nobody drives the node.
  public var describe: (() throws -> [UInt8])?
  /// Name and version of the program, for the status.
  public let software: String?

  /// The code of a call that can be answered once blocks of the view have been fetched: after a fast-forward, a node has
  /// only those that it has read.
  public static let catchingUp = "CATCHING_UP"

  /// The code of a call that failed since the node's disk is full or fails, or somebody holds its store: nothing was
  /// done, and trying again later may help.
  public static let storeError = "STORE_ERROR"
  /// The code of a call that failed since the node's store is damaged.
  public static let storeCorrupt = "STORE_CORRUPT"

  /// The largest operation that is accepted, in bytes. A log block may be larger, but an entry never needs to.
  public static let maximumOperationSize = 1 << 20

  /// A service over a node.
  public init(_ node: RegistryNode, rights: RegistryRights, software: String? = nil) {
    self.node = node
    self.rights = rights
    self.software = software
  }

  /// Answers calls in one transaction: one result for each, in order.
  public func respond(to calls: [Call]) -> [Result<[UInt8], RPCError>] {
    var results = [Result<[UInt8], RPCError>](repeating: .success([]), count: calls.count)
    var reads: [(index: Int, method: RegistryMethod)] = []
    var writes: [(index: Int, operation: [UInt8])] = []
    var leaving: Set<Fixed32> = []
    for (index, call) in calls.enumerated() {
      do throws(RPCError) {
        let method = try admit(call)
        if let operation = try operation(call, method, &leaving) {
          writes.append((index, operation))
        } else {
          reads.append((index, method))
        }
      } catch {
        results[index] = .failure(error)
      }
    }
    do throws(RPCError) {
      try store(writes.map(\.operation))
    } catch {
      for write in writes { results[write.index] = .failure(error) }
      // What is read below is what is stored, and not what was to be.
      try? node.base.refresh()
    }
    for (index, method) in reads {
      results[index] = Result { () throws(RPCError) in try answer(calls[index], method) }
    }
    return results
  }

  private func admit(_ call: Call) throws(RPCError) -> RegistryMethod {
    guard let method = RegistryMethod(rawValue: call.method), method != .nodeStatus || describe != nil else {
      throw .unknownMethod(call.method)
    }
    guard rights.allow(call.caller, method.need) else { throw .refused("Not authorized", "NOT_AUTHORIZED") }
    return method
  }

  // MARK: Writing

  /// The operation that a call wants appended; nil when it only reads.
  private func operation(
    _ call: Call, _ method: RegistryMethod, _ leaving: inout Set<Fixed32>
  ) throws(RPCError) -> [UInt8]? {
    guard method.need != .read else { return nil }
    guard call.value.count <= Self.maximumOperationSize else {
      throw .refused(
        "The request has \(call.value.count) bytes, \(Self.maximumOperationSize) are allowed", "TOO_LARGE")
    }
    switch method {
    case .putEntry:
      let entry: Entry = try decode(call)
      guard !entry.name.isEmpty else { throw .refused("The entry has no name", "BAD_ENTRY") }
      return RegistryOperation.putEntry(entry).encoded()
    case .deleteEntry: return RegistryOperation.deleteEntry(try decode(call)).encoded()
    case .addWriter: return RegistryOperation.addWriter(WriterKey(try writer(call))).encoded()
    case .removeWriter:
      let key = try writer(call)
      try checkRemoval(key, leaving)
      leaving.insert(key)
      return RegistryOperation.removeWriter(WriterKey(key)).encoded()
    case .getEntry, .getEntryByDriveKey, .listEntries, .status, .nodeStatus: return nil
    }
  }

  private func writer(_ call: Call) throws(RPCError) -> Fixed32 {
    let request: WriterKey = try decode(call)
    guard let key = request.key else {
      throw .refused("A writer's key has 32 bytes, this one has \(request.bytes.count)", "BAD_KEY")
    }
    return key
  }

  /// Refuses what `apply` would ignore, so that the caller hears of it.
  private func checkRemoval(_ key: Fixed32, _ leaving: Set<Fixed32>) throws(RPCError) {
    switch try attempt({ try self.node.removalRefusal(of: key, leaving: leaving) }) {
    case .notAWriter: throw .refused("Not a writer", "NOT_A_WRITER")
    case .lastIndexer: throw .refused("Cannot remove the last indexer", "LAST_INDEXER")
    case nil: return
    }
  }

  private func store(_ operations: [[UInt8]]) throws(RPCError) {
    try attempt {
      if operations.isEmpty { try self.node.base.advance() } else { try self.node.base.append(operations) }
    }
  }

  // MARK: Reading

  private func answer(_ call: Call, _ method: RegistryMethod) throws(RPCError) -> [UInt8] {
    let view = node.view
    switch method {
    case .getEntry:
      let request: EntryName = try decode(call)
      return EntryResult(try attempt { try view.get(request.name) }).encoded()
    case .getEntryByDriveKey:
      let request: DriveKey = try decode(call)
      return EntryResult(try attempt { try view.get(driveKey: request.key) }).encoded()
    case .listEntries:
      let request: ListRequest = try decode(call)
      return try attempt { try view.list(request) }.encoded()
    case .status:
      return try attempt { try self.node.status(peers: self.peerCount, software: self.software) }.encoded()
    case .nodeStatus: return try attempt { try self.describe?() ?? [] }
    case .putEntry, .deleteEntry, .addWriter, .removeWriter: return []
    }
  }

  private func decode<T: CompactDecodable>(_ call: Call) throws(RPCError) -> T {
    do {
      return try T(decoding: call.value)
    } catch {
      throw .undecodable(RPCError.Cause("\(error)", code: "DECODING_ERROR"))
    }
  }

  private func attempt<R>(_ body: () throws -> R) throws(RPCError) -> R {
    do {
      return try body()
    } catch let error as AutobaseError {
      throw .refused("\(error)", error == .notWritable ? "NOT_WRITABLE" : "AUTOBASE_ERROR")
    } catch LogError.blockNotAvailable(let index, let length) {
      throw .refused(
        "The node is still fetching block \(index) of \(length), which it must read for this", Self.catchingUp)
    } catch let error as StoreError where error.isPassing {
      throw .refused("\(error)", Self.storeError)
    } catch {
      throw .refused("\(error)", Self.storeCorrupt)
    }
  }
}

extension StoreError {
  /// Whether the store can be as good as before: what is stored is not damaged.
  fileprivate var isPassing: Bool { category == .temporary || category == .localIO }
}

extension RPCError {
  /// A request that was understood and is not carried out.
  fileprivate static func refused(_ message: String, _ code: String) -> RPCError {
    .requestFailed(Cause(message, code: code))
  }
}
