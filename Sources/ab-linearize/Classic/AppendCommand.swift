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
      let output = Output.standard()
      try forEachBatch { values in
        // The newest nodes are found in the transaction that links to them.
        let used = try store.write {
          let used = try links ?? base.latest()
          _ = try batch ? base.append(values, clock: links) : base.append(values[0], clock: links)
          return used
        }
        guard options.json else { return }
        try output.line([
          "core": .string(options.text(target.key)), "length": .integer(Int64(target.length)),
          "clock": ClockText.json(LengthClock(used)) { options.text($0) },
        ])
        try output.flush()
      }
      try output.flush()
    }
  }

  /// Hands on what is appended at once: everything, or value by value.
  private func forEachBatch(_ body: ([[UInt8]]) throws -> Void) throws {
    guard value.isEmpty else {
      let values = value.map { Array($0.utf8) }
      return try batch ? body(values) : values.forEach { try body([$0]) }
    }
    var reader = try RecordReader(path: "-", framing: .lines, limit: Hypercore.maximumBlockSize)
    var all: [[UInt8]] = []
    while let record = try reader.next() {
      if batch { all.append(record) } else { try body([record]) }
    }
    if !all.isEmpty { try body(all) }
  }

  /// Makes a log with this name, unless it is there.
  static func make(_ reference: LogReference, in store: Corestore) throws {
    guard reference.key == nil else { return }
    let (folder, name) = reference.name(in: store)
    try store.write { if try !folder.has(name: name) { _ = try folder.get(name: name) } }
  }
}
