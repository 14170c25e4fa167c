import Corestore
import Glibc
import HypercoreCrypto
import JSON
import Logging
import RegistryNode
import ToolKit
import Transport
import TransportToolKit

/// The life of the server: it starts, waits for signals and for commits of other processes, and ends.
///
/// The main thread does only this. Connections, calls and the store belong to the thread of the event loop.
struct Daemon {
  let service: NodeService
  let reporter: Reporter
  let termination: Int32
  let statusRequests: Int32
  /// A burst of commits is looked at once in this time.
  private static let pauseMilliseconds: Int32 = 5

  init(service: NodeService, reporter: Reporter, termination: Int32, statusRequests: Int32) {
    self.service = service
    self.reporter = reporter
    self.termination = termination
    self.statusRequests = statusRequests
  }

  /// Serves until a signal asks to end.
  func run(
    addresses: [TransportAddress], keyPair: KeyPair, maximumConnectionCount: Int, drainMilliseconds: Int64,
    storeDirectory: String?, peers: [PeerAddress], ready: () -> Void
  ) throws {
    var settings = RPCServerSettings(publicKey: keyPair.publicKey)
    settings.transport.maximumConnectionCount = maximumConnectionCount
    settings.onOpen = { [service, reporter] peer in
      service.connectionCount += 1
      reporter.opened(peer)
    }
    settings.onClose = { [service, reporter] peer, reason in
      service.connectionCount -= 1
      reporter.closed(peer, reason)
    }
    let loop = TransportLoop()
    let watcher = storeDirectory.map { StoreWatcher(directory: $0) }
    let keeper = PeerKeeper(on: loop, keyPair: keyPair, peers: peers, settings: settings.transport) { [reporter] in
      reporter.peer($0)
    }
    service.start(on: loop, peers: keeper)
    let server = try start(loop, addresses, keyPair, settings, keeper).get()
    keeper.start { peer, connection in server.session(with: peer, on: connection) }
    for address in server.addresses { reporter.listening(address, key: keyPair.publicKey) }
    ready()
    wait(loop, watcher, storeDirectory.flatMap { StatusSocket(directory: $0) })
    let deadline = ContinuousClock.now + .milliseconds(drainMilliseconds)
    waiting {
      async let outgoing: Void = keeper.drain(timeoutMilliseconds: UInt64(drainMilliseconds))
      await server.drain(timeoutMilliseconds: UInt64(drainMilliseconds))
      await outgoing
    }
    // What commands do for callers who are gone is finished, too.
    while service.pending.value > 0, ContinuousClock.now < deadline { usleep(5_000) }
    let unfinished = service.pending.value
    service.stop()
    waiting { await loop.shutdown() }
    if unfinished > 0 {
      throw ToolError(
        .temporary, "\(unfinished) calls were not finished within \(drainMilliseconds) ms",
        hint: "--timeout gives them longer")
    }
  }

  private func start(
    _ loop: TransportLoop, _ addresses: [TransportAddress], _ keyPair: KeyPair, _ settings: RPCServerSettings,
    _ keeper: PeerKeeper
  ) -> Result<RPCServer, TransportError> {
    waiting { [service, reporter] in
      do throws(TransportError) {
        let logger = Logger(label: "rpc-serve") { _ in ReporterLog(reporter) }
        return .success(
          try await RPCServer.start(
            on: loop, addresses: addresses, keyPair: keyPair, service: service, settings: settings, logger: logger,
            peers: keeper
          ) { peer, connection in service.parts(with: peer, on: connection) })
      } catch {
        return .failure(error)
      }
    }
  }

  /// Waits for the end; meanwhile tells the state when asked, and has the base follow what others commit.
  private func wait(_ loop: TransportLoop, _ watcher: StoreWatcher?, _ socket: StatusSocket?) {
    var isPaused = false
    while true {
      var items = [
        pollfd(fd: termination, events: Int16(POLLIN), revents: 0),
        pollfd(fd: statusRequests, events: Int16(POLLIN), revents: 0),
        pollfd(fd: isPaused ? -1 : watcher?.fileDescriptor ?? -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: socket?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
      ]
      let patience = watcher == nil ? -1 : isPaused ? Self.pauseMilliseconds : Int32(StoreWatcher.pollMilliseconds)
      poll(&items, nfds_t(items.count), patience)
      if items[0].revents != 0 { return }
      if items[1].revents != 0 {
        Descriptors.drain(statusRequests)
        service.tellStatus(on: loop, reporter)
      }
      if items[3].revents != 0 { while let client = socket?.accept() { service.answerStatus(on: loop, client) } }
      let wasPaused = isPaused
      isPaused = false
      guard let watcher, items[2].revents != 0 || !wasPaused && watcher.filesChanged() else { continue }
      watcher.drain()
      isPaused = true
      loop.execute { [service] in service.follow() }
    }
  }
}
