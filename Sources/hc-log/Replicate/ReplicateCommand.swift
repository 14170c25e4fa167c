import ArgumentParser
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import StoreToolKit
import ToolKit
import Transport
import TransportToolKit

struct ReplicateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replicate", abstract: "Exchange logs with other stores, over sockets or a pipe.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Option(
    name: .customLong("listen"),
    help: ArgumentHelp("Wait for peers here: HOST:PORT or unix:PATH, any number of times.", valueName: "address"))
  var listen: [ListenAddress] = []

  @Option(
    name: .customLong("connect"),
    help: ArgumentHelp("Connect to this peer: KEY@HOST:PORT or KEY@unix:PATH, any number of times.", valueName: "peer"))
  var connect: [ServerArgument] = []

  @Flag(name: .customLong("stdio"), help: "Speak over standard input and output.")
  var stdio = false

  @Flag(name: .customLong("initiator"), help: "With --stdio: begin; one of the two sides has to.")
  var initiator = false

  @Flag(name: .customLong("live"), help: "Stay connected, and pass on what is appended, until interrupted.")
  var live = false

  @Option(
    name: .customLong("download"),
    help: ArgumentHelp("What to download: all, head, or ranges such as 3..7,10..", valueName: "what"))
  var download = DownloadArgument.all

  @Option(
    name: .customLong("allow"),
    help: ArgumentHelp("Admit only peers with this key, any number of times.", valueName: "key"))
  var allow: [KeyArgument] = []

  @Flag(name: .customLong("ephemeral"), help: "Prove a key made for this run instead of the store's own.")
  var ephemeral = false

  @Option(
    name: .customLong("timeout"),
    help: ArgumentHelp("Give up when nothing comes for this long, without --live.", valueName: "time"))
  var timeout: DurationArgument?

  @OptionGroup var readiness: ReadinessOptions

  @Argument(help: "The logs: names, or keys, which need not be stored yet; all logs of the store when none is given.")
  var log: [LogReference] = []

  func validate() throws {
    if stdio, !listen.isEmpty || !connect.isEmpty {
      throw ValidationError("only one of --stdio and --listen or --connect can be given")
    }
    if !stdio, listen.isEmpty, connect.isEmpty {
      throw ValidationError("one of --listen, --connect and --stdio is needed")
    }
    if initiator, !stdio { throw ValidationError("--initiator belongs to --stdio") }
  }

  func run() throws {
    let time = try Settings.timeoutMilliseconds(timeout)
    let store = try location.open(create: log.contains { $0.key != nil })
    let directory = try location.resolve().path
    let keyPair = try identity(in: store)
    let termination = try Signals.catchTermination()
    let job = ReplicationJob(
      store: store, goals: try goals(in: store), isWhole: log.isEmpty, policy: download.policy, isLive: live,
      timeoutMilliseconds: UInt64(clamping: time), now: TransportLoop.now)
    if stdio {
      let replication = try StdioReplication(
        job: job, keyPair: keyPair, role: initiator ? .initiator : .responder, allowed: Set(allow.map(\.key)),
        storeDirectory: directory, termination: termination
      ) { key in Messages.note("connected to \(options.text(key))") }
      readiness.announce()
      try replication.run()
    } else {
      try NetworkReplication(
        job: job, keyPair: keyPair, listen: listen.map(\.address), connect: connect, allowed: Set(allow.map(\.key)),
        isLive: live, timeoutMilliseconds: time, storeDirectory: directory
      ) { address in
        Messages.line("listening \(PeerAddress(publicKey: keyPair.publicKey, address: address))")
      }.run(termination: termination) { readiness.announce() }
    }
    try report(job)
  }

  private func identity(in store: Corestore) throws -> KeyPair {
    if !ephemeral { return try store.keyPair(named: "replicate") }
    var generator = SystemRandomNumberGenerator()
    return KeyPair(using: &generator)
  }

  private func goals(in store: Corestore) throws -> [ReplicationGoal] {
    guard log.isEmpty else {
      var seen: Set<Fixed32> = []
      return try log.compactMap { reference in
        let found = try reference.key.map { try store.get(key: $0) } ?? reference.find(in: store)
        guard seen.insert(found.key).inserted else { return nil }
        return ReplicationGoal(found, text: reference.text, isExplicit: true, policy: download.policy)
      }
    }
    let names = try LogNames(store)
    return try store.list().compactMap { key in
      guard let found = try store.log(discoveryKey: key) else { return nil }
      return ReplicationGoal(
        found, text: names[found.key] ?? options.text(found.key), isExplicit: false, policy: download.policy)
    }
  }

  /// Prints what came of it, and ends with the status that says so.
  private func report(_ job: ReplicationJob) throws {
    let summary = try ReplicationSummary(job)
    if stdio {
      try summary.write(options) { Messages.line($0) }
    } else {
      let output = Output.standard()
      try summary.write(options) { try output.line($0) }
      try output.flush()
    }
    switch job.end {
    case .failed(let error): throw error
    case .bad(let text):
      throw ToolError(
        .integrity, text, hint: "`hc-log verify` checks what is stored; ask the log's owner which copy holds")
    case .timedOut(let text):
      throw ToolError(.temporary, "gave up: \(text)", hint: "--timeout waits longer; what has come is kept")
    case .lost(let reason):
      throw ToolError(.temporary, "the connection ended early: \(reason)", hint: "what has come is kept; run it again")
    case nil where !live:
      throw ExitCode(128 + (Signals.termination ?? 0))
    case nil, .done:
      guard !live, let shortfall = summary.shortfall else { return }
      throw ToolError(.negative, shortfall)
    }
  }
}
