import ArgumentParser
import AutobaseClassic
import CompactEncoding
import HypercoreCrypto
import JSON
import StoreToolKit
import ToolKit

struct ClockCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clock", abstract: "Print how many nodes each input has.")

  @OptionGroup var inputs: BaseInputs
  @OptionGroup var options: OutputOptions

  @Flag(name: .customLong("latest"), help: "Print what a node that is appended now would link to.")
  var latest = false

  @Argument(help: "Only these inputs; all without any.")
  var log: [LogReference] = []

  func run() throws {
    let logs = try OpenLogs(inputs.sources)
    let clock = try logs.naming {
      try logs.read {
        let base = ClassicAutobase(inputs: logs.inputs)
        try inputs.applyFreezes(to: base, logs)
        let keys = log.isEmpty ? nil : try log.map { try logs.key($0.text) }
        // Says no to a log that is no input, whichever clock is asked for.
        let newest = LengthClock(try base.latest(keys))
        return latest ? newest : LengthClock(base.clock().entries.filter { keys?.contains($0.key) ?? true })
      }
    }
    let output = Output.standard()
    if options.json {
      try output.line(["clock": ClockText.json(clock) { options.text($0) }])
    } else {
      // What is printed can be given to --clock: a name only where it leads back to the log.
      try output.line(
        ClockText.line(clock) { key in
          guard !options.hex, let name = logs.name(key), !name.contains(","), (try? logs.key(name)) == key else {
            return options.text(key)
          }
          return name
        })
    }
    try output.flush()
  }
}
