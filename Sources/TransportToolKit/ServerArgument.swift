public import ArgumentParser
public import CompactEncoding
public import ToolKit
public import Transport

/// A server on the command line: `KEY@HOST:PORT`, `KEY@[IPV6]:PORT` or `KEY@unix:PATH`.
public struct ServerArgument: ExpressibleByArgument, Hashable, Sendable {
  /// Its key and where it is.
  public let peer: PeerAddress

  /// The only key that the server may prove.
  public var key: Fixed32 { peer.publicKey }
  /// Where it is.
  public var address: TransportAddress { peer.address }

  /// Reads a server; nil when the text is none, or names port 0.
  public init?(argument: String) {
    guard let peer = PeerAddress(argument) else { return nil }
    self.peer = peer
  }

  /// The servers that a setting lists, separated by spaces or commas.
  public static func list(_ text: String) throws(ToolError) -> [ServerArgument] {
    var servers: [ServerArgument] = []
    for word in text.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "\t" }) {
      guard let server = ServerArgument(argument: String(word)) else {
        throw ToolError(
          .usage, "not a server: \(word), in \(Settings.Name.server.variable) or the configuration",
          hint: "a server is KEY@HOST:PORT or KEY@unix:PATH")
      }
      servers.append(server)
    }
    return servers
  }
}

extension ServerArgument: CustomStringConvertible {
  public var description: String { "\(peer)" }
  public var defaultValueDescription: String { description }
}
