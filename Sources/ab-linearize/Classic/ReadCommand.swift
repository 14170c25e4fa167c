import ArgumentParser
import AutobaseClassic
import ToolKit

struct ReadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "read", abstract: "Write the nodes of the inputs from the oldest to the newest.")

  @OptionGroup var inputs: BaseInputs
  @OptionGroup var options: RecordOutputOptions

  @Flag(name: .customLong("live"), help: "Go on with what is appended later, and with logs that join.")
  var live = false

  @Flag(name: .customLong("tail"), help: "Begin at the end of each input.")
  var tail = false

  @Option(
    name: .customLong("checkpoint"),
    help: ArgumentHelp("Go on where the last run with this file ended.", valueName: "file"), completion: .file())
  var checkpoint: String?

  @Flag(name: .customLong("resolve"), help: "Read logs, too, that a node has seen and that are no inputs.")
  var resolve = false

  @Flag(name: .customLong("no-wait"), help: "Pass over inputs whose next block is not here.")
  var noWait = false

  @Option(
    name: .customLong("timeout"),
    help: ArgumentHelp("How long to wait at most for a block that is not here.", valueName: "time"))
  var timeout: DurationArgument?

  @Flag(name: .customLong("acks"), help: "Write nodes without a value, too.")
  var acks = false

  func validate() throws {
    if noWait, timeout != nil { throw ValidationError("only one of --no-wait and --timeout can be given") }
  }

  func run() throws {
    let logs = try OpenLogs(inputs.sources, isLive: live || !noWait && !inputs.sources.isPiped)
    let base = ClassicAutobase(inputs: logs.inputs)
    try logs.naming {
      try inputs.applyFreezes(to: base, logs)
      let file = checkpoint.map { Checkpoint(path: $0) }
      var stream = ReadStream.Options()
      stream.isLive = live
      stream.isTail = tail
      stream.waits = !noWait
      stream.includesAcks = acks
      stream.offersUnresolved = true
      stream.checkpoint = try file?.load() ?? ReadCheckpoint()
      var reader = InputReader(
        logs, base, base.readStream(stream), output: try NodeOutput(logs, options), checkpoint: file,
        resolves: resolve)
      try reader.resume(from: stream.checkpoint)
      try reader.run(
        isLive: live, timeoutMilliseconds: inputs.sources.isPiped ? 0 : Settings.timeoutMilliseconds(timeout))
    }
  }
}
