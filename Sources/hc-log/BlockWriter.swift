import CompactEncoding
import Hypercore
import JSON
import StoreToolKit
import ToolKit

/// Writes blocks to standard output in one of the forms of `hc-log cat`.
final class BlockWriter {
  enum Format {
    case terminated(UInt8)
    case lengthPrefixed
    case raw
    /// Block records of `hc-stream(5)`.
    case blocks
    /// Node records of `hc-stream(5)`.
    case nodes
  }

  private let format: Format
  private let force: Bool
  private let output = Output.standard()
  private var records: UInt64 = 0
  private var lines: [Fixed32: StreamBlock.LineWriter] = [:]

  init(format: Format, force: Bool) {
    self.format = format
    self.force = force
  }

  private var isStream: Bool {
    switch format {
    case .blocks, .nodes: true
    case .terminated, .lengthPrefixed, .raw: false
    }
  }

  /// The record that comes before the blocks of a log.
  func open(_ source: BlockSource, name: String?) throws {
    let head = try source.log.head()
    var record = StreamCore(core: source.log.key, length: head.length, fork: head.fork)
    record.name = name
    record.byteLength = head.byteLength
    record.manifest = source.log.manifest?.encoded()
    record.treeHash = head.rootHash
    record.signature = head.signature
    try write(record.json)
  }

  /// A block.
  func write(_ block: [UInt8], at index: UInt64, of source: BlockSource) throws {
    switch format {
    case .terminated(let end):
      if block.contains(end) { warnOnce(source, index, end) }
      try output.writeData(block, force: force)
      try output.append { $0.append(end) }
    case .lengthPrefixed:
      try output.writeData(lengthPrefix(block.count), force: force)
      try output.writeData(block, force: force)
    case .raw: try output.writeData(block, force: force)
    case .blocks:
      let key = source.log.key
      let line = lines[key] ?? StreamBlock.LineWriter(core: key, fork: source.fork)
      lines[key] = line
      try output.append { line.write(seq: index, value: block, to: &$0) }
      records += 1
    case .nodes:
      let record: StreamNode
      do {
        record = try StreamNode(core: source.log.key, seq: index, fork: source.fork, block: block)
      } catch {
        throw ToolError(
          .incompatible, "block \(index) of \(source.text) is no Autobase message: \(error)",
          hint: "`hc-log cat` without --oplog writes it as it is")
      }
      try write(record.json)
    }
  }

  /// The log became shorter.
  func truncate(_ source: BlockSource) throws {
    lines[source.log.key] = nil
    if isStream {
      try write(StreamTruncate(core: source.log.key, length: source.next).json)
    } else {
      try output.flush()
      Messages.warning("\(source.text) was truncated to \(source.next) blocks")
    }
  }

  /// The stream is complete.
  func end() throws {
    if isStream { try write(StreamEnd(records: records).json) }
    try output.flush()
  }

  func flush() throws { try output.flush() }

  private func write(_ record: JSON) throws {
    try output.line(record)
    records += 1
  }

  private var hasWarned = false

  private func warnOnce(_ source: BlockSource, _ index: UInt64, _ end: UInt8) {
    guard !hasWarned else { return }
    hasWarned = true
    Messages.warning(
      "block \(index) of \(source.text) contains a \(end == 0 ? "NUL byte" : "line feed"), as may others")
    Messages.hint("--length-prefixed and --json keep blocks apart")
  }
}
