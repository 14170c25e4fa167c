import CompactEncoding
import Hypercore
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
  private let stream: StreamWriter

  init(format: Format, framing: StreamFraming, force: Bool) throws(ToolError) {
    self.format = format
    self.force = force
    stream = try StreamWriter(output, framing: framing, force: force)
  }

  private var isStream: Bool {
    switch format {
    case .blocks, .nodes: true
    case .terminated, .lengthPrefixed, .raw: false
    }
  }

  /// The record that comes before the blocks of a log.
  func open(_ record: StreamCore) throws {
    if isStream { try stream.write(.core(record)) }
  }

  /// A block.
  func write(_ block: [UInt8], at index: UInt64, of source: some BlockOrigin) throws {
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
      try stream.write(block: block, at: index, of: source.key, fork: source.fork)
    case .nodes:
      let record: StreamNode
      do {
        record = try StreamNode(core: source.key, seq: index, fork: source.fork, block: block)
      } catch {
        throw ToolError(
          .incompatible, "block \(index) of \(source.text) is no Autobase message: \(error)",
          hint: "`hc-log cat` without --oplog writes it as it is")
      }
      try stream.write(.node(record))
    }
  }

  /// The log became shorter.
  func truncate(_ source: some BlockOrigin, to length: UInt64) throws {
    if isStream {
      try stream.write(.truncate(StreamTruncate(core: source.key, length: length)))
    } else {
      try output.flush()
      Messages.warning("\(source.text) was truncated to \(length) blocks")
    }
  }

  /// The stream is complete.
  func end() throws {
    if isStream { try stream.end() }
    try output.flush()
  }

  func flush() throws {
    try stream.flush()
    try output.flush()
  }

  private var hasWarned = false

  private func warnOnce(_ source: some BlockOrigin, _ index: UInt64, _ end: UInt8) {
    guard !hasWarned else { return }
    hasWarned = true
    Messages.warning(
      "block \(index) of \(source.text) contains a \(end == 0 ? "NUL byte" : "line feed"), as may others")
    Messages.hint("--length-prefixed and --json keep blocks apart")
  }
}
