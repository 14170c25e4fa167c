public import RegistryNode
public import ToolKit
public import Transport

extension RegistryNodeError: ToolErrorConvertible {
  public var toolError: ToolError {
    let text = "\(self)"
    let message = text.prefix(1).lowercased() + text.dropFirst()
    return switch self {
    case .notInitialized:
      ToolError(.negative, message, hint: "`registry-admin init` founds one, with --bootstrap KEY it joins another's")
    case .alreadyRunning(_, let processID):
      ToolError(
        .refused, "another node is running on this store" + (processID.map { " (pid \($0))" } ?? ""),
        hint: "end it first, or name another store with --store")
    case .otherRegistry: ToolError(.refused, message)
    case .lock(let path, let code): .system("cannot lock \(path)", code)
    }
  }
}

extension TransportError: ToolErrorConvertible {
  public var toolError: ToolError {
    guard case .listenFailed(let address, _) = self, case .tcp(_, let port) = address, port != 0 else {
      return ToolError(.localIO, "\(self)")
    }
    return ToolError(.localIO, "\(self)", hint: "port 0 lets the system choose a free one")
  }
}
