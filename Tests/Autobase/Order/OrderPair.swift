import CompactEncoding
import TestSupport
import Testing

@testable import Autobase

/// The linearizer and the plain one, fed alike and compared at every step.
struct OrderPair {
  let graph: RandomGraph
  private var fast: Linearizer
  private var plain: PlainLinearizer
  private let seed: UInt64
  /// What is indexed, over all restarts.
  private var lengths: [Fixed32: UInt64] = [:]
  private var heads: [Checkout] = []
  /// Comparisons that were made.
  private(set) var count = 0

  init(_ graph: RandomGraph, seed: UInt64) {
    self.graph = graph
    self.seed = seed
    fast = Linearizer(indexers: graph.indexers)
    plain = PlainLinearizer(indexers: graph.indexers)
    open()
  }

  private func open() {
    for key in graph.keys {
      fast.open(key, offset: lengths[key] ?? 0)
      plain.open(key, offset: lengths[key] ?? 0)
    }
  }

  func add(_ batch: [RandomGraph.Message]) throws {
    for message in batch {
      let key = graph.keys[message.writer]
      let value: [UInt8]? = message.hasValue ? [1] : nil
      let window = try #require(fast.window(key))
      let plainWindow = try #require(plain.window(key))
      fast.add(
        to: window, batch: message.batch, value: value, heads: message.heads, isOptimistic: message.isOptimistic)
      plain.add(
        to: plainWindow, batch: message.batch, value: value, heads: message.heads, isOptimistic: message.isOptimistic)
    }
  }

  /// Updates both; returns whether they agree in everything.
  mutating func update() -> Bool {
    count += 1
    let (updated, expected) = (fast.update(), plain.update())
    guard let new = updated, let old = expected else { return updated == nil && expected == nil }
    let isEqual =
      new.shared == old.shared && new.undo == old.undo && new.indexed.map(name) == old.indexed.map(name)
      && new.tip.map(name) == old.tip.map(name) && state() == plainState()
    for node in new.indexed {
      node.writer.shift()
      lengths[node.writer.key] = node.length
      let references = node.heads
      heads.removeAll { $0.key == node.writer.key || references.contains($0) }
      heads.append(Checkout(key: node.writer.key, length: node.length))
    }
    for node in old.indexed { node.writer.shift() }
    return isEqual && fast.currentHeads == plain.currentHeads
  }

  /// Builds both anew behind what is indexed, with other indexers, and feeds them what they had.
  mutating func restart(_ messages: [[RandomGraph.Message]], indexers: [Fixed32]) throws {
    let lengths = lengths
    fast = Linearizer(indexers: indexers, heads: heads) { lengths[$0] ?? 0 }
    plain = PlainLinearizer(indexers: indexers, heads: heads) { lengths[$0] ?? 0 }
    open()
    for batch in messages { try add(batch.filter { $0.length > lengths[graph.keys[$0.writer]] ?? 0 }) }
  }

  private func name(_ node: Node) -> Checkout { Checkout(key: node.writer.key, length: node.length) }
  private func name(_ node: PlainNode) -> Checkout { Checkout(key: node.writer.key, length: node.length) }

  /// Tails, their votes, and who should vote.
  private func state() -> [[Checkout]] {
    var state = fast.consensus.indexerTails().map { fast.consensus.acknowledgements($0).map(name) }
    for indexer in fast.consensus.indexers {
      for isPending in [false, true] where fast.shouldAcknowledge(indexer.key, isPending: isPending) {
        state.append([Checkout(key: indexer.key, length: isPending ? 1 : 0)])
      }
    }
    return state
  }

  private func plainState() -> [[Checkout]] {
    var state = plain.consensus.indexerTails().map { plain.consensus.acknowledgements($0).map(name) }
    for indexer in plain.consensus.indexers {
      for isPending in [false, true] where plain.shouldAcknowledge(indexer.key, isPending: isPending) {
        state.append([Checkout(key: indexer.key, length: isPending ? 1 : 0)])
      }
    }
    return state
  }
}
