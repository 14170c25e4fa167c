public import ArgumentParser
public import Transport

/// An address to listen on, on the command line: `HOST:PORT` or `unix:PATH`.
public struct ListenAddress: ExpressibleByArgument, Hashable, Sendable {
  /// Where to listen.
  public let address: TransportAddress

  /// Where a node listens unless told otherwise: on this machine only, below the ports that systems hand out on their own.
  public static let standard = ListenAddress(.tcp(host: "127.0.0.1", port: 9737))

  /// The argument for an address.
  public init(_ address: TransportAddress) { self.address = address }

  /// Reads an address; nil when the text is none.
  public init?(argument: String) {
    guard let address = TransportAddress(argument) else { return nil }
    self.address = address
  }
}

extension ListenAddress: CustomStringConvertible {
  public var description: String { "\(address)" }
  public var defaultValueDescription: String { description }
}
