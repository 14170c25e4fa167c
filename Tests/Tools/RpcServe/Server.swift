import CompactEncoding
import Glibc
import HypercoreCrypto
import JSON
import ProtomuxRPC
import Registry
import TestSupport
import Testing
import Transport

/// A running `rpc-serve`, which ends with the last reference at the latest.
final class Server {
  let store: Store
  let process: RunningCommand
  let key: Fixed32
  let addresses: [TransportAddress]

  static let loop = TransportLoop()

  /// Starts a server on a port of this machine, or where the arguments say, and waits until it can be reached.
  convenience init(_ store: Store, _ arguments: [String] = []) throws {
    let listen = arguments.contains("--listen") ? [] : ["--listen", "127.0.0.1:0"]
    try self.init(store, running: store.command("rpc-serve", listen + arguments))
  }

  init(_ store: Store, running command: Command) throws {
    self.store = store
    process = try command.start()
    let expected = max(1, command.arguments.count { $0 == "--listen" })
    try process.wait { _, errors in Server.servers(errors).count == expected }
    let servers = Server.servers(String(decoding: process.errors, as: UTF8.self))
    key = try KeyIdentifier.decode(try #require(servers.first?.key))
    addresses = servers.compactMap { TransportAddress($0.address) }
  }

  private static func servers(_ errors: String) -> [(key: String, address: String)] {
    errors.split(separator: "\n").compactMap { line in
      let json = line.hasPrefix("{") ? try? JSON(parsing: line) : nil
      let server = json?["server"]?.string ?? (line.hasPrefix("listening ") ? String(line.dropFirst(10)) : "")
      let parts = server.split(separator: "@", maxSplits: 1).map(String.init)
      return parts.count == 2 ? (parts[0], parts[1]) : nil
    }
  }

  /// What it said apart from where it listens.
  var messages: [String] {
    String(decoding: process.errors, as: UTF8.self).split(separator: "\n").map(String.init)
      .filter { !$0.hasPrefix("listening ") }
  }

  /// Waits until it has said something on standard error, without keeping other tests from going on.
  func waitForMessage(_ text: String) async throws {
    for _ in 0..<2000 {
      if String(decoding: process.errors, as: UTF8.self).contains(text) { return }
      try? process.wait(timeoutMilliseconds: 1) { _, errors in errors.contains(text) }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw CommandError("rpc-serve does not say \(text), but: \(messages)")
  }

  /// Connects to one of its addresses.
  func client(_ keyPair: KeyPair? = nil, at index: Int = 0) async throws -> RPCClient {
    var generator = SystemRandomNumberGenerator()
    return try await RPCClient.connect(
      on: Server.loop, to: addresses[index], serverKey: key, keyPair: keyPair ?? KeyPair(using: &generator))
  }

  /// Ends it as an operator does; it must end well.
  func stop(expecting status: Int32 = 0) throws {
    process.signal(SIGTERM)
    let result = try process.finish()
    #expect(result.status == status, "\(result.messages)")
  }

  /// It still answers, ends well, and its store is sound.
  func expectSound() async throws {
    let client = try await client()
    #expect(try await client.status().writable)
    client.close()
    try stop()
    let verified = try store.log("verify")
    #expect(verified.status == 0, "\(verified.messages)")
  }
}

extension Store {
  /// A store with a new registry.
  static func withRegistry() throws -> Store {
    let store = Store()
    let result = try store.run("registry-admin", ["init"])
    if result.status != 0 { throw CommandError("registry-admin init: \(result.messages)") }
    return store
  }
}

extension RPCClient {
  func put(_ entry: Entry) async throws { _ = try await call("put-entry", entry.encoded()) }

  func get(_ name: String) async throws -> Entry? {
    try EntryResult(decoding: try await call("get-entry", EntryName(name).encoded())).entry
  }

  func status() async throws -> Status { try Status(decoding: try await call("status", [])) }
}

extension Entry {
  /// An entry for tests.
  static func named(_ name: String, description: String? = nil) -> Entry {
    Entry(
      name: name, driveKey: Blake2b.hash(Array(name.utf8)), type: "text",
      description: description, owner: "somebody")
  }
}

/// A plain blocking socket, for peers that do not play by the rules.
final class PeerSocket {
  private let descriptor: Int32

  init(_ address: TransportAddress) throws {
    guard case .tcp(_, let port) = address else { throw CommandError("\(address) is no port") }
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = in_port_t(port).bigEndian
    name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let result = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if result != 0 { throw CommandError("cannot connect to \(address)") }
    var time = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// Writes as much as the other side takes.
  func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count <= 0 { return }
      rest = rest.dropFirst(count)
    }
  }

  /// What there is to read; empty when the other side closed, nil when it was silent for long.
  func read() -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    if count < 0 { return errno == EAGAIN ? nil : [] }
    return Array(bytes[..<count])
  }

  /// Waits until the other side closes; false when it does not for long.
  func waitForEnd() -> Bool {
    while let bytes = read() { if bytes.isEmpty { return true } }
    return false
  }
}
