import ArgumentParser
import Hypercore
import JSON
import StoreToolKit
import ToolKit

struct TruncateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "truncate", abstract: "Drop the end of a log, and sign what is left as a new fork.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Flag(name: [.customShort("n"), .customLong("dry-run")], help: "Say what would be dropped, and change nothing.")
  var dryRun = false

  @Argument(help: "The log: its name or key.")
  var log: LogReference

  @Argument(help: "How many blocks stay.")
  var length: UInt64

  func run() throws {
    let store = try location.open()
    let target = try log.findToChange(in: store)
    let (before, fork) = try store.write(unless: dryRun) {
      let before = target.length
      guard length <= before else {
        throw ToolError(.usage, "\(log.text) has \(before) blocks, which is less than \(length)")
      }
      if !dryRun, length < before { try target.truncate(to: length) }
      return (before, length < before && dryRun ? target.fork + 1 : target.fork)
    }
    let output = Output.standard()
    if options.json {
      try output.line([
        "key": .string(options.text(target.key)), "length": .integer(Int64(length)), "fork": .integer(Int64(fork)),
        "dropped": .integer(Int64(before - length)), "dryRun": .bool(dryRun),
      ])
    } else {
      try output.line(
        "\(dryRun ? "would drop" : "dropped") \(before - length) of \(before) blocks: length \(length), fork \(fork)")
    }
    try output.flush()
  }
}
