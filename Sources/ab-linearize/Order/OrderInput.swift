import Autobase
import AutobaseClassic
import CompactEncoding
import Hypercore
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
  /// The indexers: those that the system view of the base lists, else the writer that comes first, as in a new base.
  var indexers: [Fixed32] { baseIndexers.isEmpty ? writers.first.map { [$0] } ?? [] : baseIndexers }
  private var baseIndexers: [Fixed32] = []
  /// The records of logs and of types that are none of ours, to be passed on.
  private(set) var passed: [StreamRecord] = []
  private var logsByKey: [Fixed32: Log] = [:]

  /// Reads the logs.
  ///
  /// - Parameter more: logs that are named besides those of `--input`.
  init(_ sources: LogSources, _ more: [LogReference] = []) throws {
    if sources.isPiped {
      try readRecords(sources, named: sources.input + more)
    } else {
      try readStore(sources, named: sources.input + more)
    }
  }

  private mutating func readRecords(_ sources: LogSources, named: [LogReference]) throws {
    let records = try sources.records()
    while let record = try records.next() { try add(record) }
    guard !named.isEmpty else { return }
    let wanted = try named.map { try find($0) }
    passed.removeAll { record in if case .core(let core) = record { !wanted.contains(core.core) } else { false } }
    writers = wanted
  }

  /// The log that came through the pipe under this name or key.
  private func find(_ reference: LogReference) throws -> Fixed32 {
    if let key = reference.key, writers.contains(key) { return key }
    for case .core(let core) in passed where core.name == reference.text { return core.core }
    throw OpenLogs.notPiped(reference)
  }

  private mutating func readStore(_ sources: LogSources, named: [LogReference]) throws {
    let logs = try OpenLogs(sources, named)
    baseIndexers = logs.indexers
    for log in logs.inputs {
      try open(StreamCore(core: log.key, length: log.length, fork: log.fork))
      let fork = log.fork
      try logs.forEachBlock(of: log) { seq, block in
        try add(StreamBlock(core: log.key, seq: seq, fork: fork, value: block))
      }
    }
  }

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
    case .block(let block): try add(block)
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

  private mutating func add(_ block: StreamBlock) throws {
    try add(
      Self.decode(block.core, block.seq) { () throws(DecodingError) in
        var node = try StreamNode(core: block.core, seq: block.seq, fork: block.fork, block: block.value)
        node.extra = block.extra
        return node
      })
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
        throw PipedLogs.forked(node.core, node.seq)
      }
      return
    }
    guard node.seq == count else {
      throw PipedLogs.gap(node.core, expected: count, found: node.seq)
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
