import CompactEncoding
import Glibc
import HypercoreCrypto
import Logging
import ProtomuxRPC
import Synchronization
import Testing

@testable import Transport

/// A service for tests, with methods named after what they do.
final class TestService: RPCService {
  let batches = Mutex<[Int]>([])
  let deferred = Mutex<[RPCCall]>([])
  let peers = Mutex<Set<Fixed32>>([])

  func respond(to calls: [RPCCall]) -> [RPCOutcome] {
    batches.withLock { $0.append(calls.count) }
    return calls.map { call in
      peers.withLock { _ = $0.insert(call.peer.publicKey) }
      switch call.request.method {
      case "echo": return .value(call.request.value)
      case "fail": return .failure(.requestFailed(.init("no", code: "E", context: "c")))
      case "later":
        deferred.withLock { $0.append(call) }
        return .deferred
      case "large": return .value([UInt8](repeating: 7, count: 3 << 20))
      default: return .failure(.unknownMethod(call.request.method))
      }
    }
  }
}

/// A server on a port of this machine, and what is needed to talk to it.
struct TestServer {
  let loop = TransportLoop()
  let keyPair: KeyPair
  let service = TestService()
  let server: RPCServer

  init(
    addresses: [TransportAddress] = [.tcp(host: "127.0.0.1", port: 0)],
    _ change: (inout RPCServerSettings) -> Void = { _ in }
  ) async throws {
    var generator = SystemRandomNumberGenerator()
    keyPair = KeyPair(using: &generator)
    var settings = RPCServerSettings(publicKey: keyPair.publicKey)
    change(&settings)
    server = try await RPCServer.start(
      on: loop, addresses: addresses, keyPair: keyPair, service: service, settings: settings)
  }

  var address: TransportAddress { server.addresses[0] }

  var port: Int { if case .tcp(_, let port) = address { port } else { 0 } }

  func client(
    keyPair: KeyPair? = nil, secret: Fixed32? = nil, settings: TransportSettings = TransportSettings(),
    onClose: (@Sendable (TransportError) -> Void)? = nil
  ) async throws -> RPCClient {
    var generator = SystemRandomNumberGenerator()
    return try await RPCClient.connect(
      on: loop, to: address, serverKey: self.keyPair.publicKey, keyPair: keyPair ?? KeyPair(using: &generator),
      settings: settings, capabilitySecret: secret, onClose: onClose)
  }

  func stop() async {
    await server.drain(timeoutMilliseconds: 0)
    await loop.shutdown()
  }
}

/// A plain blocking socket, for peers that do not play by the rules.
final class RawSocket {
  let descriptor: Int32

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(result == 0)
    var time = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// Writes; false when the other side is gone.
  @discardableResult
  func write(_ bytes: [UInt8]) -> Bool {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress.unsafelyUnwrapped + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return false }
      offset += count
    }
    return true
  }

  /// Up to `count` bytes; empty when the other side closed, nil when it said nothing for ten seconds.
  func read(_ count: Int = 65_536) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    let result = recv(descriptor, &bytes, count, 0)
    if result < 0 { return errno == EAGAIN ? nil : [] }
    return Array(bytes[..<result])
  }

  /// Waits until the other side closes; false when it did not within ten seconds.
  func waitForEnd() -> Bool {
    while let bytes = read() { if bytes.isEmpty { return true } }
    return false
  }
}
