import CompactEncoding
import Hypercore
import HypercoreArchive
import StoreToolKit
import ToolKit

/// The logs of an archive, as users name them.
struct ArchiveLogs {
  let path: String
  let logs: [ArchivedLog]

  /// The logs of the archive at `path`.
  init(path: String) throws {
    if path == "-" {
      throw ToolError(
        .usage, "an archive is read at any place of a file, not of a pipe", hint: "`hc-log import` reads pipes")
    }
    self.path = path
    logs = try ArchiveFile(path: path).logs
  }

  /// The logs that references name; the only one when there are none.
  func find(_ references: [LogReference]) throws -> [(log: ArchivedLog, text: String)] {
    if references.isEmpty, logs.count == 1 { return [(logs[0], logs[0].head.name ?? "the log")] }
    if references.isEmpty {
      throw ToolError(
        .usage, "the archive holds \(logs.count) logs: name those that are meant",
        hint: "`hc-log ls --archive \(path)` lists them")
    }
    return try references.map { reference in
      let found = logs.filter { $0.key == reference.key || $0.head.name == reference.text }
      guard let log = found.first else {
        throw ToolError(
          .negative, "the archive holds no log \(reference.text)", hint: "`hc-log ls --archive \(path)` lists them")
      }
      return (log, reference.text)
    }
  }
}

/// A log of an archive whose blocks are written.
final class ArchivedBlocks: BlockOrigin {
  private let log: ArchivedLog
  let text: String
  let key: Fixed32
  let fork: UInt64
  /// The blocks that are meant.
  let range: Range<UInt64>

  init(_ log: ArchivedLog, as text: String, range: BlockRange) throws {
    guard let blocks = range.resolve(length: log.length) else {
      throw ToolError(.negative, "\(text) has no such block: it has \(log.length) blocks")
    }
    self.log = log
    self.text = text
    self.range = blocks
    key = log.key
    fork = log.fork
  }

  /// The record that comes before the blocks.
  var record: StreamCore {
    let head = log.head
    var record = StreamCore(core: key, length: head.tree.length, fork: fork)
    record.name = head.name
    record.byteLength = head.tree.byteLength
    record.manifest = head.manifest?.encoded()
    record.treeHash = head.tree.hash
    record.signature = head.signature
    return record
  }

  func forEach(_ body: (UInt64, [UInt8]) throws -> Void) throws {
    for index in range { try body(index, log.block(at: index)) }
  }
}
