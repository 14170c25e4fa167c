import Glibc
import JSON

/// A socket beside the store at which the node's state can be asked: whoever connects gets one JSON object, and the end.
///
/// Whatever goes wrong with it does not concern the node.
final class StatusSocket {
  /// Name of the socket in the store's folder.
  static let name = "node.status"

  let descriptor: Int32
  private let path: String

  /// Listens in `directory`, whose node this process is; nil when that cannot be.
  init?(directory: String) {
    path = directory + "/" + Self.name
    let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return nil }
    defer { close(folder) }
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    // The folder's path may be longer than an address can be.
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "/proc/self/fd/\(folder)/\(Self.name)".utf8) }
    unlink(path)
    let mask = umask(0o077)
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    umask(mask)
    if code != 0 || listen(descriptor, 16) != 0 {
      close(descriptor)
      return nil
    }
  }

  deinit {
    close(descriptor)
    unlink(path)
  }

  /// The next one who asks; nil when there is none.
  func accept() -> Int32? {
    let client = Glibc.accept(descriptor, nil, nil)
    guard client >= 0 else { return nil }
    _ = fcntl(client, F_SETFD, FD_CLOEXEC)
    _ = fcntl(client, F_SETFL, O_NONBLOCK)
    return client
  }

  /// Answers as far as the socket takes it at once, and closes it.
  static func answer(_ client: Int32, _ object: JSONObject) {
    let bytes = JSON.object(object).utf8()
    var start = 0
    while start < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(client, $0.baseAddress! + start, $0.count - start, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { break }
      start += count
    }
    close(client)
  }
}
