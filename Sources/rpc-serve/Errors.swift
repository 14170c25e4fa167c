public import ToolKit
public import Transport

extension TransportError: ToolErrorConvertible {
  public var toolError: ToolError {
    guard case .listenFailed(let address, _) = self, case .tcp(_, let port) = address, port != 0 else {
      return ToolError(.localIO, "\(self)")
    }
    return ToolError(.localIO, "\(self)", hint: "port 0 lets the system choose a free one")
  }
}
