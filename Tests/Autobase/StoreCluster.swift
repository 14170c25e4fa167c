import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

/// Nodes over stores in memory, whose logs travel by proofs as replication would carry them.
struct StoreCluster {
  var stores: [Corestore] = []
  var bases: [Autobase] = []
  /// Blocks of view cores that travelled, by node.
  var downloaded: [Int] = []
  var now: UInt64 = 0

  var options = Autobase.Options()
  var encryptionKey: Fixed32?

  mutating func add(seed: UInt8) throws {
    let store = try Corestore.inMemory(primaryKey: Fixed32([UInt8](repeating: seed, count: 32)))
    stores.append(store)
    bases.append(
      try Autobase(
        store, RecordedApplication(), key: bases.first?.key, encryptionKey: encryptionKey, options: options))
    downloaded.append(0)
  }

  func value(_ value: String) -> [UInt8] { Array("\"\(value)\"".utf8) }

  /// The operation that adds a node's writer.
  func addition(of i: Int, isIndexer: Bool = true) throws -> [UInt8] {
    let value: JSON = ["add": text(try #require(bases[i].local).key), "indexer": .bool(isIndexer)]
    return Array(value.text().utf8)
  }

  func removal(of i: Int) throws -> [UInt8] {
    let value: JSON = ["remove": text(try #require(bases[i].local).key)]
    return Array(value.text().utf8)
  }

  /// Lets node `i` download what it wants from the nodes `others`; returns whether something came.
  @discardableResult
  mutating func download(_ i: Int, from others: [Int]) throws -> Bool {
    var isNew = false
    for wanted in bases[i].wantedCores {
      for j in others where j != i {
        guard try stores[j].has(key: wanted.key) else { continue }
        let source = try stores[j].get(key: wanted.key)
        if case .view = wanted.role { bases[i].noteRemoteLength(of: wanted.key, source.length) }
        guard wanted.download != .nothing else { continue }
        let copy = try stores[i].get(key: wanted.key)
        guard !source.isFrozen, !copy.isFrozen else { continue }
        if source.length > copy.length {
          let upgrade = ProofRequest(
            upgrade: .init(start: copy.length, length: source.length - copy.length), manifest: copy.manifest == nil)
          try copy.apply(source.proof(for: upgrade))
          isNew = true
        }
        let blocks: [UInt64]
        switch wanted.download {
        case .nothing: blocks = []
        case .head(let ranges): blocks = ranges.flatMap { Array($0.clamped(to: 0..<source.length)) }
        case .everything: blocks = Array(copy.contiguousLength..<copy.length)
        }
        for index in blocks where index < copy.length {
          guard try !copy.has(index), try source.has(index) else { continue }
          let request = ProofRequest(
            block: .init(index: index, nodes: try copy.missingNodes(block: index)))
          try copy.apply(source.proof(for: request))
          if wanted.role != .writer { downloaded[i] += 1 }
          isNew = true
        }
      }
    }
    return isNew
  }

  /// One round of node `i`: downloads, fast-forwards, advances, acknowledges.
  @discardableResult
  mutating func turn(_ i: Int, from others: [Int], acknowledges: Bool = true) throws -> Bool {
    now += 10
    var isNew = try download(i, from: others)
    if try bases[i].fastForward(now: now) { isNew = true }
    try bases[i].advance()
    if acknowledges, bases[i].needsAck(), try bases[i].acknowledge() { isNew = true }
    return isNew
  }

  /// Lets the given nodes exchange everything until nobody has more to say.
  mutating func settle(_ nodes: [Int]) throws {
    for _ in 0..<200 {
      var isQuiet = true
      for i in nodes { if try turn(i, from: nodes) { isQuiet = false } }
      if isQuiet { return }
    }
    Issue.record("the nodes never came to rest")
  }
}
