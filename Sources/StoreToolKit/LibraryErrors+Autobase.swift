public import Autobase
public import ToolKit

extension AutobaseError: ToolErrorConvertible {
  public var toolError: ToolError {
    switch self {
    case .notWritable:
      ToolError(
        .refused, "this node is not a writer of the base",
        hint: "a node that is an indexer adds it: `registry-admin add-writer KEY` with the local key of this node")
    case .lastIndexer: ToolError(.refused, "the last indexer cannot be removed", hint: "add another one first")
    case .upgradeRequired:
      ToolError(.incompatible, Self.inLowerCase("\(self)"), hint: "use a newer version of the program")
    case .corrupt:
      ToolError(.integrity, Self.inLowerCase("\(self)"), hint: "`hc-log verify` names what is bad; restore a backup")
    case .manifestUnknown: ToolError(.temporary, Self.inLowerCase("\(self)"), hint: "wait until it was received")
    case .closed, .interrupted: ToolError(.temporary, Self.inLowerCase("\(self)"), hint: "try again")
    case .emptyValue, .viewNotWritable, .unknownView, .truncationOfSignedBlocks:
      ToolError(.usage, Self.inLowerCase("\(self)"))
    }
  }

  private static func inLowerCase(_ text: String) -> String { text.prefix(1).lowercased() + text.dropFirst() }
}
