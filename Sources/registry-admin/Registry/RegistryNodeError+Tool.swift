import HypercoreCrypto
public import RegistryNode
public import ToolKit

extension RegistryNodeError: ToolErrorConvertible {
  public var toolError: ToolError {
    let text = "\(self)"
    let message = text.prefix(1).lowercased() + text.dropFirst()
    return switch self {
    case .otherRegistry(let expected, let found):
      ToolError(
        .refused,
        "the store belongs to the registry \(KeyIdentifier.encode(found)), not to \(KeyIdentifier.encode(expected))",
        hint: "leave --bootstrap out, or choose another folder with --storage")
    case .notInitialized:
      ToolError(.negative, message, hint: "`registry-admin init` founds one, with --bootstrap KEY it joins another's")
    case .alreadyRunning: ToolError(.refused, message, hint: "`registry-admin status` tells about it")
    case .lock: ToolError(.localIO, message)
    }
  }
}
