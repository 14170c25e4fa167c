public import HyperDB
public import Hyperbee
public import IndexEncoder
public import ToolKit

extension BeeError: ToolErrorConvertible {
  public var toolError: ToolError {
    switch self {
    case .logChanged:
      ToolError(.temporary, "the view changed while it was read", hint: "try again")
    case .invalidBlock(let sequence, let reason):
      ToolError(
        .integrity, "block \(sequence) of the view is damaged: \(reason)",
        hint: "`hc-log verify` names what is bad; restore a backup")
    default: ToolError(.integrity, "\(self)")
    }
  }
}

extension DatabaseError: ToolErrorConvertible {
  public var toolError: ToolError {
    switch self {
    case .truncated, .changed: ToolError(.temporary, "the view changed while it was read", hint: "try again")
    case .unknownRecordKind, .invalidKey: ToolError(.integrity, "a record of the view is damaged: \(self)")
    case .unknownCollection, .unknownIndexOrCollection, .unknownIndex, .invalidQuery: ToolError(.usage, "\(self)")
    default: ToolError(.incompatible, "\(self)")
    }
  }
}

extension IndexError: ToolErrorConvertible {
  public var toolError: ToolError {
    switch self {
    case .invalidNumber, .invalidValue: ToolError(.usage, "\(self)")
    default: ToolError(.integrity, "a key of the view is damaged: \(self)")
    }
  }
}
