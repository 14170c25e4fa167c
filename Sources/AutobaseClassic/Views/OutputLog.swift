import CompactEncoding
import Hypercore

/// A log that a view was stored in, and what it takes to read its entries.
final class OutputLog {
  /// The core key.
  let key: Fixed32
  /// The blocks. Of a remote output, a snapshot.
  let log: any ReadableLog
  private let coder: OutputCoder

  /// The view in `log`; nil when the log is empty.
  ///
  /// - Throws: ``ViewError/notAnOutput(key:)``, or ``ClassicError`` when the first block cannot be read.
  init?(key: Fixed32, log: any ReadableLog) throws {
    guard log.length > 0 else { return nil }
    guard NodeFormat.detect(firstBlock: try log.classicBlock(at: 0, of: key))?.role == .output else {
      throw ViewError.notAnOutput(key: key)
    }
    self.key = key
    self.log = log
    coder = OutputCoder(log, key: key)
  }

  private init(_ other: OutputLog, log: any ReadableLog) {
    key = other.key
    self.log = log
    coder = OutputCoder(log, key: key)
  }

  /// The same view in a snapshot of the log.
  func snapshot() throws -> OutputLog { OutputLog(self, log: try log.snapshot()) }

  /// The entry at `index`.
  ///
  /// - Throws: ``ClassicError``, or what the log throws.
  func node(at index: UInt64) throws -> OutputNode { try coder.node(at: index) }

  /// The block at `index`.
  func block(at index: UInt64) throws -> [UInt8] { try log.classicBlock(at: index, of: key) }
}
