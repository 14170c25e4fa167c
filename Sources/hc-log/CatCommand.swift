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

  @Argument(help: "The logs: names or keys.")
  var log: [LogReference]

  func validate() throws {
    if log.isEmpty { throw ValidationError("a log is needed") }
    if [records.null, records.lengthPrefixed, raw, isStream].count(where: { $0 }) > 1 {
      throw ValidationError("only one of --null, --length-prefixed, --raw and --json or --frames can be given")
    }
    if follow, !range.isOpen { throw ValidationError("--follow needs a range without an end") }
  }

  func run() throws {
    let store = try location.open(isReadOnly: true)
    let sources = try log.map { BlockSource(try $0.find(in: store), as: $0.text, range: range, waits: follow) }
    let names = isStream ? try LogNames(store) : nil
    let watcher = StoreWatcher(directory: try location.resolve().path)
    let writer = try BlockWriter(format: format, framing: stream.framing, force: binary)
    for source in sources {
      try source.start(in: store)
      if let names { try writer.open(source, name: names[source.log.key]) }
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
        if shorter { try writer.truncate(source) }
        try copy(source, to: writer, in: store)
      }
      try writer.flush()
      _ = watcher.wait(timeoutMilliseconds: 60_000)
    }
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

/// A log that is read, and how far.
final class BlockSource {
  let log: Hypercore
  let text: String
  private let range: BlockRange
  /// Whether blocks that are not stored yet are waited for.
  private let waits: Bool
  private(set) var fork: UInt64 = 0
  var next: UInt64 = 0
  private(set) var end: UInt64 = 0

  init(_ log: Hypercore, as text: String, range: BlockRange, waits: Bool) {
    self.log = log
    self.text = text
    self.range = range
    self.waits = waits
  }

  /// Fixes the blocks to read, as the log is now.
  func start(in store: Corestore) throws {
    try store.read {
      fork = log.fork
      guard let blocks = range.resolve(length: log.length) else {
        throw ToolError(.negative, "\(text) has no such block: it has \(log.length) blocks")
      }
      (next, end) = (blocks.lowerBound, try stored(blocks))
    }
  }

  /// Takes up what happened since; true when blocks that were read are gone.
  func update(in store: Corestore) throws -> Bool {
    try store.read {
      end = try stored(min(next, log.length)..<log.length)
      guard log.fork != fork else { return false }
      fork = log.fork
      guard next > end else { return false }
      next = end
      return true
    }
  }

  /// The end of what can be read: the first block that is waited for, or the end of the blocks.
  private func stored(_ blocks: Range<UInt64>) throws -> UInt64 {
    guard waits, try !log.has(blocks) else { return blocks.upperBound }
    var end = max(blocks.lowerBound, min(log.contiguousLength, blocks.upperBound))
    while end < blocks.upperBound, try log.has(end) { end += 1 }
    return end
  }
}
