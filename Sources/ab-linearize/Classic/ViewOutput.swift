import AutobaseClassic
import CompactEncoding
import Hypercore
import JSON
import ToolKit

/// Writes a linearized view after each update: as records of `hc-stream(5)`, or its values as lines.
final class ViewOutput {
  private let name: String
  private let core: Fixed32?
  private let unwrap: Bool
  private let status: Bool
  private let lines = Output.standard()
  private let records: StreamWriter?
  private let clocks = ClockWriter()

  init(name: String, core: Fixed32?, _ options: RecordOutputOptions, unwrap: Bool, status: Bool) throws {
    self.name = name
    self.core = core
    self.unwrap = unwrap
    self.status = status
    records = options.text ? nil : try StreamWriter(lines, framing: options.stream.framing)
  }

  /// Writes what an update changed.
  ///
  /// - Parameter known: how many blocks whoever reads the output had before the update; nil when nothing was written.
  func write(_ view: ViewSnapshot, _ update: ViewStatus, known: UInt64?, _ logs: OpenLogs) throws {
    let kept = known.map { $0 - min(update.removed, $0) } ?? 0
    let isNews = known == nil || kept != known || kept != view.length
    guard isNews else { return }
    if let records {
      try records.write(.view(state(view, update)))
      if let known, kept < known, !status { try records.write(.truncate(StreamTruncate(view: name, length: kept))) }
    } else if status {
      try lines.line("added \(update.added), removed \(update.removed), length \(view.length)")
    } else if let known, kept < known {
      try lines.flush()
      Messages.warning("the view was truncated to \(kept) blocks")
    }
    if !status { try writeBlocks(view, from: kept, logs) }
    try records?.flush()
    try lines.flush()
  }

  private func state(_ view: ViewSnapshot, _ update: ViewStatus) -> StreamView {
    var record = StreamView(view: name, core: core, length: view.length)
    record.extra["added"] = .integer(Int64(clamping: update.added))
    record.extra["removed"] = .integer(Int64(clamping: update.removed))
    return record
  }

  private func writeBlocks(_ view: ViewSnapshot, from start: UInt64, _ logs: OpenLogs) throws {
    var next = start
    while next < view.length {
      // Written outside of the transaction: that may wait for whoever reads the output.
      let nodes = try logs.read { try view.reading { try (next..<min(next + 256, view.length)).map(view.node) } }
      for node in nodes {
        if let records {
          try records.write(.append(block(node, at: next)))
        } else {
          try lines.writeData(node.value)
          try lines.line()
        }
        next += 1
      }
    }
  }

  private func block(_ node: OutputNode, at seq: UInt64) -> StreamAppend {
    var record = StreamAppend(view: name, seq: seq, value: node.value)
    guard !unwrap else { return record }
    record.extra["change"] = clocks.key(node.change)
    record.extra["batch"] = .integer(Int64(clamping: node.batch.rest + 1))
    record.extra["clock"] = clocks.json(node.clock)
    record.extra["operations"] = .integer(Int64(clamping: node.operations))
    return record
  }

  /// The stream is complete.
  func end() throws {
    try records?.end()
    try lines.flush()
  }
}
