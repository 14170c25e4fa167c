public import ToolKit

/// Why a run with a program ended.
public struct ApplyProgramError: Error, Sendable, Hashable {
  /// What went wrong.
  public enum Cause: Sendable, Hashable {
    /// The command could not be started, for this reason.
    case start(String)
    /// The program ended, with this status, while this was waited for.
    case ended(status: Int32?, wait: String)
    /// The program wrote no line for this long, while this was waited for.
    case timeout(milliseconds: Int64, wait: String)
    /// The program wrote no line within a second after this process was asked to end, while this was waited for.
    case interrupted(wait: String)
    /// What it said makes no sense.
    case nonsense(ApplyProtocolError)
    /// Two runs of it did not agree.
    case notDeterministic(String)
  }

  /// The command.
  public var command: String
  /// What went wrong.
  public var cause: Cause
  /// The last lines that the program wrote to standard error.
  public var lastLines: [String]

  /// An error of the program behind a command.
  public init(_ command: String, _ cause: Cause, lastLines: [String] = []) {
    self.command = command
    self.cause = cause
    self.lastLines = lastLines
  }
}

extension ApplyProgramError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    let program = "the apply program `\(command.prefix(200))`"
    return switch cause {
    case .start(let reason): "\(program): \(reason)"
    case .ended(let status?, let wait): "\(program) ended with status \(status); waited for \(wait)"
    case .ended(nil, let wait): "\(program) closed its output; waited for \(wait)"
    case .timeout(let time, let wait): "\(program) wrote no line for \(time) ms; waited for \(wait)"
    case .interrupted(let wait):
      "\(program) wrote no line within a second after the signal to end; waited for \(wait)"
    case .nonsense(let error): "\(program) broke the protocol: \(error)"
    case .notDeterministic(let text): "\(program) is not deterministic: \(text)"
    }
  }
}

extension ApplyProgramError: ToolErrorConvertible {
  public var toolError: ToolError {
    var hints = lastLines.map { "it said: \($0)" }
    let status: ExitStatus
    switch cause {
    case .start, .ended, .interrupted: status = .temporary
    case .timeout:
      status = .temporary
      hints.append("--apply-timeout gives it longer")
    case .nonsense(.version): status = .incompatible
    case .nonsense, .notDeterministic: status = .integrity
    }
    hints.append("nothing after the last commit is stored, and the next run goes on there; see ab-apply(5)")
    return ToolError(status, description, hints: hints)
  }
}
