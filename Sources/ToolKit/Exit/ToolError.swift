/// What ends a tool: a text for people, hints on what to do next, and the exit status.
public struct ToolError: Error, Equatable, Sendable {
  /// The exit status.
  public var status: ExitStatus
  /// One line in lower case without full stop.
  public var message: String
  /// What to do next, one line each.
  public var hints: [String]

  /// An error with the given status, message and hints.
  public init(_ status: ExitStatus, _ message: String, hints: [String] = []) {
    self.status = status
    self.message = message
    self.hints = hints
  }

  /// An error with the given status, message and hint.
  public init(_ status: ExitStatus, _ message: String, hint: String) { self.init(status, message, hints: [hint]) }

  /// A failed system call: `what: reason`, status ``ExitStatus/localIO``.
  public static func system(_ what: String, _ code: Int32, hint: String? = nil) -> ToolError {
    ToolError(.localIO, "\(what): \(System.reason(code))", hints: hint.map { [$0] } ?? [])
  }
}

extension ToolError: CustomStringConvertible {
  public var description: String { message }
}

/// An error of a library that knows how a tool should report it.
public protocol ToolErrorConvertible: Error {
  /// Status, message and hints for people.
  var toolError: ToolError { get }
}

extension ToolError: ToolErrorConvertible {
  public var toolError: ToolError { self }
}

/// The negative answer: ends the tool with status 1 and no message, as `grep` and `cmp -s` do.
public struct NegativeAnswer: Error, Sendable {
  /// The negative answer.
  public init() {}
}
