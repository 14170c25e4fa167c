public import AutobaseClassic
import CompactEncoding
import HypercoreCrypto
public import ToolKit

extension ViewError: ToolErrorConvertible {
  public var toolError: ToolError { toolError { KeyIdentifier.encode($0) } }

  /// The error for people, with logs called as they know them.
  func toolError(_ name: (Fixed32) -> String) -> ToolError {
    switch self {
    case .incompleteBatch(let key, let sequence):
      ToolError(
        .temporary, "the batch around block \(sequence) of \(name(key)) is not complete",
        hint: "`hc-log replicate` fetches what others have")
    case .notAnOutput(let key):
      ToolError(
        .refused, "\(name(key)) holds something else than a view",
        hint: "give --local-output a name that is not in use; this log is left as it is")
    case .outputChanged(let key):
      ToolError(.temporary, "\(name(key)) is being written by another process", hint: "one at a time updates a view")
    case .appendOutsideApply, .truncationOfView, .baseClosed: ToolError(.refused, "\(self)")
    }
  }
}

extension ApplyError: ToolErrorConvertible {
  public var toolError: ToolError { toolError { KeyIdentifier.encode($0) } }

  /// The error for people, with logs called as they know them: that of the application, and where it came up.
  func toolError(_ name: (Fixed32) -> String) -> ToolError {
    let cause = (underlying as? any ToolErrorConvertible)?.toolError ?? ToolError(.integrity, "\(underlying)")
    return ToolError(
      cause.status, "nothing from node \(sequence + 1) of \(name(change)) on could be applied: \(cause.message)",
      hints: cause.hints)
  }
}
