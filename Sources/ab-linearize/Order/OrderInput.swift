import Autobase
import CompactEncoding
import HypercoreCrypto
import StoreToolKit
import ToolKit

/// The logs to be ordered, collected from records of `hc-stream(5)` that may come in any order between logs, but in
/// sequence within one.
struct OrderInput {
  /// A writer's log as far as it was read.
  struct Log {
    var nodes: [StreamNode] = []
    var messages: [OplogMessage] = []
  }

  /// The writers in the order in which they came up.
  private(set) var writers: [Fixed32] = []
  /// The records of logs and of types that are none of ours, to be passed on.
  private(set) var passed: [StreamRecord] = []
  private var logsByKey: [Fixed32: Log] = [:]

  /// What the engine orders.
  var logs: [WriterMessages] { writers.map { WriterMessages(key: $0, messages: logsByKey[$0]?.messages ?? []) } }

  /// The record of a node.
  func record(_ node: Checkout) -> StreamNode? {
    guard let nodes = logsByKey[node.key]?.nodes, node.length >= 1, node.length <= UInt64(nodes.count) else {
      return nil
    }
    return nodes[Int(node.length) - 1]
  }

  mutating func open(_ core: StreamCore) throws {
    passed.append(.core(core))
    enter(core.core)
  }

  mutating func add(_ record: StreamRecord) throws {
    switch record {
    case .core(let core): try open(core)
    case .block(let block):
      try add(
        Self.decode(block.core, block.seq) { () throws(DecodingError) in
          var node = try StreamNode(core: block.core, seq: block.seq, fork: block.fork, block: block.value)
          node.extra = block.extra
          return node
        })
    case .node(let node): try add(node)
    case .truncate(let truncate):
      guard let core = truncate.core else { return passed.append(record) }
      guard let log = logsByKey[core], truncate.length <= UInt64(log.nodes.count) else { return }
      logsByKey[core]?.nodes.removeSubrange(Int(truncate.length)...)
      logsByKey[core]?.messages.removeSubrange(Int(truncate.length)...)
    case .end: break
    case .view, .append, .other: passed.append(record)
    }
  }

  private mutating func enter(_ core: Fixed32) {
    guard logsByKey[core] == nil else { return }
    logsByKey[core] = Log()
    writers.append(core)
  }

  private mutating func add(_ node: StreamNode) throws {
    enter(node.core)
    let count = UInt64(logsByKey[node.core]?.nodes.count ?? 0)
    if node.seq < count {
      // The same log twice is harmless; two different logs under one key are not.
      guard logsByKey[node.core]?.nodes[Int(node.seq)].block == node.block else {
        throw ToolError(
          .integrity, "two different blocks \(node.seq) of \(KeyIdentifier.encode(node.core)): the log was forked")
      }
      return
    }
    guard node.seq == count else {
      throw ToolError(
        .usage,
        "block \(count) of \(KeyIdentifier.encode(node.core)) is missing before block \(node.seq)",
        hint: "logs are ordered from their beginning: leave out --range")
    }
    // What a record spells out may have been edited; the block is what the writer signed.
    let message = try Self.decode(node.core, node.seq) { () throws(DecodingError) in
      try OplogMessage(decoding: node.block)
    }
    logsByKey[node.core]?.nodes.append(node)
    logsByKey[node.core]?.messages.append(message)
  }

  private static func decode<T>(_ core: Fixed32, _ seq: UInt64, _ body: () throws(DecodingError) -> T) throws -> T {
    do { return try body() } catch { throw notAMessage(core, seq, error) }
  }

  static func notAMessage(_ core: Fixed32, _ seq: UInt64, _ error: DecodingError) -> ToolError {
    ToolError(
      .incompatible, "block \(seq) of \(KeyIdentifier.encode(core)) is no Autobase message: \(error)",
      hint: "only the logs of a base's writers can be ordered")
  }
}
