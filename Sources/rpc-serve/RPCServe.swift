import ArgumentParser
import Autobase
import CompactEncoding
import RegistryNode
import StoreToolKit
import ToolKit
import Transport
import TransportToolKit

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
    name: .customLong("exec"),
    help: ArgumentHelp("Answer a method by a command that is run for each call.", valueName: "method=command"))
  var commands: [MethodCommand] = []

  @Option(
    name: .customLong("exec-lines"),
    help: ArgumentHelp(
      "Answer a method by one command that goes on, a line for each call.", valueName: "method=command"))
  var lineCommands: [MethodCommand] = []

  @Option(name: .customLong("jobs"), help: ArgumentHelp("Commands of a method at a time.", valueName: "n"))
  var jobs = 8

  @Option(
    name: .customLong("key-file"),
    help: ArgumentHelp("Serve commands alone, without a store, with the secret key in this file.", valueName: "file"))
  var keyFile: String?

  @Option(
    name: .customLong("peer"),
    help: ArgumentHelp(
      "Stay connected to this node of the registry, any number of times.", valueName: "key@address"))
  var peers: [ServerArgument] = []

  @Option(
    name: .customLong("ack-interval"),
    help: ArgumentHelp(
      "About how long an indexer waits before it acknowledges what others wrote; 0 for never (default: 10ms).",
      valueName: "time"))
  var acknowledgeInterval = DurationArgument(milliseconds: 10)

  @Option(
    name: .customLong("ack-threshold"),
    help: ArgumentHelp(
      "Changes for each indexer after which it acknowledges sooner; 0 for any number.", valueName: "n"))
  var acknowledgeThreshold = 4

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
    if !(1...1000 ~= jobs) { throw ValidationError("--jobs takes a number from 1 to 1000") }
    if openWrite, !writers.isEmpty { throw ValidationError("only one of --open-write and --allow-write can be given") }
    var methods: Set<String> = []
    for method in (commands + lineCommands).map(\.method) where !methods.insert(method).inserted {
      throw ValidationError("two commands answer \(method)")
    }
    if !(0...1_000_000 ~= acknowledgeThreshold) {
      throw ValidationError("--ack-threshold takes a number from 0 to 1000000")
    }
    if keyFile != nil {
      if !peers.isEmpty { throw ValidationError("only one of --peer and --key-file can be given") }
      if location.isNamed { throw ValidationError("only one of --store and --key-file can be given") }
      if methods.isEmpty { throw ValidationError("without a store there must be an --exec or --exec-lines") }
    } else if let method = methods.sorted().first(where: { RegistryMethod(rawValue: $0) != nil }) {
      throw ValidationError("\(method) is answered by the registry; a command needs another name")
    }
  }

  func run() throws {
    let rights = try rights()
    let time = try Settings.timeoutMilliseconds(timeout)
    Descriptors.prepare(connections: maximumConnections)
    let reporter = Reporter(isVerbose: verbose, isJSON: json)
    let termination = try Signals.catchTermination()
    let statusRequests = try StatusSignal.catchRequests()
    let path = keyFile == nil ? try location.resolve().path : nil
    let registry = try path.map {
      try RegistryHost(
        location.open(), directory: $0, rights: rights, settings: driverSettings, reporter: reporter)
    }
    let keyPair = try registry?.keyPair ?? KeyFile.load(keyFile ?? "")
    let service = NodeService(
      registry: registry, handlers: try handlers(reporter), rights: rights, commandTimeout: .milliseconds(time))
    let daemon = Daemon(service: service, reporter: reporter, termination: termination, statusRequests: statusRequests)
    defer { service.stop() }
    try daemon.run(
      addresses: addresses, keyPair: keyPair, maximumConnectionCount: maximumConnections, drainMilliseconds: time,
      storeDirectory: path, peers: peers.map(\.peer)
    ) { readiness.announce() }
  }

  private var driverSettings: NodeDriver.Settings {
    var settings = NodeDriver.Settings()
    settings.acknowledging.intervalMilliseconds = UInt64(acknowledgeInterval.milliseconds)
    settings.acknowledging.threshold = UInt64(acknowledgeThreshold)
    return settings
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

  private func handlers(_ reporter: Reporter) throws -> [String: any CommandHandler] {
    var handlers: [String: any CommandHandler] = [:]
    for item in commands { handlers[item.method] = CommandPool(command: item.command, maximumRunningCount: jobs) }
    for item in lineCommands {
      handlers[item.method] = try LineProcess(method: item.method, command: item.command, reporter: reporter)
    }
    return handlers
  }
}
