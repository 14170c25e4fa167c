import HypercoreCrypto
import JSON
import ProtomuxRPC
import ToolKit
import Transport
import TransportToolKit

/// Asks every server at the same time how it is, and tells in the order of the list.
///
/// The question is a call of a method without name, which every server answers, usually with "unknown method": then the
/// way there and back is open, keys are proved, and the RPC channel is accepted.
struct PingCommand {
  let settings: CallRunner.Settings
  let options: OutputOptions

  private struct Report: Sendable {
    var index: Int
    var connectMicroseconds: UInt64 = 0
    var roundTripMicroseconds: UInt64 = 0
    var failure: String?
    var status = ExitStatus.success
  }

  func run() throws -> ExitStatus {
    let mailbox = Mailbox<Report>()
    for (index, server) in settings.servers.enumerated() {
      let settings = settings
      Task.detached { mailbox.post(await Self.ping(server, index, settings)) }
    }
    var reports: [Report?] = settings.servers.map { _ in nil }
    // A name that is not resolved in time tells nothing by itself.
    let deadline = monotonicMilliseconds() + settings.timeoutMilliseconds * 2 + 250
    while reports.contains(where: { $0 == nil }) {
      let arrived = mailbox.take(until: deadline)
      if arrived.isEmpty { break }
      for report in arrived { reports[report.index] = report }
    }
    let output = Output.standard()
    var status = ExitStatus.success
    for (index, report) in reports.enumerated() {
      let report = report ?? Report(index: index, failure: "no answer in time", status: .temporary)
      status = .worse(status, report.status)
      try tell(report, output)
    }
    try output.flush()
    return status
  }

  private static func ping(_ server: ServerArgument, _ index: Int, _ settings: CallRunner.Settings) async -> Report {
    var report = Report(index: index)
    var transport = TransportSettings()
    transport.connectTimeoutMilliseconds = settings.timeoutMilliseconds
    transport.handshakeTimeoutMilliseconds = settings.timeoutMilliseconds
    let begin = monotonicMicroseconds()
    do {
      let client = try await RPCClient.connect(
        on: .main, to: server.address, serverKey: server.key, keyPair: settings.identity, settings: transport)
      let connected = monotonicMicroseconds()
      report.connectMicroseconds = connected - begin
      do throws(RPCError) {
        _ = try await client.call("", [], timeoutMilliseconds: settings.timeoutMilliseconds)
      } catch {
        switch error.code {
        case .timeoutExceeded, .channelClosed, .channelDestroyed:
          report.failure = error.code == .timeoutExceeded ? "no answer in time" : "the server closed the RPC channel"
          report.status = .temporary
        default: break
        }
      }
      report.roundTripMicroseconds = monotonicMicroseconds() - connected
      client.close()
    } catch {
      report.failure = "\(error)"
      report.status = error.isIntegrityFailure ? .integrity : .temporary
    }
    return report
  }

  private func tell(_ report: Report, _ output: Output) throws(ToolError) {
    let server = settings.servers[report.index]
    if options.json {
      var object = JSONObject()
      object["ok"] = .bool(report.failure == nil)
      object["key"] = .string(options.text(server.key))
      object["address"] = .string("\(server.address)")
      if let failure = report.failure {
        object["error"] = .string(failure)
      } else {
        object["connectMilliseconds"] = .double(Double(report.connectMicroseconds) / 1000)
        object["roundTripMilliseconds"] = .double(Double(report.roundTripMicroseconds) / 1000)
      }
      try output.line(.object(object))
    } else if let failure = report.failure {
      Messages.error(failure.contains("\(server.address)") ? failure : "\(server.address): \(failure)")
    } else {
      try output.line(
        "\(server.address): connected in \(text(report.connectMicroseconds)), "
          + "round trip \(text(report.roundTripMicroseconds))")
    }
  }

  private func text(_ microseconds: UInt64) -> String {
    let tenths = (microseconds + 50) / 100
    return "\(tenths / 10).\(tenths % 10) ms"
  }
}
