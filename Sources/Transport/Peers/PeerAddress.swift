public import CompactEncoding
internal import HypercoreCrypto

/// Another node as it is written down: `KEY@HOST:PORT`, `KEY@[IPV6]:PORT` or `KEY@unix:PATH`.
public struct PeerAddress: Hashable, Sendable {
  /// The only key that is accepted of it.
  public let publicKey: Fixed32
  /// Where it listens.
  public let address: TransportAddress

  /// The peer with this key at this address.
  public init(publicKey: Fixed32, address: TransportAddress) {
    self.publicKey = publicKey
    self.address = address
  }

  /// Reads the text form; nil when it is none, or names port 0.
  public init?(_ text: String) {
    guard let sign = text.firstIndex(of: "@"), let key = try? KeyIdentifier.decode(String(text[..<sign])),
      let address = TransportAddress(String(text[text.index(after: sign)...]))
    else { return nil }
    if case .tcp(_, port: 0) = address { return nil }
    self.init(publicKey: key, address: address)
  }
}

extension PeerAddress: CustomStringConvertible {
  /// The text that reads back as this peer.
  public var description: String { "\(KeyIdentifier.encode(publicKey))@\(address)" }
}
