import CompactEncoding
import Glibc
import HypercoreCrypto
import JSON

/// What the running node of a store says of itself, at the socket beside the store.
struct LiveStatus {
  /// One log that takes part in the replication.
  struct Log {
    /// The longest length that a peer told of.
    var remoteLength: UInt64
    /// Peers that have opened it.
    var peerCount: Int
    /// What its replication waits for.
    var waits: [String]
  }

  /// A peer that the node keeps a connection to.
  struct Peer {
    var name: String
    var isConnected: Bool
    /// One line for people.
    var state: String
  }

  private(set) var logs: [Fixed32: Log] = [:]
  private(set) var peers: [Peer] = []
  /// Connections over which logs are replicated.
  private(set) var replicatingCount = 0

  /// Asks the node; nil when none answers in time.
  init?(directory: String, timeoutMilliseconds: Int32 = 2000) {
    guard let bytes = Self.ask(directory, timeoutMilliseconds), let json = try? JSON(parsing: bytes) else { return nil }
    replicatingCount = Int(json["replicating"]?.integer ?? 0)
    for peer in json["peers"]?.array ?? [] {
      peers.append(
        Peer(
          name: peer["peer"]?.string ?? "", isConnected: peer["connected"]?.bool ?? false,
          state: peer["state"]?.string ?? ""))
    }
    for log in json["logs"]?.array ?? [] {
      guard let text = log["key"]?.string, let key = try? KeyIdentifier.decode(text) else { continue }
      logs[key] = Log(
        remoteLength: log["remoteLength"]?.unsigned ?? 0, peerCount: Int(log["peers"]?.integer ?? 0),
        waits: log["waits"]?.array?.compactMap(\.string) ?? [])
    }
  }

  private static func ask(_ directory: String, _ timeoutMilliseconds: Int32) -> [UInt8]? {
    let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return nil }
    defer { close(folder) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    // The folder's path may be longer than an address can be.
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "/proc/self/fd/\(folder)/node.status".utf8) }
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard code == 0 else { return nil }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    // A status is small; whatever else answers is not listened to for ever.
    while answer.count < 64 << 20 {
      var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&item, 1, timeoutMilliseconds) > 0 else { return nil }
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count == 0 ? answer : nil }
      answer += buffer[..<count]
    }
    return nil
  }
}
