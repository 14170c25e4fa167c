import HypercoreCrypto
import JSON
import ProtomuxRPC
import ToolKit
import Transport

/// One call with a request in JSON.
struct SingleCall {
  let settings: CallRunner.Settings
  let coding: MethodCoding
  let options: OutputOptions
  let json: String?

  func run() throws -> ExitStatus {
    let body: [UInt8]
    do {
      body = try coding.body(try json.map { text throws(JSONError) in try JSON(parsing: text) }, isStrict: true)
    } catch {
      throw ToolError(.usage, "\(settings.method): \(error)")
    }
    let output = Output.standard()
    switch try settings.call(body) {
    case .failure(let error): throw CallFailure(error).toolError(settings)
    case .success(let reply):
      let answer: MethodCoding.Answer
      do { answer = try coding.answer(reply, keyText: options.text) } catch {
        throw CallFailure.unreadable(error).toolError(settings)
      }
      switch answer {
      case .done: break
      case .notFound: return .negative
      case .value(let value):
        if output.isTerminal, !options.json {
          try output.line(value.text(indentation: 2))
        } else {
          try output.line(value)
        }
      }
    }
    try output.flush()
    return .success
  }
}

/// One call whose request and reply are bytes.
struct RawCall {
  let settings: CallRunner.Settings
  let force: Bool

  func run() throws -> ExitStatus {
    var reader = try RecordReader(path: "-", framing: .whole, limit: MethodCoding.maximumBodySize)
    let body = try reader.next() ?? []
    switch try settings.call(body) {
    case .failure(let error): throw CallFailure(error).toolError(settings)
    case .success(let reply):
      let output = Output.standard()
      try output.writeData(reply, force: force)
      try output.flush()
    }
    return .success
  }
}

extension CallRunner.Settings {
  /// Makes one call.
  fileprivate func call(_ body: [UInt8]) throws -> Result<[UInt8], RPCError> {
    let runner = CallRunner(self, loop: TransportLoop.main)
    runner.mailbox.post(.requests([CallRequest(body: body)], weight: 0))
    runner.mailbox.post(.inputEnded(nil))
    var result = Result<[UInt8], RPCError>.failure(.closed)
    try runner.run { for (_, outcome) in $0 { result = outcome } }
    return result
  }
}

extension TransportLoop {
  /// The thread of all connections. It ends with the process.
  static let main = TransportLoop()
}

extension CallFailure {
  /// The failure of the only call, as what ends the tool.
  func toolError(_ settings: CallRunner.Settings) -> ToolError {
    var text = "\(settings.method): \(message)"
    if code != "ERROR" { text += " (\(code))" }
    if let context { text += ", \(context)" }
    var hints: [String] = []
    if status == .refused, code == "NOT_AUTHORIZED" || message == "Not authorized" {
      hints = [
        "this caller's key is \(KeyIdentifier.encode(settings.identity.publicKey)); "
          + "the server must allow it, and --identity makes it stay the same"
      ]
    }
    return ToolError(status, text, hints: hints)
  }
}
