import CompactEncoding
import JSON
import ProtomuxRPC
import RegistryNode
import ToolKit

/// Why a call has no good answer, as results and messages tell it.
struct CallFailure: Error {
  var status: ExitStatus
  var message: String
  var code: String
  var context: String?
}

extension CallFailure {
  /// There is no such entry.
  static let notFound = CallFailure(status: .negative, message: "not found", code: "NOT_FOUND")

  /// A reply that cannot be read.
  static func unreadable(_ error: DecodingError) -> CallFailure {
    CallFailure(status: .integrity, message: "the reply cannot be read: \(error)", code: "BAD_REPLY")
  }

  /// What a server said, or why it said nothing. The cause tells more than what wraps it.
  init(_ error: RPCError) {
    status = CallFailure.status(of: error)
    message = error.cause?.message ?? error.message
    code = error.cause?.code ?? error.code?.rawValue ?? "ERROR"
    context = error.cause?.context
  }

  private static func status(of error: RPCError) -> ExitStatus {
    switch error.code {
    case .timeoutExceeded, .channelClosed, .channelDestroyed: return .temporary
    default: break
    }
    guard let cause = error.cause else { return .integrity }
    // The disk of the server is full, for example: it is not this call that is wrong, and later it may go well.
    if cause.code == RegistryService.storeError { return .temporary }
    return refusals.contains { $0.code == cause.code || $0.message == cause.message } ? .refused : .integrity
  }

  /// What nodes say when a caller or they themselves may not do what was asked, by code or, where they send none, text.
  private static let refusals: [(code: String, message: String)] = [
    ("NOT_AUTHORIZED", "Not authorized"), ("NOT_WRITABLE", "Not writable"), ("NOT_A_WRITER", "Not a writer"),
    ("LAST_INDEXER", "Cannot remove the last indexer"),
  ]

  /// The members of a result line.
  var members: [(String, JSON)] {
    var members: [(String, JSON)] = [("error", .string(message)), ("code", .string(code))]
    if let context { members.append(("context", .string(context))) }
    return members
  }
}

extension ExitStatus {
  /// Of several statuses, the one to end with: the first of 2, 3, 4, 5, 1 that is among them.
  static func worse(_ a: ExitStatus, _ b: ExitStatus) -> ExitStatus {
    for status in [ExitStatus.usage, .temporary, .integrity, .refused, .negative] where a == status || b == status {
      return status
    }
    return .success
  }
}
