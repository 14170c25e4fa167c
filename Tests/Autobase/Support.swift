import CompactEncoding
import Glibc
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

/// The application of the recorded runs: JSON commands about membership, everything else goes to the view "view".
final class RecordedApplication: Application {
  let viewNames = ["view"]
  /// Number of values applied, over all calls.
  private(set) var applied = 0
  /// Whether what cannot be done is passed over.
  var ignoresRefusals = false
  /// What the calls of `fork` answered.
  private(set) var forked: [Bool] = []

  func apply(_ nodes: [AppliedNode], _ host: ApplyHost) throws {
    for node in nodes {
      applied += 1
      let value = try JSON(parsing: node.value)
      if let key = try value["add"]?.key() {
        let isIndexer = value["indexer"]?.bool ?? true
        if !ignoresRefusals || isIndexer || host.isRemovable(key) { try host.addWriter(key, isIndexer: isIndexer) }
      } else if let key = try value["remove"]?.key() {
        if !ignoresRefusals || host.isRemovable(key) { try host.removeWriter(key) }
      } else if let fork = value["fork"] {
        let system = try fork.at("system")
        forked.append(
          try host.fork(
            indexers: fork.list("indexers").map { try $0.key() },
            from: Checkout(key: system.at("key").key(), length: system.number("length"))))
      } else if value["anchor"] != nil {
        let anchor = try host.createAnchor()
        let entry: JSON = ["anchor": text(anchor.key), "length": number(anchor.length)]
        try host.view("view").append([Array(entry.text().utf8)])
      } else {
        if value["optimistic"]?.bool == true { try host.ackWriter(node.from) }
        try host.view("view").append([node.value])
      }
    }
  }
}

/// Whether simulations go through many seeds: the environment variable `HYPERTOOLS_LONG` is set.
let isLong = getenv("HYPERTOOLS_LONG") != nil

extension JSON {
  /// The key that this string spells in hex.
  func key() throws -> Fixed32 {
    guard let key = try Fixed32(hex()) else { throw VectorError("no key: \(text())") }
    return key
  }
}

extension View {
  /// All blocks, as stored.
  func storedBlocks() throws -> [[UInt8]] { try (0..<length).map { try storage.block(at: $0) } }
}

func hex(_ blocks: [[UInt8]]) -> [JSON] { blocks.map { text($0) } }
