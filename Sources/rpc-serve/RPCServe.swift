import ArgumentParser
import CompactEncoding
import RegistryNode
import StoreToolKit
import ToolKit
import Transport

/// `rpc-serve(1)`: the network face of a node.
@main
struct RPCServe: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "rpc-serve",
    abstract: "Serve the registry of a store, or commands, over encrypted connections.",
    version: Version.current)

  @OptionGroup var location: StoreLocation

  @Option(
    name: .customLong("listen"),
    help: ArgumentHelp(
      "Where to listen: HOST:PORT or unix:PATH, any number of times (default: \(ListenAddress.standard)).",
      valueName: "address"))
  var listen: [ListenAddress] = []

  @Option(
    name: .customLong("allow-write"),
    help: ArgumentHelp("Only callers with this key, and administrators, may write.", valueName: "key"))
  var writers: [KeyArgument] = []

  @Option(
    name: .customLong("admin"),
    help: ArgumentHelp("Callers with this key may add and remove writers.", valueName: "key"))
  var administrators: [KeyArgument] = []

  @Flag(name: .customLong("open-write"), help: "Everybody who can connect may write.")
  var openWrite = false

  @Option(
    name: .customLong("max-connections"),
    help: ArgumentHelp("Connections at a time; more are refused.", valueName: "n"))
  var maximumConnections = 1024

  @Option(
    name: .customLong("timeout"), help: ArgumentHelp("How long a command or the end may take.", valueName: "time"))
  var timeout: DurationArgument?

  @Flag(name: .shortAndLong, help: "Tell about every connection.")
  var verbose = false

  @Flag(name: .customLong("json"), help: "Write messages as JSON, one object a line.")
  var json = false

  @OptionGroup var readiness: ReadinessOptions

  func validate() throws {
    if !(1...100_000 ~= maximumConnections) {
      throw ValidationError("--max-connections takes a number from 1 to 100000")
    }
    if openWrite, !writers.isEmpty { throw ValidationError("only one of --open-write and --allow-write can be given") }
  }

  private var addresses: [TransportAddress] {
    listen.isEmpty ? [ListenAddress.standard.address] : listen.map(\.address)
  }

  /// Who may do what: open to all only where all are on this machine, or when it is said.
  private func rights() throws -> RegistryRights {
    let isDecided = openWrite || !writers.isEmpty || !administrators.isEmpty
    if !isDecided, let address = addresses.first(where: { !$0.isLocal }) {
      throw ToolError(
        .usage, "\(address) can be reached from other machines, and nothing says who may write",
        hints: ["--allow-write KEY and --admin KEY name callers", "--open-write lets everybody write"])
    }
    return RegistryRights(
      isWriteOpen: openWrite || !isDecided, writers: Set(writers.map(\.key)),
      administrators: Set(administrators.map(\.key)))
  }

  func run() throws {
    let rights = try rights()
    Descriptors.prepare(connections: maximumConnections)
    let reporter = Reporter(isVerbose: verbose, isJSON: json)
    let termination = try Signals.catchTermination()
    let statusRequests = try StatusSignal.catchRequests()
    let path = try location.resolve().path
    let registry = try RegistryHost(location.open(), directory: path, rights: rights, reporter: reporter)
    let service = NodeService(registry: registry, rights: rights)
    let daemon = Daemon(service: service, reporter: reporter, termination: termination, statusRequests: statusRequests)
    try daemon.run(
      addresses: addresses, keyPair: registry.keyPair, maximumConnectionCount: maximumConnections,
      drainMilliseconds: timeoutMilliseconds(), storeDirectory: path
    ) { readiness.announce() }
  }

  private func timeoutMilliseconds() throws -> UInt64 {
    if let timeout { return UInt64(timeout.milliseconds) }
    guard let text = try Settings().value(.timeout) else { return 30_000 }
    guard let value = DurationArgument(argument: text) else {
      throw ToolError(.usage, "\(Settings.Name.timeout.variable) is a time such as 10s, found \(text)")
    }
    return UInt64(value.milliseconds)
  }
}
