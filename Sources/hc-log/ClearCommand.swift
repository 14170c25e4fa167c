import ArgumentParser
import Hypercore
import JSON
import StoreToolKit
import ToolKit

struct ClearCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clear", abstract: "Delete blocks of a log from this store; its length and hashes stay.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Flag(name: [.customShort("n"), .customLong("dry-run")], help: "Say what would be deleted, and change nothing.")
  var dryRun = false

  @Argument(help: "The log: its name or key.")
  var log: LogReference

  @Argument(help: ArgumentHelp("The blocks: 3..7, 3.., ..7, .. or one.", valueName: "range"))
  var range: BlockRange

  func run() throws {
    let store = try location.open()
    let target = try log.findToChange(in: store, writing: false)
    let (blocks, count) = try store.write(unless: dryRun) {
      let length = target.length
      guard let blocks = range.resolve(length: length) else {
        throw ToolError(.negative, "\(log.text) has no such block: it has \(length)")
      }
      let count = try target.storedBlockCount(in: blocks)
      if !dryRun { try target.clear(blocks) }
      return (blocks, count)
    }
    let output = Output.standard()
    if options.json {
      try output.line([
        "key": .string(options.text(target.key)), "start": .integer(Int64(blocks.lowerBound)),
        "end": .integer(Int64(blocks.upperBound)), "deleted": .integer(Int64(count)), "dryRun": .bool(dryRun),
      ])
    } else {
      try output.line(
        "\(dryRun ? "would delete" : "deleted") \(count) blocks from \(blocks.lowerBound) up to \(blocks.upperBound)")
    }
    try output.flush()
  }
}

extension Hypercore {
  /// How many blocks of a range are stored.
  fileprivate func storedBlockCount(in range: Range<UInt64>) throws -> UInt64 {
    var count: UInt64 = 0
    var start = range.lowerBound & ~63
    while start < range.upperBound {
      let words = Int(min(range.upperBound - start + 63, 1 << 20) / 64)
      for (offset, word) in try storedBlockWords(from: start, wordCount: words).enumerated() {
        let first = start + 64 * UInt64(offset)
        var word = word
        if first < range.lowerBound { word &= ~0 << (range.lowerBound - first) }
        if range.upperBound - first < 64 { word &= ~(~0 << (range.upperBound - first)) }
        count += UInt64(word.nonzeroBitCount)
      }
      start += 64 * UInt64(words)
    }
    return count
  }
}
