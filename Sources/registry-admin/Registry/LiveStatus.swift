import CompactEncoding
import Glibc
import HypercoreCrypto
import JSON
import RegistryNode

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

  /// What came of asking.
  enum Answer {
    /// No node is there to be asked.
    case none
    /// One is there, and did not answer in time: it hangs or was stopped.
    case silence
    case status(LiveStatus)

    /// The status, if there is one.
    var status: LiveStatus? { if case .status(let status) = self { status } else { nil } }
  }

  /// How long a node may take to answer.
  static let patienceMilliseconds: Int32 = 2_000

  /// Asks the node that runs on a store, if one does.
  static func ask(directory: String, timeoutMilliseconds: Int32 = patienceMilliseconds) -> Answer {
    guard NodeLock.holder(directory: directory) != nil, let descriptor = connect(directory, timeoutMilliseconds) else {
      return .none
    }
    guard descriptor >= 0 else { return .silence }
    defer { close(descriptor) }
    guard let bytes = read(descriptor, timeoutMilliseconds) else { return .silence }
    // One that was just ending says nothing.
    return (try? JSON(parsing: bytes)).map { .status(LiveStatus($0)) } ?? .none
  }

  private init(_ json: JSON) {
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

  /// Connects to the socket beside the store.
  ///
  /// - Returns: the socket; nil when nobody listens there, -1 when whoever does takes no more connections.
  private static func connect(_ directory: String, _ timeoutMilliseconds: Int32) -> Int32? {
    let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return nil }
    defer { close(folder) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    // Those who asked a stopped node before wait in line, and the line may be full.
    var time = timeval(
      tv_sec: Int(timeoutMilliseconds / 1_000), tv_usec: max(1, Int(timeoutMilliseconds % 1_000) * 1_000))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    // The folder's path may be longer than an address can be.
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "/proc/self/fd/\(folder)/node.status".utf8) }
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    if code == 0 { return descriptor }
    let isFull = errno == EAGAIN
    close(descriptor)
    return isFull ? -1 : nil
  }

  /// All that the node says; nil when nothing more comes before the end.
  private static func read(_ descriptor: Int32, _ timeoutMilliseconds: Int32) -> [UInt8]? {
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    // A status is small; whatever else answers is not listened to for ever.
    while answer.count < 64 << 20 {
      var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&item, 1, timeoutMilliseconds) > 0 else { return nil }
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return answer }
      answer += buffer[..<count]
    }
    return nil
  }
}
