import CompactEncoding
import Corestore
import Dispatch
import Hypercore
import HypercoreCrypto
import Replication
import Synchronization
import ToolKit
import Transport
import TransportToolKit

/// A view that other nodes have. Its head comes when it is opened, each block when it is read for the first time.
///
/// The store and the connections belong to the event loop; whoever reads waits there for what the loop fetches.
final class SparseView: @unchecked Sendable {
  /// The core key of the view.
  let key: Fixed32
  private let loop = TransportLoop()
  private let timeoutMilliseconds: Int64
  private let isVerbose: Bool
  /// What waits for an answer, and what ends the waiting.
  private let failure = Mutex<TransportError?>(nil)

  // Belongs to the loop.
  private var store: Corestore?
  private var replicator: CoreReplicator?
  private var connectionCount = 0
  private var waiting: [Int: (ToolError) -> Void] = [:]
  private var nextWaiting = 0
  private var fetchedCount = 0
  private var fetchedByteCount = 0

  /// Connects to the peers, and gets the newest head of the view from one of them.
  ///
  /// - Parameter directory: the store that keeps what is fetched; nil for none.
  /// - Throws: ``ToolError`` with status 3 when no peer can be reached or none has the view, 4 when all that are there
  ///   have other keys.
  init(
    key: Fixed32, peers: [ServerArgument], directory: String?, timeoutMilliseconds: Int64, isVerbose: Bool
  ) throws {
    self.key = key
    self.timeoutMilliseconds = timeoutMilliseconds
    self.isVerbose = isVerbose
    try ask("the store") { [self] done in
      done(Result { try open(directory) })
    }
    try connect(peers)
    let length: UInt64 = try ask("the head of the view") { [self] done in
      replicator?.update { [self] _ in done(.success(self.length)) }
      replicator?.flush()
    }
    guard length > 0 else {
      throw ToolError(
        .temporary, "no peer has blocks of the view \(KeyIdentifier.encode(key))",
        hint: "the key changes when indexers are added or removed; `registry-admin status` prints the present one")
    }
    if isVerbose { Messages.note("the view has \(length) blocks") }
  }

  /// Number of blocks, all of them signed.
  private var length: UInt64 { replicator?.log.length ?? 0 }

  private func open(_ directory: String?) throws {
    let store = try directory.map { try Corestore(directory: $0) } ?? Corestore.inMemory()
    let replicator = CoreReplicator(try store.get(key: key))
    replicator.downloadPolicy = .head
    self.store = store
    self.replicator = replicator
  }

  // MARK: Connections

  private func connect(_ peers: [ServerArgument]) throws {
    let results = Mutex<[Result<Void, TransportError>]>([])
    let box = Shared(results)
    let isOver = DispatchSemaphore(value: 0)
    for peer in peers {
      Task.detached { [self] in
        let result = await connect(to: peer)
        let isLast = box.value.withLock { results in
          results.append(result)
          return results.count == peers.count
        }
        if case .success = result { isOver.signal() } else if isLast { isOver.signal() }
      }
    }
    let isInTime = isOver.wait(timeout: .now() + .milliseconds(Int(clamping: timeoutMilliseconds))) == .success
    let found = box.value.withLock { $0 }
    if found.contains(where: { if case .success = $0 { true } else { false } }) { return }
    var failures: [ToolError] = []
    for case .failure(let error) in found { failures.append(ToolError(error)) }
    // Another peer may be there later.
    let failure = failures.first { $0.status != .integrity } ?? (isInTime ? failures.first : nil)
    if let failure { throw failure }
    throw ToolError(.temporary, isInTime ? "there is no peer" : "no peer answered within \(timeoutMilliseconds) ms")
  }

