import ArgumentParser
import AutobaseClassic
import CompactEncoding
import Hypercore
import ToolKit

/// The inputs of a classic base: where they come from, and which of them are frozen.
struct BaseInputs: ParsableArguments {
  @OptionGroup var sources: LogSources

  @Option(
    name: .customLong("freeze"),
    help: ArgumentHelp("Take only so many nodes of an input, LOG:LENGTH; again for each.", valueName: "log:length"))
  var freeze: [PositionArgument] = []

  /// Freezes the inputs that are to be frozen, as far as they are members of `base`.
  func applyFreezes(to base: ClassicAutobase, _ logs: OpenLogs) throws {
    for position in freeze {
      let key = try logs.key(position.log)
      guard base.inputs.contains(where: { $0.key == key }) else { throw ClassicError.notAnInput(key) }
      try base.freezeInput(key, at: position.length)
    }
  }
}

extension OpenLogs {
  /// The clock that is meant on the command line.
  func clock(_ argument: ClockArgument) throws -> CausalClock {
    CausalClock(LengthClock(try argument.positions.map { (key: try key($0.log), length: $0.length) }))
  }
}
