import AutobaseClassic
import CompactEncoding
import Hypercore
import HypercoreCrypto
import ToolKit

/// Logs that came as records of `hc-stream(5)`: in any order between logs, in sequence within one, each from its
/// beginning.
final class PipedLogs {
  /// The logs in the order in which they came up.
  private(set) var logs: [KeyedMemoryLog] = []
  private var stream: StreamReader?
  /// The names that core records gave them.
  private(set) var names: [Fixed32: String] = [:]
  private var places: [Fixed32: Int] = [:]

  /// - Parameter readsPipe: whether standard input is read.
  init(readsPipe: Bool) throws { stream = readsPipe ? try StreamReader(path: "-") : nil }

  /// Takes the next record; false at the end of the pipe.
  func takeRecord() throws -> Bool {
    guard let record = try stream?.next() else { return false }
    try add(record)
    return true
  }

  /// Whether the next record will probably be there without waiting.
  var isReady: Bool { stream?.isReady ?? false }

  /// The log with this key.
  func log(_ key: Fixed32) -> KeyedMemoryLog? { places[key].map { logs[$0] } }

  /// Those of views and of unknown types mean nothing to logs.
  private func add(_ record: StreamRecord) throws {
    switch record {
    case .core(let core):
      _ = enter(core.core)
      if let name = core.name { names[core.core] = name }
    case .block(let block): try add(block.value, at: block.seq, of: block.core)
    // What a record spells out may have been edited; the block is what the writer signed.
    case .node(let node): try add(node.block, at: node.seq, of: node.core)
    case .truncate(let truncate):
      guard let log = truncate.core.flatMap(log), truncate.length < log.length else { return }
      try log.truncate(to: truncate.length)
    case .view, .append, .end, .other: break
    }
  }

  private func enter(_ key: Fixed32) -> KeyedMemoryLog {
    if let log = log(key) { return log }
    places[key] = logs.count
    let log = KeyedMemoryLog(key: key)
    logs.append(log)
    return log
  }

  private func add(_ block: [UInt8], at seq: UInt64, of key: Fixed32) throws {
    let log = enter(key)
    if seq < log.length {
      // The same log twice is harmless; two different logs under one key are not.
      guard try log.block(at: seq) == block else { throw PipedLogs.forked(key, seq) }
      return
    }
    guard seq == log.length else { throw PipedLogs.gap(key, expected: log.length, found: seq) }
    _ = try log.append([block])
  }

  static func forked(_ key: Fixed32, _ seq: UInt64) -> ToolError {
    ToolError(.integrity, "two different blocks \(seq) of \(KeyIdentifier.encode(key)): the log was forked")
  }

  static func gap(_ key: Fixed32, expected: UInt64, found: UInt64) -> ToolError {
    ToolError(
      .usage, "block \(expected) of \(KeyIdentifier.encode(key)) is missing before block \(found)",
      hint: "logs are ordered from their beginning: leave out --range")
  }
}
