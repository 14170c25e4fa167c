import ArgumentParser
import Autobase
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import StoreToolKit
import ToolKit

/// Whose graph is meant: that of a store's base, or of records from a pipe.
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
  func history() throws -> OrderHistory {
    guard sources.isPiped || !sources.input.isEmpty else {
      let store = try sources.location.open(isReadOnly: true)
      return try store.read {
        let open = try sources.base.open(store)
        do {
          return try open.orderHistory()
        } catch LogError.blockNotAvailable {
          Messages.warning("the base is not stored here from its beginning: places count from what is not final")
          return try open.openOrder()
        }
      }
    }
    let input = try OrderInput(sources)
    let indexers = indexer.isEmpty ? input.indexers : indexer.map(\.key)
    return try OrderHistory(input.logs, epochs: [IndexerEpoch(indexers: indexers)])
  }
}

/// Short names of nodes: `KEY-PREFIX:LENGTH`, with as much of the key as tells writers apart.
struct NodeNames {
  private let keys: [Fixed32]
  private let text: (Fixed32) -> String
  private let prefixLength: Int

  init(_ history: OrderHistory, _ options: OutputOptions) {
    self.init(Set(history.entries.map(\.node.key)).union(history.indexers), options)
  }

  init(_ keys: some Sequence<Fixed32>, _ options: OutputOptions) {
    self.init(keys, hex: options.hex)
  }

  init(_ keys: some Sequence<Fixed32>, hex: Bool) {
    self.keys = Set(keys).sorted()
    text = { hex ? $0.description : KeyIdentifier.encode($0) }
    let texts = self.keys.map(text).sorted()
    var longest = 4
    for (a, b) in zip(texts, texts.dropFirst()) {
      longest = max(longest, zip(a, b).prefix { $0 == $1 }.count + 1)
    }
    prefixLength = longest
  }

  func callAsFunction(_ key: Fixed32) -> String { String(text(key).prefix(prefixLength)) }
  func callAsFunction(_ node: Checkout) -> String { "\(self(node.key)):\(node.length)" }
  func callAsFunction(_ nodes: [Checkout]) -> String { nodes.map { self($0) }.joined(separator: " ") }
  func callAsFunction(_ keys: [Fixed32]) -> String { keys.map { self($0) }.joined(separator: " ") }

  /// The node with a name.
  func find(_ name: String) throws(ToolError) -> Checkout {
    guard let colon = name.lastIndex(of: ":"), let length = UInt64(name[name.index(after: colon)...]), length > 0 else {
      throw ToolError(
        .usage, "\(Messages.escape(name)) is no node",
        hint: "a node is written KEY:LENGTH; the beginning of the key will do"
      )
    }
    let prefix = name[..<colon].lowercased()
    let found = keys.filter { $0.description.hasPrefix(prefix) || KeyIdentifier.encode($0).hasPrefix(prefix) }
    guard let key = found.first else {
      throw ToolError(.negative, "no writer has a key that begins with \(Messages.escape(prefix))")
    }
    guard found.count == 1 else {
      throw ToolError(
        .usage, "\(found.count) writers have keys that begin with \(Messages.escape(prefix))",
        hint: "give more of the key: " + found.map { String(text($0).prefix(prefixLength)) }.joined(separator: ", "))
    }
    return Checkout(key: key, length: length)
  }
}
