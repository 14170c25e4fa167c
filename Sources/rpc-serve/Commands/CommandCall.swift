import CompactEncoding
import Glibc
import HypercoreCrypto
import ProtomuxRPC
import ToolKit
import Transport

/// A call that a command answers, and by when.
struct CommandCall: Sendable {
  let call: RPCCall
  let deadline: ContinuousClock.Instant
  let pending: PendingCount

  var caller: String { KeyIdentifier.encode(call.peer.publicKey) }
  var method: String { call.request.method }
  var value: [UInt8] { call.request.value }

  /// The largest value that a reply may have, in bytes: what other implementations take in a frame, less its headers.
  static let maximumReplyByteCount = (4 << 20) - 1024

  func reply(_ value: [UInt8]) { finish(.success(value)) }

  func fail(_ failure: CommandFailure) { finish(.failure(failure.error)) }

  private func finish(_ result: Result<[UInt8], RPCError>) {
    pending.remove()
    call.reply(result)
  }
}

/// Why a command did not answer.
enum CommandFailure: Error {
  /// It could not be started.
  case start(ChildProcessError)
  /// It ended with this status, and said this last.
  case status(Int32, lastLine: String)
  /// It took too long and was killed.
  case timeout
  /// It wrote more than fits into a reply, and was killed.
  case tooLarge(limit: Int)
  /// Too many calls wait already.
  case busy
  /// It ended before it answered.
  case ended
  /// The server ends.
  case stopping
  /// What it wrote is no answer.
  case malformed(String)
  /// It said that the call failed.
  case refused(RPCError.Cause)
}

extension CommandFailure {
  /// What the caller is told.
  var error: RPCError {
    switch self {
    case .start(let error): Self.error("\(error)", "COMMAND_FAILED")
    case .status(let status, let line):
      Self.error(line.isEmpty ? "the command ended with status \(status)" : line, "COMMAND_FAILED", "status \(status)")
    case .timeout: Self.error("the command took too long", "COMMAND_TIMEOUT")
    case .tooLarge(let limit): Self.error("the command wrote more than \(limit) bytes", "TOO_LARGE")
    case .busy: Self.error("too many calls wait for the command", "BUSY")
    case .ended: Self.error("the command ended before it answered", "COMMAND_FAILED")
    case .stopping: Self.error("the server is ending", "STOPPING")
    case .malformed(let text): Self.error("the command wrote no answer: \(text)", "COMMAND_FAILED")
    case .refused(let cause): .requestFailed(cause)
    }
  }

  private static func error(_ message: String, _ code: String, _ context: String? = nil) -> RPCError {
    .requestFailed(RPCError.Cause(message, code: code, context: context))
  }
}
