import AutobaseClassic
import CompactEncoding
import Hypercore

/// A base with inputs a, b, c … whose values are called a0, a1, …
final class TestBase {
  let base: ClassicAutobase
  private(set) var logs: [KeyedMemoryLog] = []
  private var counts: [Fixed32: Int] = [:]

  init(_ count: Int, options: ClassicAutobase.Options = .init()) {
    for number in 0..<count { logs.append(TestBase.log(number)) }
    base = ClassicAutobase(inputs: logs, options: options)
  }

  static func log(_ number: Int) -> KeyedMemoryLog {
    KeyedMemoryLog(key: Fixed32([UInt8](repeating: UInt8(97 + number), count: 32)) ?? Fixed32())
  }

  static func name(_ key: Fixed32) -> String { String(UnicodeScalar(key.bytes[0])) }

  var a: KeyedMemoryLog { logs[0] }
  var b: KeyedMemoryLog { logs[1] }
  var c: KeyedMemoryLog { logs[2] }

  /// Appends `count` values, each for itself, that link to nothing but what the input linked to before.
  func fork(_ log: KeyedMemoryLog, _ count: Int) throws {
    for _ in 0..<count { try base.append(next(log), clock: CausalClock(), input: log) }
  }

  /// Appends one value that links to the newest of all inputs.
  func merge(_ log: KeyedMemoryLog) throws { try base.append(next(log), input: log) }

  /// Appends a batch.
  func batch(_ log: KeyedMemoryLog, _ count: Int, clock: CausalClock) throws {
    try base.append((0..<count).map { _ in next(log) }, clock: clock, input: log)
  }

  func next(_ log: KeyedMemoryLog) -> [UInt8] {
    defer { counts[log.key, default: 0] += 1 }
    return Array("\(TestBase.name(log.key))\(counts[log.key, default: 0])".utf8)
  }

  /// The values of the causal stream, newest first.
  func causal(from clock: CausalClock? = nil) throws -> String {
    var stream = try base.causalStream(from: clock)
    return try TestBase.text(&stream)
  }

  static func text(_ stream: inout CausalStream) throws -> String {
    var values: [String] = []
    while let entry = try stream.next() { values.append(text(entry.node)) }
    return values.joined(separator: " ")
  }

  static func text(_ node: InputNode) -> String { String(decoding: node.value ?? [], as: UTF8.self) }

  /// The values of a read stream.
  func read(_ options: ReadStream.Options = .init()) throws -> [InputNode] {
    var stream = base.readStream(options)
    var nodes: [InputNode] = []
    while let node = try stream.next() { nodes.append(node) }
    return nodes
  }
}

/// A log of which some blocks are not here.
final class SparseLog: CausalLog {
  let log: KeyedMemoryLog
  var missing: Set<UInt64> = []

  init(_ log: KeyedMemoryLog, missing: Set<UInt64> = []) {
    self.log = log
    self.missing = missing
  }

  var key: Fixed32 { log.key }
  var length: UInt64 { log.length }
  var fork: UInt64 { log.fork }
  func block(at index: UInt64) throws -> [UInt8] {
    if missing.contains(index) { throw LogError.blockNotAvailable(index: index, length: length) }
    return try log.block(at: index)
  }
  func snapshot() throws -> any ReadableLog { SparseLog(log, missing: missing) }
}

/// Whether no entry comes after one that depends on it.
func isLegal(_ nodes: [InputNode]) -> Bool {
  for (place, node) in nodes.enumerated() {
    for later in nodes[(place + 1)...] where node.sees(later) && later.key != node.key { return false }
    for later in nodes[(place + 1)...] where later.key == node.key && later.seq <= node.seq { return false }
  }
  return true
}
