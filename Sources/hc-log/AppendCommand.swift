import ArgumentParser
import Hypercore
import JSON
import StoreToolKit
import ToolKit

struct AppendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "append", abstract: "Append the records of files or of standard input.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions
  @OptionGroup var records: RecordOptions

  @Flag(name: .customLong("whole"), help: "Each file is one record.")
  var whole = false

  @Flag(name: .customLong("stream"), help: "Append the blocks in records of hc-stream(5), lines or frames.")
  var stream = false

  @Option(
    name: .customLong("from"),
    help: ArgumentHelp("With --stream: only the blocks of this log or view.", valueName: "key or view"))
  var from: String?

  @Option(name: .customLong("limit"), help: ArgumentHelp("The largest record that is taken.", valueName: "size"))
  var limit = SizeArgument(bytes: Hypercore.maximumBlockSize)

  @Option(name: .customLong("batch"), help: ArgumentHelp("Commit at most this many records at once.", valueName: "n"))
  var batch = 1000

  @Flag(name: .customLong("acks"), help: "Write the log's length whenever a commit is done.")
  var acks = false

  @Argument(help: "The log: its name or key.")
  var log: LogReference

  @Argument(help: "Files to read; - and none at all is standard input.", completion: .file())
  var file: [String] = []

  func validate() throws {
    if [records.null, records.lengthPrefixed, whole, stream].count(where: { $0 }) > 1 {
      throw ValidationError("only one of --null, --length-prefixed, --whole and --stream can be given")
    }
    if from != nil, !stream { throw ValidationError("--from goes with --stream") }
    if batch < 1 { throw ValidationError("--batch takes a number from 1 on") }
    if !(0...Hypercore.maximumBlockSize ~= limit.bytes) {
      throw ValidationError("--limit is at most \(SizeArgument(bytes: Hypercore.maximumBlockSize))")
    }
  }

  private var framing: RecordFraming {
    if whole { return .whole }
    if records.null { return .nul }
    return records.lengthPrefixed ? .lengthPrefixed : .lines
  }

  func run() throws {
    let store = try location.open()
    let target = try log.findToChange(in: store)
    let output = Output.standard()
    var count: UInt64 = 0
    var progress = Progress("appended")
    for path in file.isEmpty ? ["-"] : file {
      let input: any BlockInput =
        stream
        ? try StreamBlocks(path: path, wanted: from, limit: limit.bytes)
        : try RecordBlocks(path: path, framing: framing, limit: limit.bytes)
      while true {
        let blocks = try input.nextBatch(maximum: batch, bytes: 4 << 20)
        if blocks.isEmpty { break }
        let length = try target.append(blocks)
        count += UInt64(blocks.count)
        progress.advance(by: UInt64(blocks.count))
        if acks {
          try output.line(options.json ? "{\"length\":\(length)}" : "\(length)")
          try output.flush()
        }
      }
    }
    if options.json, !acks {
      try output.line([
        "key": .string(options.text(target.key)), "appended": .integer(Int64(count)),
        "length": .integer(Int64(target.length)), "byteLength": .integer(Int64(target.byteLength)),
      ])
    }
    try output.flush()
  }
}

/// Where blocks to be appended come from.
protocol BlockInput: AnyObject {
  /// The blocks that are there now, at least one unless the input ended: a batch never waits once it holds something.
  func nextBatch(maximum: Int, bytes: Int) throws(ToolError) -> [[UInt8]]
}

/// Records that are blocks as they are.
private final class RecordBlocks: BlockInput {
  private var reader: RecordReader

  init(path: String, framing: RecordFraming, limit: Int) throws(ToolError) {
    reader = try RecordReader(path: path, framing: framing, limit: limit)
  }

  func nextBatch(maximum: Int, bytes: Int) throws(ToolError) -> [[UInt8]] {
    try reader.nextBatch(maximum: maximum, bytes: bytes)
  }
}
