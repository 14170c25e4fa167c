import Glibc

/// A TCP connection over the loopback whose other end sends every message back: two threads, blocking sockets, no
/// protocol.
final class Loopback {
  private let socket: Int32
  private let size: Int
  private var buffer: [UInt8]

  /// A connection that carries messages of `size` bytes, at most `window` of them in flight.
  init(messageSize size: Int, window: Int) throws {
    self.size = size
    buffer = Array(repeating: 0x62, count: size * window)

    let listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, length) == 0 }
    }
    let other = accept(listener, nil, nil)
    close(listener)
    guard listening, connected, other >= 0 else { throw BenchError("no connection over the loopback") }
    for descriptor in [socket, other] {
      var on: Int32 = 1
      setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    // The echoing thread ends when this end is closed.
    let capacity = size * window
    try detach {
      var bytes = [UInt8](repeating: 0, count: capacity)
      while true {
        let count = read(other, &bytes, capacity)
        guard count > 0 else { break }
        var sent = 0
        while sent < count {
          let written = bytes.withUnsafeBytes { write(other, $0.baseAddress! + sent, count - sent) }
          guard written > 0 else { break }
          sent += written
        }
      }
      close(other)
    }
  }

  deinit { close(socket) }

  /// Sends `count` messages at once and waits until all are back.
  func exchange(_ count: Int) throws {
    let total = count * size
    guard write(socket, buffer, total) == total else { throw BenchError("the loopback connection broke") }
    var received = 0
    while received < total {
      let read = buffer.withUnsafeMutableBytes { Glibc.read(socket, $0.baseAddress! + received, total - received) }
      guard read > 0 else { throw BenchError("the loopback connection broke") }
      received += read
    }
  }
}

/// Runs `body` on a thread of its own, to which nobody waits.
func detach(_ body: @escaping @Sendable () -> Void) throws {
  let box = Unmanaged.passRetained(ThreadBody(body))
  var thread = pthread_t()
  let result = pthread_create(
    &thread, nil,
    { context in
      Unmanaged<ThreadBody>.fromOpaque(context!).takeRetainedValue().body()
      return nil
    }, box.toOpaque())
  guard result == 0 else { throw BenchError("no thread could be started") }
  pthread_detach(thread)
}

/// Runs `count` threads to their end.
func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws {
  var threads: [pthread_t] = []
  for index in 0..<count {
    let box = Unmanaged.passRetained(ThreadBody { body(index) })
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<ThreadBody>.fromOpaque(context!).takeRetainedValue().body()
        return nil
      }, box.toOpaque())
    guard result == 0 else { throw BenchError("no thread could be started") }
    threads.append(thread)
  }
  for thread in threads { pthread_join(thread, nil) }
}

private final class ThreadBody: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
