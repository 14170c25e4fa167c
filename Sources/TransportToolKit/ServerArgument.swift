public import ArgumentParser
public import CompactEncoding
import HypercoreCrypto
public import ToolKit
public import Transport

/// A server on the command line: `KEY@HOST:PORT`, `KEY@[IPV6]:PORT` or `KEY@unix:PATH`.
public struct ServerArgument: ExpressibleByArgument, Hashable, Sendable {
  /// The only key that the server may prove.
  public let key: Fixed32
  /// Where it is.
  public let address: TransportAddress

  /// Reads a server; nil when the text is none, or names port 0.
  public init?(argument: String) {
    guard let sign = argument.firstIndex(of: "@"), let key = try? KeyIdentifier.decode(String(argument[..<sign])),
      let address = TransportAddress(String(argument[argument.index(after: sign)...]))
    else { return nil }
    if case .tcp(_, port: 0) = address { return nil }
    self.key = key
    self.address = address
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
  public var description: String { "\(KeyIdentifier.encode(key))@\(address)" }
  public var defaultValueDescription: String { description }
}
