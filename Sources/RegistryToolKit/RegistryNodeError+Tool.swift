import HypercoreCrypto
public import RegistryNode
public import ToolKit

/// # RegistryToolKit
///
/// What the tools that open a registry's node share: the exit status and hint of its errors.
extension RegistryNodeError: ToolErrorConvertible {
  public var toolError: ToolError {
    switch self {
    case .otherRegistry(let expected, let found):
      ToolError(
        .refused,
        "the store belongs to the registry \(KeyIdentifier.encode(found)), not to \(KeyIdentifier.encode(expected))",
        hint: "leave --bootstrap out, or choose another folder with --storage")
    case .notInitialized:
      ToolError(
        .negative, "the store holds no registry",
        hint: "`registry-admin init` founds one, with --bootstrap KEY it joins another's")
    case .membersUnknown(let block, let length):
      ToolError(
        .temporary, "block \(block) of \(length) of the system view, which lists the members, is not here yet",
        hint: "a running node fetches it from its peers; `registry-admin status` tells what it waits for")
    case .alreadyRunning(_, let processID):
      ToolError(
        .refused, "another node is running on this store" + (processID.map { " (pid \($0))" } ?? ""),
        hint: "end it first, or name another store with --store")
    case .lock(let path, let code): .system("cannot lock \(path)", code)
    }
  }
}