  private func connect(to peer: ServerArgument) async -> Result<Void, TransportError> {
    var generator = SystemRandomNumberGenerator()
    let keyPair = KeyPair(using: &generator)
    var settings = TransportSettings()
    settings.connectTimeoutMilliseconds = UInt64(timeoutMilliseconds)
    settings.handshakeTimeoutMilliseconds = UInt64(timeoutMilliseconds)
    do throws(TransportError) {
      _ = try await Connector.connect(
        on: loop, to: peer.address, serverKey: peer.key, keyPair: keyPair, settings: settings
      ) { [self] _, connection in
        guard let replicator else { preconditionFailure("the store is opened before connections are made") }
        let session = SparseSession(replicator, connection)
        connectionCount += 1
        if isVerbose { Messages.note("connected to \(peer)") }
        session.onClose = { [self] reason in ended(reason) }
        return session
      }
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  private func ended(_ reason: TransportError) {
    connectionCount -= 1
    guard connectionCount == 0 else { return }
    let failures = waiting
    waiting = [:]
    for fail in failures.values { fail(ToolError(.temporary, "the connection to the last peer ended: \(reason)")) }
  }

  // MARK: Asking the loop

  /// Runs `body` on the loop, and waits until it has called back.
  private func ask<R: Sendable>(
    _ what: String, _ body: @escaping @Sendable (_ done: @escaping (Result<R, any Error>) -> Void) -> Void
  ) throws -> R {
    let answer = Shared(Mutex<Result<R, any Error>?>(nil))
    let isAnswered = DispatchSemaphore(value: 0)
    loop.execute { [self] in
      let number = nextWaiting
      nextWaiting += 1
      let finish: (Result<R, any Error>) -> Void = { [self] result in
        waiting[number] = nil
        let isFirst = answer.value.withLock { held in
          if held != nil { return false }
          held = result
          return true
        }
        if isFirst { isAnswered.signal() }
      }
      waiting[number] = { finish(.failure($0)) }
      body(finish)
    }
    let limit = DispatchTime.now() + .milliseconds(Int(clamping: timeoutMilliseconds))
    guard isAnswered.wait(timeout: limit) == .success else {
      throw ToolError(.temporary, "\(what) did not come within \(timeoutMilliseconds) ms")
    }
    guard let result = answer.value.withLock({ $0 }) else { preconditionFailure("signalled without an answer") }
    return try result.get()
  }

  /// A block, fetched unless it is stored.
  func block(at index: UInt64) throws -> [UInt8] {
    try ask("block \(index)") { [self] done in
      guard let replicator else { return }
      do {
        if let block = try replicator.log.get(index) { return done(.success(block)) }
      } catch {
        return done(.failure(error))
      }
      replicator.get(index) { [self] result in
        switch result {
        case .success:
          let block = Result { try replicator.log.block(at: index) }
          note(index, try? block.get().count)
          done(block)
        case .failure(let error): done(.failure(ToolError(.temporary, "block \(index) cannot be fetched: \(error)")))
        }
      }
      replicator.flush()
    }
  }

  private func note(_ index: UInt64, _ count: Int?) {
    guard let count else { return }
    fetchedCount += 1
    fetchedByteCount += count
    if isVerbose { Messages.note("fetched block \(index), \(count) bytes") }
  }

  /// The hash of the roots of the Merkle tree over the first `length` blocks.
  func treeHash(at length: UInt64) throws -> Fixed32 {
    try ask("the tree") { [self] done in
      guard let replicator else { return }
      done(Result { try replicator.log.treeHash(at: length) })
    }
  }

  /// The view as it is now.
  func log() throws -> SparseLog {
    let length: UInt64 = try ask("the length") { [self] done in done(.success(self.length)) }
    return SparseLog(self, length: length)
  }

  /// Says what was fetched, when that is to be told.
  func tell() {
    guard isVerbose else { return }
    let text: String? = try? ask("the count") { [self] done in
      done(.success("fetched \(fetchedCount) of \(length) blocks, \(fetchedByteCount) bytes"))
    }
    if let text { Messages.note(text) }
  }
}

/// A value that several threads see.
private final class Shared<Value: ~Copyable & Sendable>: Sendable {
  let value: Value
  init(_ value: consuming Value) { self.value = value }
}

/// One state of a view of which blocks are fetched when they are read.
final class SparseLog: ReadableLog {
  let length: UInt64
  let fork: UInt64 = 0
  private let view: SparseView

  init(_ view: SparseView, length: UInt64) {
    self.view = view
    self.length = length
  }

  func block(at index: UInt64) throws -> [UInt8] {
    guard index < length else { throw LogError.blockNotAvailable(index: index, length: length) }
    return try view.block(at: index)
  }

  func snapshot() -> any ReadableLog { self }
}
