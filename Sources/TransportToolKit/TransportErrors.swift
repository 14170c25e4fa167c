import HypercoreCrypto
public import ToolKit
public import Transport

extension ToolError {
  /// What a failed connection means to whoever asked for it.
  public init(_ error: TransportError) {
    switch error {
    case .listenFailed(let address, _):
      self.init(.localIO, "\(error)")
      if case .tcp(_, let port) = address, port != 0 { hints = ["port 0 lets the system choose a free one"] }
    case .secureStream(.unexpectedRemoteKey):
      self.init(
        .integrity, "another peer is there: \(error)", hint: "a peer that listens prints its KEY@HOST:PORT")
    case .notAdmitted, .closedByPeer:
      self.init(.temporary, "\(error)", hint: "it may admit other keys only")
    default: self.init(.temporary, "\(error)")
    }
  }
}
