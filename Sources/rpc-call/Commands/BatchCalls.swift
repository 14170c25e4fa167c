import CompactEncoding
import JSON
import ProtomuxRPC
import ToolKit
import Transport

/// A call for each line of standard input; a result line for each call, in the same order.
struct BatchCalls {
  let settings: CallRunner.Settings
  let coding: MethodCoding
  let options: OutputOptions
  let showsProgress: Bool

  func run() throws -> ExitStatus {
    let output = Output.standard()
    let total = Progress.isShown(always: showsProgress) ? InputThread.lineCount() : nil
    var progress = Progress(settings.method, total: total, always: showsProgress)
    var status = ExitStatus.success
    let runner = CallRunner(settings, loop: TransportLoop.main)
    try InputThread.start(coding, runner.mailbox)
    do {
      try runner.run { results in
        for (request, result) in results {
          let outcome = outcome(result)
          if case .failure(let failure) = outcome { status = .worse(status, failure.status) }
          try output.line(line(request, outcome))
        }
        try output.flush()
        progress.advance(by: UInt64(results.count))
      }
    } catch let error as ToolError {
      try output.flush()
      // What other lines say counts for less than why there are no more.
      throw error
    }
    return status
  }

  private func outcome(_ result: Result<[UInt8], RPCError>) -> Result<JSON?, CallFailure> {
    switch result {
    case .failure(let error): return .failure(CallFailure(error))
    case .success(let reply):
      do throws(DecodingError) {
        switch try coding.answer(reply, keyText: options.text) {
        case .done: return .success(nil)
        case .value(let value): return .success(value)
        case .notFound: return .failure(.notFound)
        }
      } catch {
        return .failure(.unreadable(error))
      }
    }
  }

  private func line(_ request: CallRequest, _ outcome: Result<JSON?, CallFailure>) -> JSON {
    var object = JSONObject()
    switch outcome {
    case .success(let value):
      object["ok"] = true
      if let name = request.name { object["name"] = .string(name) }
      if case .object(let members)? = value {
        for (name, member) in members { object[name] = member }
      } else if let value {
        object["value"] = value
      }
    case .failure(let failure):
      object["ok"] = false
      if let name = request.name { object["name"] = .string(name) }
      for (name, member) in failure.members { object[name] = member }
    }
    return .object(object)
  }
}
