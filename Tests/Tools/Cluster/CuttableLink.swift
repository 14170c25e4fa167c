import Glibc
import Synchronization
import TestSupport

/// A port that passes bytes on to another one until it is cut, as a network between two nodes.
final class CuttableLink: Sendable {
  private let listener: Listener
  private let state: State

  var port: Int { listener.port }

  /// What the threads of the connections see.
  private final class State: Sendable {
    let isCut = Atomic(false)
  }

  /// A link to a port of this machine.
  init(to port: Int) throws {
    let state = State()
    self.state = state
    listener = try Listener(isParallel: true) { caller in
      guard !state.isCut.load(ordering: .relaxed) else { return }
      let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(server) }
      _ = fcntl(server, F_SETFD, FD_CLOEXEC)
      var address = Listener.loopback(port: port)
      let code = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard code == 0 else { return }
      while !state.isCut.load(ordering: .relaxed) {
        var items = [
          pollfd(fd: caller, events: Int16(POLLIN), revents: 0), pollfd(fd: server, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&items, 2, 20) >= 0 else { return }
        for (from, to, item) in [(caller, server, items[0]), (server, caller, items[1])] where item.revents != 0 {
          let bytes = Listener.read(from)
          guard !bytes.isEmpty, Listener.write(to, bytes) else { return }
        }
      }
    }
  }

  /// Ends all connections, and lets none come about any more.
  func cut() { state.isCut.store(true, ordering: .relaxed) }

  /// Lets connections come about again.
  func heal() { state.isCut.store(false, ordering: .relaxed) }
}
