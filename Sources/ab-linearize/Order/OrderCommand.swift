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
    Heap.growsInLargeSteps()
    if sources.isOfBase, log.isEmpty, indexer.isEmpty {
      let stored = try StoredOrder(sources)
      try write(stored.order, stored)
      return try LeftOver.report(stored.order.gaps)
    }
    let input = try OrderInput(sources, log)
    let order = try NodeOrder(input.logs, indexers: indexer.isEmpty ? input.indexers : indexer.map(\.key))
    try write(order, input)
    try LeftOver.report(order.gaps, unfinished: input.unfinished)
  }

  private func write(_ order: NodeOrder, _ records: any OrderRecords) throws {
    Heap.keepToTheEnd((order, records))
    let output = OrderOutput(records, keyText: hex ? { $0.description } : { KeyIdentifier.encode($0) })
    try text ? output.writeText(order) : output.writeRecords(order, stream)
  }
}
