import ArgumentParser
import Autobase
import CompactEncoding
import Corestore
import Hypercore
import StoreToolKit
import ToolKit

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Tell where a base stands, and what it waits for.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var base: BaseOptions
  @OptionGroup var options: OutputOptions

  @Flag(name: .customLong("check"), help: "Exit with 1 unless everything is indexed and signed.")
  var check = false

  @Flag(
    name: .customLong("wait-indexed"),
    help: "Wait until all nodes, or the first blocks of the view, are indexed and signed.")
  var waitIndexed = false

  @Flag(name: .customLong("wait-synced"), help: "Wait until all blocks that are known of are here, and ordered.")
  var waitSynced = false

  @Option(
    name: .customLong("timeout"), help: ArgumentHelp("How long to wait at most (default: 30s).", valueName: "time"))
  var timeout: DurationArgument?

  @Argument(help: "With --wait-indexed: how many blocks of the view must be indexed and signed.")
  var length: UInt64?

  func validate() throws {
    if length != nil, !waitIndexed { throw ValidationError("a length goes with --wait-indexed") }
  }

  func run() throws {
    // Made before the first look, so that a commit in between is not missed.
    let directory = try location.resolve().path
    let watcher = waitIndexed || waitSynced ? StoreWatcher(directory: directory) : nil
    let store = try location.open(isReadOnly: true)
    let status = try watcher.map { try wait(store, $0) } ?? look(store)
    let lastSeen = try lastSeen(status, store)
    let shortage = DiskSpace.shortage(directory)
    let output = Output.standard()
    if options.json {
      try output.line(StatusRecord(options).json(status, lastSeen, shortage))
    } else {
      try StatusText(status, lastSeen, shortage, options).write(to: output)
    }
    try output.flush()
    if check, !status.waits.isEmpty || shortage != nil { throw NegativeAnswer() }
  }

  private func look(_ store: Corestore) throws -> AutobaseStatus {
    try store.read { try base.open(store).status() }
  }

  /// Looks again after every commit, until what is waited for is so.
  private func wait(_ store: Corestore, _ watcher: StoreWatcher) throws -> AutobaseStatus {
    let clock = ContinuousClock()
    let deadline = clock.now + .milliseconds(try Settings.timeoutMilliseconds(timeout))
    while true {
      let status = try look(store)
      let waits = missing(status)
      if waits.isEmpty { return status }
      let rest = clock.now.duration(to: deadline) / .milliseconds(1)
      guard rest > 0 else {
        throw ToolError(
          .temporary, "the time is over: it still waits for \(waits[0])",
          hints: waits.dropFirst().map { "and for \($0)" })
      }
      _ = watcher.wait(timeoutMilliseconds: Int(min(rest.rounded(.up), 60_000)))
    }
  }

  /// What is waited for and not so; empty when it is.
  private func missing(_ status: AutobaseStatus) -> [String] {
    (waitIndexed ? unindexed(status) : []) + (waitSynced ? unsynced(status) : [])
  }

  private func unindexed(_ status: AutobaseStatus) -> [String] {
    let waits = status.waits.map(text)
    guard let length, let view = status.views.first else { return waits }
    let done = min(view.indexedLength, view.signedLength)
    return done >= length ? [] : ["block \(length - 1) of the view; \(done) are indexed and signed"] + waits
  }

  private func unsynced(_ status: AutobaseStatus) -> [String] {
    let waits = status.waits.filter { wait in
      switch wait {
      case .blocks, .frozen, .conflict, .obstacle: true
      case .firstNode: status.writers.allSatisfy { $0.length == 0 }
      default: false
      }
    }
    let unread = status.writers.filter { !$0.isFrozen && $0.missing == nil && $0.orderedLength < $0.length }
    return waits.map(text) + unread.map { "the node to order the log of \(options.text($0.key))" }
  }

  private func text(_ wait: AutobaseStatus.Wait) -> String { wait.text { options.text($0) } }

  /// When something was last stored in the log of each writer, in milliseconds since 1970.
  private func lastSeen(_ status: AutobaseStatus, _ store: Corestore) throws -> [Fixed32: UInt64] {
    var times: [Fixed32: UInt64] = [:]
    for writer in status.writers where writer.length > 0 && times[writer.key] == nil {
      guard try store.has(key: writer.key) else { continue }
      let time = try store.get(key: writer.key, isReadOnly: true).head().timestamp
      if time > 0 { times[writer.key] = time }
    }
    return times
  }
}
