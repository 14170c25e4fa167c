import JSON
import ToolKit

/// One line of `doctor`.
struct Finding {
  enum Result: String {
    case ok, warn, fail
  }

  var check: String
  var result: Result
  /// One line for people.
  var text: String
  /// What to do about it.
  var hint: String?
  /// The exit status that a failure calls for.
  var status = ExitStatus.success

  static func ok(_ check: String, _ text: String) -> Finding { Finding(check: check, result: .ok, text: text) }

  static func warn(_ check: String, _ text: String, hint: String? = nil) -> Finding {
    Finding(check: check, result: .warn, text: text, hint: hint)
  }

  static func fail(_ check: String, _ status: ExitStatus, _ text: String, hint: String? = nil) -> Finding {
    Finding(check: check, result: .fail, text: text, hint: hint, status: status)
  }

  /// What an error of a library says.
  static func fail(_ check: String, _ error: any Error) -> Finding {
    guard let problem = (error as? any ToolErrorConvertible)?.toolError else {
      return fail(check, .integrity, "\(error)")
    }
    return fail(check, problem.status, problem.message, hint: problem.hints.first)
  }

  var object: JSON {
    var object = JSONObject([
      ("check", .string(check)), ("result", .string(result.rawValue)), ("text", .string(text)),
    ])
    object["hint"] = hint.map { .string($0) }
    return .object(object)
  }
}

extension [Finding] {
  /// The exit status of all: damage first, then what this program cannot read, then what the system refuses.
  var status: ExitStatus {
    let all = filter { $0.result == .fail }.map(\.status)
    for status in [ExitStatus.integrity, .incompatible, .localIO] where all.contains(status) { return status }
    return all.first ?? .success
  }
}
