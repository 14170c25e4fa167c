import ArgumentParser
import CompactEncoding
import Glibc
import HypercoreCrypto
import Hyperschema
import JSON
import ToolKit
import Transport
import TransportToolKit

/// `rpc-call(1)`: calls one method on one of several servers.
@main
struct RPCCall: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "rpc-call",
    abstract: "Call a method of a server.",
    usage: """
      rpc-call --server <server> ... [<options>] <method> [<json>]
      rpc-call --server <server> ... [<options>] --batch <method>
      rpc-call --server <server> ... --ping
      rpc-call --make-identity <file>
      """,
    version: Version.current)

  @Option(
    name: .customLong("server"),
    help: ArgumentHelp(
      "A server: KEY@HOST:PORT or KEY@unix:PATH; may be given several times (default: $HYPERTOOLS_SERVER).",
      valueName: "server"))
  var servers: [ServerArgument] = []

  @Option(
    name: .customLong("identity"),
    help: ArgumentHelp("The file with the key pair by which servers know the caller.", valueName: "file"),
    completion: .file())
  var identity: String?

  @Option(
    name: .customLong("make-identity"),
    help: ArgumentHelp("Make a file with a new key pair and print its public key.", valueName: "file"),
    completion: .file())
  var newIdentity: String?

  @Option(
    name: .customLong("timeout"),
    help: ArgumentHelp("How long a call may take, all attempts together (default: 10s).", valueName: "time"))
  var timeout: DurationArgument?

  @Option(name: .customLong("retries"), help: ArgumentHelp("How often to try again after a failure.", valueName: "n"))
  var retries = 3

  @Flag(name: .customLong("batch"), help: "Make a call for each line of standard input; - instead of JSON is the same.")
  var batch = false

  @Flag(name: .customLong("raw"), help: "The request is standard input, the reply standard output, byte for byte.")
  var raw = false

  @Flag(name: .customLong("binary"), help: "With --raw: write bytes to a terminal that are not text.")
  var binary = false

  @Flag(name: .customLong("ping"), help: "Tell how fast each server answers.")
  var ping = false

  @Option(
    name: .customLong("schema"),
    help: ArgumentHelp("The folder with the schema.json of the types.", valueName: "dir"), completion: .directory)
  var schema: String?

  @Option(name: .customLong("request"), help: ArgumentHelp("The type of requests.", valueName: "type"))
  var requestType: String?

  @Option(name: .customLong("response"), help: ArgumentHelp("The type of replies.", valueName: "type"))
  var replyType: String?

  @Flag(name: .customLong("progress"), help: "Show progress even where standard error is no terminal.")
  var progress = false

  @OptionGroup var output: OutputOptions

  @Argument(help: "The method.")
  var method: String?

  @Argument(help: "The request; - reads requests from standard input, one a line.")
  var json: String?

  private var isBatch: Bool { batch || json == "-" }

  func validate() throws {
    if retries < 0 { throw ValidationError("--retries takes a number from 0 on") }
    if timeout?.milliseconds == 0 { throw ValidationError("--timeout takes a time above 0") }
    if newIdentity != nil {
      guard method == nil, !ping, !raw, !isBatch else { throw ValidationError("--make-identity does nothing else") }
      return
    }
    if ping {
      guard method == nil, !raw, !isBatch else { throw ValidationError("--ping calls no method") }
      return
    }
    guard let method, !method.isEmpty else { throw ValidationError("the method is missing") }
    if batch, json != nil, json != "-" { throw ValidationError("--batch takes its requests from standard input") }
    if raw, isBatch || json != nil { throw ValidationError("--raw takes its request from standard input, as it is") }
    if raw, schema != nil || requestType != nil || replyType != nil {
      throw ValidationError("--raw has no types")
    }
    if binary, !raw { throw ValidationError("--binary goes with --raw") }
    if schema != nil, requestType == nil, replyType == nil {
      throw ValidationError("--schema needs --request, --response or both")
    }
  }

  func run() throws {
    if let newIdentity {
      let output = Output.standard()
      try output.line(self.output.text(KeyFile.create(newIdentity).publicKey))
      return try output.flush()
    }
    let settings = try callSettings()
    let status: ExitStatus
    if ping {
      status = try PingCommand(settings: settings, options: output).run()
    } else if raw {
      status = try RawCall(settings: settings, force: binary).run()
    } else {
      let coding = try MethodCoding(
        settings.method, schema: try loadSchema(), request: requestType, reply: replyType)
      if isBatch {
        status = try BatchCalls(settings: settings, coding: coding, options: output, showsProgress: progress).run()
      } else {
        status = try SingleCall(settings: settings, coding: coding, options: output, json: json).run()
      }
    }
    Glibc.exit(status.rawValue)
  }

  private func callSettings() throws(ToolError) -> CallRunner.Settings {
    let settings = try Settings()
    var servers = servers
    if servers.isEmpty, let text = settings.value(.server) { servers = try ServerArgument.list(text) }
    guard !servers.isEmpty else {
      throw ToolError(
        .usage, "no server is named", hint: "use --server KEY@HOST:PORT or set \(Settings.Name.server.variable)")
    }
    var timeout = timeout
    if timeout == nil, let text = settings.value(.timeout) {
      timeout = DurationArgument(argument: text)
      guard let timeout, timeout.milliseconds > 0 else {
        throw ToolError(
          .usage, "not a time: \(text), in \(Settings.Name.timeout.variable) or the configuration",
          hint: "a time is a number with ms, s, m or h")
      }
    }
    var generator = SystemRandomNumberGenerator()
    return CallRunner.Settings(
      servers: servers, identity: try identity.map(KeyFile.read) ?? KeyPair(using: &generator), method: method ?? "",
      timeoutMilliseconds: UInt64(timeout?.milliseconds ?? 10_000), retryCount: retries)
  }

  private func loadSchema() throws(ToolError) -> Schema? {
    guard let schema else { return nil }
    let path = schema + "/schema.json"
    var reader = try RecordReader(path: path, framing: .whole)
    let text = try reader.next() ?? []
    do {
      return try Schema(JSON(parsing: text))
    } catch {
      throw ToolError(.usage, "\(path): \(error)")
    }
  }
}
