import ArgumentParser
import Autobase
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import StoreToolKit
import ToolKit

struct OrderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "order", abstract: "Write the nodes of several logs in their order.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var base: BaseOptions

  @Flag(name: .customLong("stdin"), help: "Read records of hc-stream(5) from standard input instead of a store.")
  var stdin = false

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
    if stdin, !log.isEmpty { throw ValidationError("logs are named for a store, not with --stdin") }
  }

  func run() throws {
    var input = OrderInput()
    var indexers = indexer.map(\.key)
    if stdin {
      var stream = try StreamReader(path: "-")
      while let record = try stream.next() { try input.add(record) }
    } else {
      let store = try location.open(isReadOnly: true)
      let known = try readStore(store, into: &input)
      if indexers.isEmpty { indexers = known }
    }
    // As in a new base: the writer that comes first is the bootstrap writer, and the only indexer.
    if indexers.isEmpty, let first = input.writers.first { indexers = [first] }
    let order = try NodeOrder(input.logs, indexers: indexers)
    let output = OrderOutput(input, keyText: hex ? { $0.description } : { KeyIdentifier.encode($0) })
    try text ? output.writeText(order) : output.writeRecords(order, stream)
    guard order.gaps.isEmpty else {
      for gap in order.gaps { Self.report(gap) }
      throw NegativeAnswer()
    }
  }

  /// Reads the logs; returns the indexers as the system view of the base says.
  private func readStore(_ store: Corestore, into input: inout OrderInput) throws -> [Fixed32] {
    var logs = try log.map { try $0.find(in: store) }
    var indexers: [Fixed32] = []
    if logs.isEmpty {
      let open = try base.open(store)
      indexers = open.info.indexers.map(\.key)
      let members = Set(try open.members().map(\.key))
      // The bootstrap writer first, the others by key: the order of reading does not change the order of nodes.
      let writers = [open.key] + members.subtracting([open.key]).sorted()
      let folder = try base.folder(of: store)
      logs = try writers.filter { try store.has(key: $0) }.map { try folder.get(key: $0, isReadOnly: true) }
    }
    for log in logs {
      try input.open(StreamCore(core: log.key, length: log.length, fork: log.fork))
      let fork = log.fork
      try BlockReader(log, in: store).forEach(0..<log.length) { seq, block in
        do {
          try input.add(.node(try StreamNode(core: log.key, seq: seq, fork: fork, block: block)))
        } catch let error as DecodingError {
          throw OrderInput.notAMessage(log.key, seq, error)
        }
      }
    }
    return indexers
  }

  static func report(_ gap: NodeOrder.Gap) {
    let node = "node \(gap.node.length) of \(KeyIdentifier.encode(gap.node.key))"
    if let missing = gap.missing {
      Messages.warning(
        "\(node) waits for node \(missing.length) of \(KeyIdentifier.encode(missing.key)), which is not in the input")
    } else {
      Messages.warning("\(node) cannot be placed: its batch is incomplete or its heads are wrong")
    }
  }
}
