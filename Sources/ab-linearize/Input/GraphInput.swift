import ArgumentParser
import Autobase
import AutobaseClassic
import CompactEncoding
import Corestore
import GraphDrawing
import Hypercore
import StoreToolKit
import ToolKit

/// Whose graph is meant: that of a store's base, or of logs that are named, piped or come from archives.
struct GraphInput: ParsableArguments {
  @OptionGroup var sources: LogSources

  @Option(
    name: .customLong("indexer"),
    help: ArgumentHelp(
      "Where logs are named or piped: a writer whose nodes are votes; again for each, in their order.", valueName: "key"
    ))
  var indexer: [KeyArgument] = []

  func validate() throws {
    if !sources.isPiped, sources.input.isEmpty, !indexer.isEmpty {
      throw ValidationError("--indexer goes with --stdin or --input; a store's base knows its indexers")
    }
  }

  /// Reads and orders everything.
  ///
  /// - Parameter keptBytes: how many bytes of each value are kept.
  func order(keptBytes: Int) throws -> DrawnOrder {
    guard sources.isPiped || !sources.input.isEmpty else { return .history(try baseHistory(keptBytes)) }
    let logs = try OpenLogs(sources)
    return .history(try logs.read { try history(logs, keptBytes) })
  }

  private func baseHistory(_ keptBytes: Int) throws -> OrderHistory {
    let store = try sources.location.open(isReadOnly: true)
    return try store.read {
      let open = try sources.base.open(store)
      do {
        return try open.orderHistory(keptBytes: keptBytes)
      } catch LogError.blockNotAvailable {
        Messages.warning("the base is not stored here from its beginning: places count from what is not final")
        return try open.openOrder(keptBytes: keptBytes)
      }
    }
  }

  private func history(_ logs: OpenLogs, _ keptBytes: Int) throws -> OrderHistory {
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
      do {
        return try OplogMessage(decoding: block)
      } catch let error as DecodingError {
        throw OrderInput.notAMessage(node.key, node.length - 1, error)
      }
    }
  }
}

/// An order that can be drawn and explained.
enum DrawnOrder {
  /// That of a base with indexers.
  case history(OrderHistory)
}
