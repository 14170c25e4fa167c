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
        let known = try base.latest(keys)
        return latest
          ? LengthClock(known)
          : keys.map { keys in
            LengthClock(base.clock().entries.filter { keys.contains($0.key) })
          } ?? base.clock()
      }
    }
    let output = Output.standard()
    if options.json {
      try output.line(["clock": ClockText.json(clock) { options.text($0) }])
    } else {
      try output.line(ClockText.line(clock) { options.hex ? options.text($0) : logs.name($0) ?? options.text($0) })
    }
    try output.flush()
  }
}
