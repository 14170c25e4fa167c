import ArgumentParser
import CompactEncoding
import Corestore
import HyperDB
import IndexEncoder
import StoreToolKit
import ToolKit

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Print changes of the records as they are committed.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var view: ViewOptions
  @OptionGroup var version: VersionOptions
  @OptionGroup var options: OutputOptions

  @Option(name: .customLong("count"), help: ArgumentHelp("End after this many changes.", valueName: "n"))
  var count: Int?

  @Option(name: .customLong("timeout"), help: ArgumentHelp("End when so much time has passed.", valueName: "time"))
  var timeout: DurationArgument?

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count takes a number from 1 on") }
  }

  func run() throws {
    let specification = try view.specification()
    // Made before the first look, so that a commit in between is not missed.
    let watcher = StoreWatcher(directory: try location.resolve().path)
    let clock = ContinuousClock()
    let deadline = timeout.map { clock.now + .milliseconds($0.milliseconds) }
    let opened = try OpenView(location, view)
    let writer = ChangeWriter(specification, options)
    var known = try KnownLengths(opened.current(), from: version.at, specification, opened)
    var left = count ?? Int.max
    while true {
      let state = try opened.current()
      let change = try opened.read { try known.take(state) }
      if change.isTruncation { try writer.truncate(to: change.start) }
      var changes = try opened.read {
        try state.database(specification, at: state.length).changes(
          Bounds(gte: Int64(change.start)), limit: left == Int.max ? nil : left)
      }
      try opened.forEach({ try changes.next() }) { change in
        left -= 1
        try writer.write(change)
      }
      try writer.flush()
      if left == 0 { return }
      let rest = deadline.map { clock.now.duration(to: $0).milliseconds }
      if let rest, rest <= 0 { break }
      _ = watcher.wait(timeoutMilliseconds: min(rest ?? 60_000, 60_000))
    }
    // The time is over: that is no failure unless something was waited for.
    if count != nil { throw ToolError(.temporary, "the time is over, \(left) changes are missing") }
  }
}

extension Duration {
  /// Whole milliseconds, rounded up.
  fileprivate var milliseconds: Int {
    let (seconds, attoseconds) = components
    return Int(clamping: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
