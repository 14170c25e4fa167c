import CompactEncoding
import Corestore
import Glibc
import HypercoreCrypto
import Synchronization
import ToolKit
import Transport
import TransportToolKit

/// Replicates over sockets. Connections, store and job belong to the thread of the event loop; the main thread waits for
/// the end, for signals, and for what other processes commit.
struct NetworkReplication {
  let job: ReplicationJob
  let keyPair: KeyPair
  let listen: [TransportAddress]
  let connect: [ServerArgument]
  /// Who may connect; everybody when empty.
  let allowed: Set<Fixed32>
  let isLive: Bool
  let timeoutMilliseconds: Int64
  let storeDirectory: String
  /// Prints where the tool listens.
  let announce: (TransportAddress) -> Void
  private let loop = TransportLoop()

  init(
    job: ReplicationJob, keyPair: KeyPair, listen: [TransportAddress], connect: [ServerArgument],
    allowed: Set<Fixed32>, isLive: Bool, timeoutMilliseconds: Int64, storeDirectory: String,
    announce: @escaping (TransportAddress) -> Void
  ) {
    self.job = job
    self.keyPair = keyPair
    self.listen = listen
    self.connect = connect
    self.allowed = allowed
    self.isLive = isLive
    self.timeoutMilliseconds = timeoutMilliseconds
    self.storeDirectory = storeDirectory
    self.announce = announce
  }

  /// Runs until the job is over or a signal asks to end.
  func run(termination: Int32, ready: () -> Void) throws {
    let settings = settings
    let watcher = StoreWatcher(directory: storeDirectory)
    let done = try Wakeup()
    job.onEnd = { done.signal() }
    let listener = try startListening(settings)
    for address in listener?.addresses ?? [] { announce(address) }
    ready()
    let keeper = isLive ? keepConnections(settings) : nil
    var failure: ToolError?
    do { if !isLive { try connectOnce(settings) } } catch { failure = error }
    if failure == nil { wait(termination, done, watcher) }
    waiting {
      await keeper?.drain(timeoutMilliseconds: Self.drainMilliseconds)
      await listener?.drain(timeoutMilliseconds: Self.drainMilliseconds)
    }
    close()
    if let failure { throw failure }
  }

  private static let drainMilliseconds: UInt64 = 2_000
  /// How often is looked whether the time is over while nobody is connected.
  private static let patienceMilliseconds: Int32 = 50

  private var settings: TransportSettings {
    var settings = TransportSettings()
    let time = UInt64(clamping: timeoutMilliseconds)
    settings.connectTimeoutMilliseconds = min(settings.connectTimeoutMilliseconds, time)
    settings.handshakeTimeoutMilliseconds = min(settings.handshakeTimeoutMilliseconds, time)
    return settings
  }

  /// What runs over a connection.
  private var makeSession: PeerKeeper.MakeSession {
    { [job, allowed] peer, connection in
      guard allowed.isEmpty || allowed.contains(peer.publicKey) || connection.role == .initiator else { return nil }
      let replication = ReplicationPart(job.replicator, on: connection, with: peer)
      return ConnectionRouter([replication, JobPart(job, on: connection)])
    }
  }

  private func startListening(_ settings: TransportSettings) throws -> Listener? {
    guard !listen.isEmpty else { return nil }
    let (loop, keyPair, addresses, makeSession) = (loop, keyPair, listen, makeSession)
    let result: Result<Listener, TransportError> = waiting {
      do throws(TransportError) {
        return .success(
          try await Listener.start(
            on: loop, addresses: addresses, keyPair: keyPair, settings: settings, makeSession: makeSession))
      } catch {
        return .failure(error)
      }
    }
    do { return try result.get() } catch { throw ToolError(error) }
  }

  private func keepConnections(_ settings: TransportSettings) -> PeerKeeper {
    let keeper = PeerKeeper(on: loop, keyPair: keyPair, peers: connect.map(\.peer), settings: settings) { status in
      Messages.note("\(status.peer): \(status)")
    }
    keeper.start(makeSession)
    return keeper
  }

  /// Connects to every peer, of which one at least must be there.
  private func connectOnce(_ settings: TransportSettings) throws(ToolError) {
    guard !connect.isEmpty else { return }
    let (loop, keyPair, peers, makeSession) = (loop, keyPair, connect, makeSession)
    let results: [Result<Void, TransportError>] = waiting {
      await withTaskGroup { group in
        for peer in peers {
          group.addTask { () -> Result<Void, TransportError> in
            do throws(TransportError) {
              _ = try await Connector.connect(
                on: loop, to: peer.address, serverKey: peer.key, keyPair: keyPair, settings: settings
              ) { remote, connection in
                guard let router = makeSession(remote, connection) as? ConnectionRouter else {
                  preconditionFailure("a peer that was asked for is admitted")
                }
                return router
              }
              return .success(())
            } catch {
              return .failure(error)
            }
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
    }
    var last: TransportError?
    var count = 0
    for result in results {
      do { try result.get(); count += 1 } catch {
        if results.count > 1 { Messages.warning("\(error)") }
        last = error
      }
    }
    if count == 0, let last { throw ToolError(last) }
  }

  /// Waits for the end of the job, a signal, and meanwhile tells the job of commits of other processes.
  private func wait(_ termination: Int32, _ done: Wakeup, _ watcher: StoreWatcher) {
    loop.execute { [job] in job.look(at: Self.now) }
    while true {
      var items = [
        pollfd(fd: termination, events: Int16(POLLIN), revents: 0),
        pollfd(fd: done.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: watcher.fileDescriptor, events: Int16(POLLIN), revents: 0),
      ]
      poll(&items, 3, isLive ? Int32(StoreWatcher.pollMilliseconds) : Self.patienceMilliseconds)
      if items[0].revents != 0 || items[1].revents != 0 { return }
      if items[2].revents != 0 || watcher.filesChanged() {
        watcher.drain()
        loop.execute { [job] in job.storeChanged(at: Self.now) }
        // A burst of commits is looked at once.
        usleep(2_000)
      }
      // Without a connection nobody else looks at the time.
      loop.execute { [job] in job.expire(at: Self.now) }
    }
  }

  /// Ends the replication on its thread, and the thread.
  private func close() {
    let loop = loop
    let job = job
    waiting {
      await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        loop.execute {
          job.close()
          continuation.resume()
        }
      }
      await loop.shutdown()
    }
  }

  /// The clock of connections.
  private static var now: UInt64 { TransportLoop.now }
}

/// Wakes a thread that waits in `poll`.
final class Wakeup: Sendable {
  /// Readable once it was signalled.
  let descriptor: Int32
  private let writeEnd: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw ToolError.system("cannot make a pipe", errno) }
    (descriptor, writeEnd) = (ends[0], ends[1])
  }

  deinit {
    Glibc.close(descriptor)
    Glibc.close(writeEnd)
  }

  func signal() {
    var byte: UInt8 = 0
    _ = write(writeEnd, &byte, 1)
  }
}
