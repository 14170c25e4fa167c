import ArgumentParser
import CompactEncoding
import Corestore
import Hypercore
import HypercoreArchive
import JSON
import StoreToolKit
import ToolKit
import ZstdFrames

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write logs into an archive, see hc-archive(5).")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("The archive; - and nothing at all is standard output.", valueName: "file"),
    completion: .file())
  var output = "-"

  @Option(name: .customLong("level"), help: ArgumentHelp("How hard zstd tries, 1 to 19.", valueName: "n"))
  var level = ArchiveWriter.defaultLevel

  @Argument(help: "The logs: names or keys; all logs of the store without any.")
  var log: [LogReference] = []

  func validate() throws {
    if !FrameCompressor.levels.contains(level) { throw ValidationError("--level takes a number from 1 to 19") }
    if options.json, output == "-" { throw ValidationError("--json goes with --output FILE") }
  }

  func run() throws {
    if output == "-", Terminal.outputIsTerminal {
      throw ToolError(
        .usage, "an archive is not written to the terminal", hint: "name a file with --output, or use a pipe")
    }
    let store = try location.open(isReadOnly: true)
    let names = try LogNames(store)
    var keys: Set<Fixed32> = []
    let logs =
      try
      (log.isEmpty
      ? store.cores().map { try store.get(key: $0.key, isReadOnly: true) } : log.map { try $0.find(in: store) })
      .filter { keys.insert($0.key).inserted }
    guard output != "-" else {
      let output = Output.standard()
      _ = try write(logs, of: store, names, to: output)
      return try output.flush()
    }
    let file = try AtomicFile(output)
    let records = try write(logs, of: store, names, to: file.output)
    try file.commit()
    guard options.json else { return }
    let standard = Output.standard()
    for record in records { try standard.line(record) }
    try standard.flush()
  }

  private func write(_ logs: [Hypercore], of store: Corestore, _ names: LogNames, to output: Output) throws -> [JSON] {
    var progress = Progress("exported", total: logs.reduce(0) { $0 + $1.length })
    let writer = try ArchiveWriter(level: level) { try output.write($0) }
    let records = try logs.map { log in
      let export = try LogExport(log, in: store, name: names[log.key])
      var blocks = 0
      try export.write(to: writer) { count, _ in
        blocks += count
        progress.advance(by: UInt64(count))
      }
      return JSON.object(record(export.head, blocks))
    }
    try writer.finish()
    return records
  }

  private func record(_ head: ArchivedHead, _ blocks: Int) -> JSONObject {
    var object = JSONObject()
    if let name = head.name { object["name"] = .string(name) }
    object["key"] = .string(options.text(head.key))
    object["length"] = .integer(Int64(head.tree.length))
    object["fork"] = .integer(Int64(head.tree.fork))
    object["byteLength"] = .integer(Int64(head.tree.byteLength))
    object["blocks"] = .integer(Int64(blocks))
    return object
  }
}
