import ArgumentParser
import AutobaseClassic
import ToolKit

struct CausalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "causal", abstract: "Write the nodes of the inputs from the newest to the oldest.")

  @OptionGroup var inputs: BaseInputs
  @OptionGroup var options: RecordOutputOptions

  @Option(
    name: .customLong("clock"),
    help: ArgumentHelp("Start at these nodes, LOG:LENGTH[,LOG:LENGTH…], instead of the newest.", valueName: "clock"))
  var clock: ClockArgument?

  @Option(name: .customLong("limit"), help: ArgumentHelp("End after this many nodes.", valueName: "n"))
  var limit: Int?

  @Flag(name: .customLong("acks"), help: "Write nodes without a value, too.")
  var acks = false

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit takes a number from 0 on") }
  }

  func run() throws {
    let logs = try OpenLogs(inputs.sources)
    let output = try NodeOutput(logs, options)
    try logs.naming {
      let base = ClassicAutobase(inputs: logs.inputs)
      try inputs.applyFreezes(to: base, logs)
      var stream = try logs.read { try base.causalStream(from: clock.map(logs.clock), includesAcks: acks) }
      var left = limit ?? .max
      while left > 0 {
        // Nodes are written outside of the transaction: that may wait for whoever reads them.
        let (nodes, error) = try logs.read {
          logs.take(min(left, 256)) { try stream.next().map { try output.item($0.node, place: $0) } }
        }
        for node in nodes { try output.write(node) }
        if let error {
          try output.flush()
          throw error
        }
        if nodes.isEmpty { break }
        left -= nodes.count
      }
    }
    try output.end()
  }
}

extension OpenLogs {
  /// Up to `count` elements of a stream, and what ended it if that was an error.
  func take<T>(_ count: Int, _ next: () throws -> T?) -> ([T], (any Error)?) {
    var elements: [T] = []
    do {
      while elements.count < count, let element = try next() { elements.append(element) }
    } catch {
      return (elements, error)
    }
    return (elements, nil)
  }
}
