import ArgumentParser
import Transport

/// An address to listen on.
struct ListenAddress: ExpressibleByArgument, Hashable {
  let address: TransportAddress

  /// Where it listens unless told otherwise: on this machine only, below the ports that systems hand out on their own.
  static let standard = ListenAddress(.tcp(host: "127.0.0.1", port: 9737))

  init(_ address: TransportAddress) { self.address = address }

  init?(argument: String) {
    guard let address = TransportAddress(argument) else { return nil }
    self.address = address
  }

  var defaultValueDescription: String { description }
}

extension ListenAddress: CustomStringConvertible {
  var description: String { "\(address)" }
}
