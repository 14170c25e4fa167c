import ArgumentParser
import Autobase
import CompactEncoding
import HypercoreCrypto
import StoreToolKit
import ToolKit

struct OrderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "order", abstract: "Write the nodes of several logs in their order.")

  @OptionGroup var sources: LogSources

  @Option(
    name: .customLong("indexer"),
    help: ArgumentHelp("A writer whose nodes are votes; again for each, in their order.", valueName: "key"))
  var indexer: [KeyArgument] = []

  @OptionGroup var stream: StreamOptions

  @Flag(name: .customLong("text"), help: "Write lines for people instead of records.")
  var text = false

  @Flag(name: .customLong("hex"), help: "With --text: write keys in hex instead of z-base-32.")
  var hex = false

  @Argument(help: "The logs, by name or key; all writers of the base without any.")
  var log: [LogReference] = []

  func validate() throws {
    if text, stream.frames { throw ValidationError("only one of --text and --frames can be given") }
  }

  func run() throws {
    let input = try OrderInput(sources, log)
    let indexers = indexer.isEmpty ? input.indexers : indexer.map(\.key)
    let order = try NodeOrder(input.logs, indexers: indexers)
    let output = OrderOutput(input, keyText: hex ? { $0.description } : { KeyIdentifier.encode($0) })
    try text ? output.writeText(order) : output.writeRecords(order, stream)
    let gaps = order.gaps.map { ($0.node, $0.missing) } + input.unfinished.map { ($0, nil) }
    guard gaps.isEmpty else {
      for (node, missing) in gaps { Self.report(node, missing) }
      throw NegativeAnswer()
    }
  }

  static func report(_ gap: NodeOrder.Gap) { report(gap.node, gap.missing) }

  private static func report(_ node: Checkout, _ missing: Checkout?) {
    let node = "node \(node.length) of \(KeyIdentifier.encode(node.key))"
    if let missing {
      Messages.warning(
        "\(node) waits for node \(missing.length) of \(KeyIdentifier.encode(missing.key)), which is not in the input")
    } else {
      Messages.warning("\(node) cannot be placed: its batch is incomplete or its heads are wrong")
    }
  }
}
