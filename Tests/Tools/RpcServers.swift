import Glibc
import TestSupport

/// A server in a process of its own, in a folder with its socket.
final class RpcServer {
  let folder = TemporaryDirectory()
  let process: RunningCommand
  /// `KEY@ADDRESS`.
  let name: String

  /// Starts `rpc-test-server` with the given settings, on a socket of the file system or on a port of this machine.
  init(_ settings: String..., port: Bool = false) throws {
    let address = port ? "127.0.0.1:0" : "unix:" + folder.file("socket")
    process = try Command(Command.tool("rpc-test-server"), [address] + settings).start()
    try process.wait { output, _ in output.hasSuffix("\n") }
    name = String(String(decoding: process.output, as: UTF8.self).dropLast())
  }

  var key: String { String(name.prefix { $0 != "@" }) }
  var address: String { String(name.drop { $0 != "@" }.dropFirst()) }
  var port: Int { Int(address.split(separator: ":").last ?? "") ?? 0 }

  /// Runs `rpc-call` against this server.
  func call(_ arguments: String..., input: String = "") throws -> Command.Result {
    try rpcCall(["--server", name] + arguments, input: Array(input.utf8))
  }
}

/// Runs `rpc-call` without settings of the user.
func rpcCall(
  _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:], folder: String? = nil
) throws -> Command.Result {
  try rpcCommand(arguments, input: input, environment: environment, folder: folder).run()
}

/// `rpc-call` without settings of the user.
func rpcCommand(
  _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:], folder: String? = nil
) throws -> Command {
  var variables = ["HOME": "/nonexistent", "XDG_CONFIG_HOME": "", "NO_COLOR": "1"]
  for (key, value) in environment { variables[key] = value }
  return Command(try Command.tool("rpc-call"), arguments, input: input, environment: variables, folder: folder)
}

/// A port of this machine on which every connection is handled by a function, one after the other or each on a thread.
final class Listener: @unchecked Sendable {
  let port: Int
  private let descriptor: Int32

  init(isParallel: Bool = false, _ handle: @escaping @Sendable (Int32) -> Void) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var address = Listener.loopback(port: 0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, size) != 0 || listen(descriptor, 16) != 0
          || getsockname(descriptor, address, &size) != 0
      }
    }
    if code { throw CommandError("no socket: error \(errno)") }
    port = Int(UInt16(bigEndian: address.sin_port))
    Listener.thread {
      while true {
        let connection = accept(descriptor, nil, nil)
        if connection < 0 { return }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        let serve: @Sendable () -> Void = {
          handle(connection)
          shutdown(connection, Int32(SHUT_RDWR))
          close(connection)
        }
        if isParallel { Listener.thread(serve) } else { serve() }
      }
    }
  }

  deinit {
    shutdown(descriptor, Int32(SHUT_RDWR))
    close(descriptor)
  }

  /// A port to which nobody listens.
  static func closedPort() throws -> Int { try Listener { _ in }.port }

  static func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }

  static func read(_ descriptor: Int32, _ count: Int = 65_536) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let received = recv(descriptor, &bytes, count, 0)
    return Array(bytes.prefix(max(0, received)))
  }

  @discardableResult
  static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  private static func thread(_ body: @escaping @Sendable () -> Void) {
    final class Box {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      {
        Unmanaged<Box>.fromOpaque($0!).takeRetainedValue().body()
        return nil
      }, Unmanaged.passRetained(Box(body)).toOpaque())
    pthread_detach(thread)
  }
}

extension Listener {
  /// Passes bytes on between a caller and a server, and changes byte `index` of what the server sends.
  static func proxy(to port: Int, changing index: Int, by mask: UInt8) throws -> Listener {
    try Listener { caller in
      let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(server) }
      var address = loopback(port: port)
      let code = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard code == 0 else { return }
      var offset = 0
      while true {
        var fds = [
          pollfd(fd: caller, events: Int16(POLLIN), revents: 0), pollfd(fd: server, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&fds, 2, 10_000) > 0 else { return }
        if fds[0].revents != 0 {
          let bytes = read(caller)
          guard !bytes.isEmpty, write(server, bytes) else { return }
        }
        if fds[1].revents != 0 {
          var bytes = read(server)
          guard !bytes.isEmpty else { return }
          if offset..<offset + bytes.count ~= index { bytes[index - offset] ^= mask }
          offset += bytes.count
          guard write(caller, bytes) else { return }
        }
      }
    }
  }
}
