public import CompactEncoding
import Hypercore

/// A log that a view was stored in, read as entries.
public final class OutputLog {
  /// The core key.
  public let key: Fixed32
  /// The layout of the blocks.
  public let format: NodeFormat
  /// The blocks.
  let log: any ReadableLog
  private let table: KeyTable

  /// The view in `log`; nil when the log is empty.
  ///
  /// - Throws: ``ViewError/notAnOutput(key:)``, or ``ClassicError`` when the first block cannot be read.
  public convenience init?(_ log: any CausalLog) throws { try self.init(key: log.key, log: log) }

  /// - Parameter log: the output with this key, or a snapshot of it.
  init?(key: Fixed32, log: any ReadableLog) throws {
    guard log.length > 0 else { return nil }
    let found = NodeFormat.detect(firstBlock: try log.classicBlock(at: 0, of: key))
    guard let found, found.role == .output else { throw ViewError.notAnOutput(key: key) }
    self.key = key
    self.log = log
    format = found.format
    table = KeyTable(key: key, log: log)
  }

  private init(_ other: OutputLog, log: any ReadableLog) {
    key = other.key
    format = other.format
    self.log = log
    table = KeyTable(key: key, log: log)
  }

  /// Number of entries.
  public var length: UInt64 { log.length }

  /// The same output, unaffected by what is written later.
  func snapshot() throws -> OutputLog { OutputLog(self, log: try log.snapshot()) }

  /// The block at `index`.
  func block(at index: UInt64) throws -> [UInt8] { try log.classicBlock(at: index, of: key) }

  /// The entry at `index`.
  ///
  /// - Throws: ``ClassicError``, or an error of the storage below.
  public func node(at index: UInt64) throws -> OutputNode {
    guard format == .alpha9 else {
      let block = try log.classicBlock(at: index, of: key) { block throws(DecodingError) in
        try Alpha8Block(decoding: block, role: .output)
      }
      return OutputNode(
        change: block.change ?? Fixed32(), clock: CausalClock(block.clock), value: block.value, batch: block.batch)
    }
    let block = try alpha9Block(at: index)
    guard let change = block.change else {
      throw ClassicError.malformed(key: key, seq: index, reason: "it does not say which input caused it")
    }
    var clock: [ClockEntry] = []
    clock.reserveCapacity(block.clock?.count ?? 0)
    for entry in block.clock ?? [] {
      clock.append(ClockEntry(key: try table.key(at: entry.pointer, from: index), seq: entry.seq))
    }
    return OutputNode(
      change: try table.key(at: change, from: index), clock: CausalClock(clock), value: block.value,
      batch: block.batch ?? BatchPosition())
  }

  /// Where the keys that the entry at `index` names are written; none in the older layout.
  func pointers(at index: UInt64) throws -> [Fixed32: KeyPointer] {
    guard format == .alpha9 else { return [:] }
    let block = try alpha9Block(at: index)
    let used = (block.clock ?? []).map(\.pointer) + (block.change.map { [$0] } ?? [])
    var pointers: [Fixed32: KeyPointer] = [:]
    for pointer in used { pointers[try table.key(at: pointer, from: index)] = pointer }
    return pointers
  }

  private func alpha9Block(at index: UInt64) throws -> Alpha9Block {
    table.validate()
    return try log.classicBlock(at: index, of: key) { block throws(DecodingError) in try Alpha9Block(decoding: block) }
  }
}
