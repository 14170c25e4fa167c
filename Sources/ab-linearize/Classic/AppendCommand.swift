import ArgumentParser
import AutobaseClassic
import CompactEncoding
import Corestore
import Hypercore
import JSON
import StoreToolKit
import ToolKit

struct AppendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "append", abstract: "Append values to an input, linked to what the other inputs hold.")

  @OptionGroup var inputs: BaseInputs
  @OptionGroup var options: OutputOptions

  @Option(
    name: .customLong("local-input"),
    help: ArgumentHelp("The input to append to; not needed where there is only one.", valueName: "log"))
  var localInput: LogReference?

  @Option(
    name: .customLong("clock"),
    help: ArgumentHelp(
      "Link to these nodes, LOG:LENGTH[,LOG:LENGTH…], instead of the newest; '' to none.", valueName: "clock"))
  var clock: ClockArgument?

  @Flag(name: .customLong("batch"), help: "Append all values as one batch.")
  var batch = false

  @Flag(name: .customLong("create"), help: "Make the input when it is missing.")
  var create = false

  @Argument(help: "Values; without any, each line of standard input is one.")
  var value: [String] = []

  func validate() throws {
    if inputs.sources.isPiped { throw ValidationError("append writes to a log of a store") }
    if inputs.sources.input.isEmpty, localInput == nil {
      throw ValidationError("name the inputs with --input, or one to append to with --local-input")
    }
    if inputs.sources.input.count > 1, localInput == nil {
      throw ValidationError("of several inputs, --local-input says which one to append to")
    }
  }

  func run() throws {
    let store = try inputs.sources.location.open(create: create)
    guard let name = localInput ?? inputs.sources.input.first else { preconditionFailure("validated before") }
    if create { try AppendCommand.make(name, in: store) }
    let logs = try OpenLogs(inputs.sources, localInput.map { [$0] } ?? [], in: store)
    guard let target = try logs.find(name) as? Hypercore else { preconditionFailure("a store has such logs") }
    guard target.isWritable else { throw ClassicError.notWritable(target.key).toolError(logs.text) }
    try logs.naming {
      let base = ClassicAutobase(inputs: logs.inputs, localInput: target)
      try inputs.applyFreezes(to: base, logs)
      let links = try clock.map(logs.clock)
      try links.map { try warn(of: $0, logs) }
      let output = Output.standard()
      try forEachCommit { batches in
        // The newest nodes are found in the transaction that links to them.
        let appended: [(length: UInt64, clock: CausalClock)] = try store.write {
          try batches.map { values in
            let clock = try links ?? base.latest()
            return (try base.append(values, clock: links), clock)
          }
        }
        guard options.json else { return }
        for (length, clock) in appended {
          try output.line([
            "core": .string(options.text(target.key)), "length": .integer(Int64(length)),
            "clock": ClockText.json(LengthClock(clock)) { options.text($0) },
          ])
        }
        try output.flush()
      }
      try output.flush()
    }
  }

  /// A link to what is not here may be right, and may be a slip of the hand that makes every view wait for ever.
  private func warn(of links: CausalClock, _ logs: OpenLogs) throws {
    for entry in links.entries {
      guard let length = try logs.log(entry.key)?.length, length <= entry.seq else { continue }
      let name = logs.text(entry.key)
      Messages.warning(
        "node \(entry.seq + 1) of \(name) is not here, which has \(length): views wait until it comes")
    }
  }

  /// Hands on the batches that are committed at once: all values as one, or as many values as there are now, one each.
  private func forEachCommit(_ body: ([[[UInt8]]]) throws -> Void) throws {
    guard value.isEmpty else {
      let values = value.map { Array($0.utf8) }
      return try body(batch ? [values] : values.map { [$0] })
    }
    var reader = try RecordReader(path: "-", framing: .lines, limit: Hypercore.maximumBlockSize)
    var all: [[UInt8]] = []
    while true {
      let values = try reader.nextBatch(maximum: 1000, bytes: 4 << 20)
      if values.isEmpty { break }
      if batch { all += values } else { try body(values.map { [$0] }) }
    }
    if !all.isEmpty { try body([all]) }
  }

  /// Makes a log with this name, unless it is there.
  static func make(_ reference: LogReference, in store: Corestore) throws {
    guard reference.key == nil else { return }
    let (folder, name) = reference.name(in: store)
    try store.write { if try !folder.has(name: name) { _ = try folder.get(name: name) } }
  }
}
