import ArgumentParser
import CompactEncoding
import Corestore
import Hypercore
import JSON
import StoreToolKit
import ToolKit

struct CatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "cat", abstract: "Write the blocks of logs.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var records: RecordOptions

  @Flag(name: .customLong("json"), help: "Write records of hc-stream(5).")
  var json = false

  @Flag(name: .customLong("oplog"), help: "Decode Autobase messages, and write node records of hc-stream(5).")
  var oplog = false

  @OptionGroup var stream: StreamOptions

  @Flag(name: .customLong("raw"), help: "Write blocks with nothing between them.")
  var raw = false

  @Flag(name: .customLong("binary"), help: "Write bytes to a terminal that are not text.")
  var binary = false

  @Flag(name: [.customShort("f"), .customLong("follow")], help: "Go on with blocks that are appended later.")
  var follow = false

  @Option(
    name: [.customShort("r"), .customLong("range")], parsing: .unconditional,
    help: ArgumentHelp("Only these blocks: 3..7, 3.., ..7, -10.., or one.", valueName: "range"))
  var range = BlockRange.all

  @Option(
    name: .customLong("archive"),
    help: ArgumentHelp("Read the logs of an archive instead of a store.", valueName: "file"), completion: .file())
  var archive: String?

  @Argument(help: "The logs: names or keys.")
  var log: [LogReference] = []

  func validate() throws {
    if archive != nil, follow { throw ValidationError("an archive does not grow: --follow is for a store") }
    if log.isEmpty, archive == nil { throw ValidationError("a log is needed") }
    if [records.null, records.lengthPrefixed, raw, isStream].count(where: { $0 }) > 1 {
      throw ValidationError("only one of --null, --length-prefixed, --raw and --json or --frames can be given")
    }
    if follow, !range.isOpen { throw ValidationError("--follow needs a range without an end") }
  }

  func run() throws {
    if let archive { return try run(archive: archive) }
    let store = try location.open(isReadOnly: true)
    let sources = try log.map { BlockSource(try $0.find(in: store), as: $0.text, range: range, waits: follow) }
    let names = isStream ? try LogNames(store) : nil
    let watcher = StoreWatcher(directory: try location.resolve().path)
    let writer = try BlockWriter(format: format, framing: stream.framing, force: binary)
    for source in sources {
      try source.start(in: store)
      if let names { try writer.open(source.record(name: names[source.key])) }
      try copy(source, to: writer, in: store)
    }
    guard follow else {
      try writer.end()
      return
    }
    try writer.flush()
    while true {
      for source in sources {
        let shorter = try source.update(in: store)
        if shorter { try writer.truncate(source, to: source.next) }
        try copy(source, to: writer, in: store)
      }
      try writer.flush()
      _ = watcher.wait(timeoutMilliseconds: 60_000)
    }
  }

  private func run(archive: String) throws {
    let sources = try ArchiveLogs(path: archive).find(log).map { try ArchivedBlocks($0.log, as: $0.text, range: range) }
    let writer = try BlockWriter(format: format, framing: stream.framing, force: binary)
    for source in sources {
      try writer.open(source.record)
      try source.forEach { index, block in try writer.write(block, at: index, of: source) }
    }
    try writer.end()
  }

  private var isStream: Bool { json || oplog || stream.frames }

  private var format: BlockWriter.Format {
    if oplog { return .nodes }
    if isStream { return .blocks }
    if raw { return .raw }
    if records.lengthPrefixed { return .lengthPrefixed }
    return .terminated(records.null ? 0 : 0x0a)
  }

  private func copy(_ source: BlockSource, to writer: BlockWriter, in store: Corestore) throws {
    source.next = try BlockReader(source.log, in: store).forEach(source.next..<source.end) { index, block in
      try writer.write(block, at: index, of: source)
    }
  }
}
