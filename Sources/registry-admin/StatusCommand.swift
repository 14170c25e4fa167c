import ArgumentParser
import Corestore
import RegistryNode
import StoreToolKit
import ToolKit

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Tell where the node stands and what it waits for.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Flag(name: .customLong("wait-synced"), help: "First wait until all that peers have of the writers' logs is here.")
  var waitSynced = false

  @Flag(name: .customLong("wait-indexed"), help: "First wait until everything that is here is final and signed.")
  var waitIndexed = false

  @Option(
    name: .customLong("timeout"), help: ArgumentHelp("How long to wait at most (default: 60s).", valueName: "time"))
  var timeout: DurationArgument?

  func run() throws {
    let store = try Setup.open(location, isReadOnly: true)
    let directory = try location.resolve().path
    let time = try Settings.timeoutMilliseconds(timeout, default: 60_000)
    var patience = Patience(directory: directory, milliseconds: time)
    while true {
      // Whoever waits has only so much time, the node's answer included.
      let limit = waitSynced || waitIndexed ? patience.rest : .max
      let live = LiveStatus.ask(
        directory: directory,
        timeoutMilliseconds: max(1, min(LiveStatus.patienceMilliseconds, Int32(clamping: limit))))
      let report = try store.read { try NodeReport(RegistryNode(store), directory: directory, live: live) }
      let isAwaited = waitSynced && !report.isSynced || waitIndexed && !report.isIndexed
      if isAwaited, patience.wait() { continue }
      if isAwaited { throw timedOut(report, DurationArgument(milliseconds: time)) }
      let output = Output.standard()
      if options.json {
        try output.line(report.object(options))
      } else {
        try report.write(to: output, options)
      }
      return try output.flush()
    }
  }

  private func timedOut(_ report: NodeReport, _ time: DurationArgument) -> ToolError {
    let stalls = report.stalls(options)
    return ToolError(
      .temporary, "not \(waitSynced && !report.isSynced ? "synced" : "indexed") within \(time)",
      hints: stalls.isEmpty ? ["nothing is known to be missing"] : stalls.map { "waits for \($0.text)" })
  }
}

/// The time that a command has for waiting: until the store changes, or for a moment, since what peers tell is not in
/// the store.
struct Patience {
  private let watcher: StoreWatcher
  private let end: ContinuousClock.Instant

  init(directory: String, milliseconds: Int64) {
    watcher = StoreWatcher(directory: directory)
    end = ContinuousClock.now + .milliseconds(milliseconds)
  }

  /// Milliseconds that are left.
  var rest: Int64 {
    let rest = end - ContinuousClock.now
    return rest > .zero ? rest.components.seconds * 1000 + rest.components.attoseconds / 1_000_000_000_000_000 + 1 : 0
  }

  /// Waits for news.
  ///
  /// - Returns: false when the time is over.
  mutating func wait() -> Bool {
    let rest = rest
    guard rest > 0 else { return false }
    _ = watcher.wait(timeoutMilliseconds: Int(min(rest, 250)))
    return true
  }
}
