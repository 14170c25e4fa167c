import CompactEncoding
import Hypercore

/// An input of a base: a log, what is known of its format, and where it is frozen.
final class InputLog {
  let log: any CausalLog
  let key: Fixed32
  /// Entries from here on are ignored.
  let frozenLength: UInt64?
  let table: KeyTable
  private var known: (epoch: UInt64, format: NodeFormat)?

  init(_ log: any CausalLog, frozenLength: UInt64? = nil) {
    self.log = log
    self.frozenLength = frozenLength
    key = log.key
    table = KeyTable(key: log.key, log: log)
  }

  /// Number of entries.
  var length: UInt64 { min(log.length, frozenLength ?? .max) }

  /// The format of the entries; nil while there are none.
  func format() throws -> NodeFormat? {
    if let known, known.epoch == log.epoch { return known.format }
    guard log.length > 0 else { return nil }
    let first = try log.classicBlock(at: 0, of: key)
    guard let found = NodeFormat.detect(firstBlock: first), found.role == .input else {
      throw ClassicError.unknownFormat(key: key)
    }
    known = (log.epoch, found.format)
    return found.format
  }

  /// Decodes blocks with stored clocks; nil for an oplog.
  func decoder(_ roster: Roster) throws -> EntryDecoder? {
    guard let format = try format() else { throw ClassicError.unavailable(key: key, seq: 0, length: 0) }
    return format == .v7 ? nil : EntryDecoder(self, format: format, roster: roster)
  }

  func malformed(_ seq: UInt64, _ reason: String) -> ClassicError { .malformed(key: key, seq: seq, reason: reason) }
}
