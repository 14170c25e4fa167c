import ArgumentParser
import Autobase
import AutobaseClassic
import CompactEncoding
import Corestore
import GraphDrawing
import Hypercore
import StoreToolKit
import ToolKit

/// Whose graph is meant, and in which order: that of a store's base, or of logs that are named, piped or come from
/// archives.
///
/// Oplogs are ordered by votes, as `order` does. Classic inputs, and all with `--causal`, are in the order of views:
/// that of the causal stream, the oldest node first.
struct GraphInput: ParsableArguments {
  @OptionGroup var inputs: BaseInputs

  @Option(
    name: .customLong("indexer"),
    help: ArgumentHelp(
      "Where logs are named or piped: a writer whose nodes are votes; again for each, in their order.", valueName: "key"
    ))
  var indexer: [KeyArgument] = []

  @Flag(name: .customLong("causal"), help: "Take the causal order, in which views stand, also of oplogs.")
  var causal = false

  @Option(
    name: .customLong("clock"),
    help: ArgumentHelp(
      "In the causal order: end at these nodes, LOG:LENGTH[,LOG:LENGTH…], instead of the newest.", valueName: "clock"))
  var clock: ClockArgument?

  private var sources: LogSources { inputs.sources }

  func validate() throws {
    if sources.isOfBase, !indexer.isEmpty {
      throw ValidationError("--indexer goes with --stdin or --input; a store's base knows its indexers")
    }
    if causal, !indexer.isEmpty { throw ValidationError("--indexer decides nothing in the causal order") }
  }

  /// Opens the logs, and orders those that are ordered by votes.
  ///
  /// - Parameter keptBytes: how many bytes of each value are kept.
  func order(keptBytes: Int) throws -> DrawnOrder {
    if sources.isOfBase, !causal {
      try refuseCausalOptions()
      return try baseHistory(keptBytes)
    }
    let logs = try OpenLogs(sources)
    return try logs.naming {
      let hasClassic = try logs.read { try logs.inputs.contains(where: isClassic) }
      guard causal || hasClassic && indexer.isEmpty else {
        try refuseCausalOptions()
        let order = try logs.read { try hasClassic ? mixedHistory(logs, keptBytes) : oplogHistory(logs, keptBytes) }
        return .history(order, name: logs.name)
      }
      let base = ClassicAutobase(inputs: logs.inputs)
      try logs.read { try inputs.applyFreezes(to: base, logs) }
      return .causal(logs, base, try clock.map(logs.clock))
    }
  }

  private func refuseCausalOptions() throws {
    guard clock != nil || !inputs.freeze.isEmpty else { return }
    throw ToolError(.usage, "--clock and --freeze go with the causal order", hint: "add --causal")
  }

  private func isClassic(_ log: any CausalLog) throws -> Bool {
    guard log.length > 0 else { return false }
    let format = NodeFormat.detect(firstBlock: try log.block(at: 0))?.format
    return format == .alpha8 || format == .alpha9
  }

  private func baseHistory(_ keptBytes: Int) throws -> DrawnOrder {
    let store = try sources.location.open(isReadOnly: true)
    return try store.read {
      let names = try LogNames(store)
      return .history(try sources.base.open(store).drawnHistory(keptBytes)) { names[$0] }
    }
  }

  /// Oplogs, whose messages are read when they are needed.
  private func oplogHistory(_ logs: OpenLogs, _ keptBytes: Int) throws -> OrderHistory {
    var indexers = indexer.isEmpty ? logs.indexers : indexer.map(\.key)
    // As in a new base: the writer that comes first is the bootstrap writer, and the only indexer.
    if indexers.isEmpty, let first = logs.inputs.first { indexers = [first.key] }
    var inputs: [Fixed32: any CausalLog] = [:]
    for log in logs.inputs { inputs[log.key] = log }
    return try OrderHistory(
      logs.inputs.map { Checkout(key: $0.key, length: $0.length) }, epochs: [IndexerEpoch(indexers: indexers)],
      keptBytes: keptBytes
    ) { node in
      guard let block = try inputs[node.key]?.block(at: node.length - 1) else {
        throw LogError.blockNotAvailable(index: node.length - 1, length: 0)
      }
      return try decode(node.key, block, Int(node.length) - 1)
    }
  }

  /// Classic inputs, of which some are indexers all the same.
  private func mixedHistory(_ logs: OpenLogs, _ keptBytes: Int) throws -> OrderHistory {
    var classic = ClassicHistory()
    var messages: [WriterMessages] = []
    for log in logs.inputs {
      let blocks = try (0..<log.length).map { try log.block(at: $0) }
      if try isClassic(log) {
        try classic.add(KeyedMemoryLog(key: log.key, blocks))
      } else {
        messages.append(
          WriterMessages(key: log.key, messages: try blocks.enumerated().map { try decode(log.key, $1, $0) }))
      }
    }
    for log in logs.inputs {
      let list = classic[log.key].map { node in
        OplogMessage(heads: classic.heads(of: node), batch: node.batch.rest + 1, value: node.value)
      }
      if !list.isEmpty { messages.append(WriterMessages(key: log.key, messages: list)) }
    }
    return try OrderHistory(messages, epochs: [IndexerEpoch(indexers: indexer.map(\.key))], keptBytes: keptBytes)
  }

  private func decode(_ key: Fixed32, _ block: [UInt8], _ seq: Int) throws -> OplogMessage {
    do {
      return try OplogMessage(decoding: block)
    } catch {
      throw OrderInput.notAMessage(key, UInt64(seq), error)
    }
  }
}

/// An order that can be drawn and explained.
enum DrawnOrder {
  /// That of votes, and what logs are called.
  case history(OrderHistory, name: (Fixed32) -> String?)
  /// That of the causal stream, which begins at the newest nodes or at a clock.
  case causal(OpenLogs, ClassicAutobase, CausalClock?)
}
