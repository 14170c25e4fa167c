internal import NIOCore

/// Where a server listens: `HOST:PORT`, `[IPV6]:PORT`, or a socket in the file system, `unix:PATH` or any text with a
/// slash.
public enum TransportAddress: Hashable, Sendable {
  /// A host name or IP address, and a port; 0 lets the system choose one.
  case tcp(host: String, port: Int)
  /// The path of a Unix socket.
  case unix(path: String)

  /// Reads an address; nil when it is none.
  public init?(_ text: String) {
    if text.hasPrefix("unix:") || text.contains("/") {
      let path = text.hasPrefix("unix:") ? String(text.dropFirst(5)) : text
      guard !path.isEmpty else { return nil }
      self = .unix(path: path)
      return
    }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = text[..<colon]
    if host.first == "[" {
      guard host.last == "]" else { return nil }
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty else { return nil }
    self = .tcp(host: String(host), port: Int(port))
  }

  init(_ address: SocketAddress?) {
    switch address {
    case .unixDomainSocket: self = .unix(path: address?.pathname ?? "")
    case .v4, .v6: self = .tcp(host: address?.ipAddress ?? "", port: address?.port ?? 0)
    case nil: self = .unix(path: "")
    }
  }

  /// Whether only this machine can use the address: a Unix socket, or an IP address of the loopback network.
  public var isLocal: Bool {
    switch self {
    case .unix: true
    case .tcp(let host, _):
      host == "::1" || host == "localhost" || host.hasPrefix("127.") || host.hasPrefix("::ffff:127.")
    }
  }
}

extension TransportAddress: CustomStringConvertible {
  /// The text that reads back as this address.
  public var description: String {
    switch self {
    case .unix(let path): "unix:" + path
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
  }
}
