public import AutobaseClassic
import CompactEncoding
import HypercoreCrypto
public import ToolKit

extension ClassicError: ToolErrorConvertible {
  public var toolError: ToolError { toolError { KeyIdentifier.encode($0) } }

  /// The error for people, with logs called as they know them.
  func toolError(_ name: (Fixed32) -> String) -> ToolError {
    switch self {
    case .unavailable(let key, let seq, let length):
      ToolError(
        .temporary,
        "block \(seq) of \(name(key)) is not here"
          + (seq < length ? "" : "; the log is known up to length \(length)"),
        hint: "`hc-log replicate` fetches what others have; `read --no-wait` passes over it")
    case .malformed(let key, let seq, let reason):
      ToolError(.integrity, "block \(seq) of \(name(key)) is no node: \(reason)")
    case .unknownFormat(let key):
      ToolError(
        .incompatible, "\(name(key)) is no input: its first block is not that of one",
        hint: "`hc-log info` tells what a log is of an Autobase, `hc-log cat` what it holds")
    case .truncated(let key):
      ToolError(.temporary, "\(name(key)) was truncated while it was read", hint: "try again")
    case .cycle(let keys):
      ToolError(
        .integrity, "nodes depend on each other in a circle: " + keys.map(name).joined(separator: ", "),
        hint: "one of these logs was not written honestly: leave it out")
    case .notAnInput(let key): ToolError(.usage, "\(name(key)) is not an input", hint: "name it with --input")
    case .notWritable(let key):
      if let key {
        ToolError(.refused, "\(name(key)) cannot be written", hint: "only the store that created a log can write it")
      } else {
        ToolError(.usage, "\(self)", hint: "name it with --local-input")
      }
    case .alreadyStarted, .batchOutOfDate, .closed: ToolError(.temporary, "\(self)", hint: "try again")
    }
  }
}
