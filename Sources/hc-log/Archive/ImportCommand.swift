import ArgumentParser
import CompactEncoding
import Corestore
import Glibc
import Hypercore
import HypercoreArchive
import JSON
import StoreToolKit
import ToolKit

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Take the logs of an archive into the store, all or none.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Flag(name: .customLong("dry-run"), help: "Check the archive and tell what would be done.")
  var dryRun = false

  @Option(
    name: .customLong("name"),
    help: ArgumentHelp("What the log is to be called here, when the archive holds one log.", valueName: "name"))
  var name: LogReference?

  @Argument(help: "The archive; - and nothing at all is standard input.", completion: .file())
  var file = "-"

  func validate() throws {
    if let name, name.key != nil { throw ValidationError("--name takes a name, not a key") }
  }

  func run() throws {
    var input = try ArchiveInput(file)
    let (path, _) = try location.resolve()
    var progress = Progress("imported")
    // A store that is not there need not be made to find out that an archive is sound.
    if dryRun, access(path + "/store.db", F_OK) != 0 {
      return try report(try checked(input, &progress))
    }
    let store = try location.open(create: true)
    if input.isPipe { input = try input.spooled(in: path) }
    let outcomes = try ArchiveImport.run(
      input.reader(), into: store, isDryRun: dryRun, onBlocks: { count, _ in progress.advance(by: UInt64(count)) },
      finish: { try call($0, in: store) })
    try report(
      outcomes.map { Line(head: $0.head, before: $0.lengthBefore, length: $0.length, blocks: $0.blocks) })
  }

  /// Reads an archive for which there is no store.
  private func checked(_ input: ArchiveInput, _ progress: inout Progress) throws -> [Line] {
    let reader = try input.reader()
    var lines: [Line] = []
    while let item = try reader.next() {
      switch item {
      case .log(let head): lines.append(Line(head: head, before: nil, length: head.tree.length, blocks: 0))
      case .blocks(let section, _):
        lines[lines.count - 1].blocks += UInt64(section.blocks.count)
        progress.advance(by: UInt64(section.blocks.count))
      }
    }
    return lines
  }

  /// Gives the log its name.
  private func call(_ outcomes: [ArchiveImport.Outcome], in store: Corestore) throws {
    guard let name else { return }
    guard outcomes.count == 1, let outcome = outcomes.first else {
      throw ToolError(
        .usage, "the archive holds \(outcomes.count) logs, --name is for one",
        hint: "import it without --name; logs are found by their keys")
    }
    let (folder, last) = name.name(in: store)
    if try folder.has(name: last) {
      guard try folder.get(name: last, isReadOnly: true).key == outcome.head.key else {
        throw ToolError(.refused, "another log is called \(name.text) already", hint: "choose another name")
      }
      return
    }
    try folder.setAlias(last, for: store.get(key: outcome.head.key))
  }

  /// What is told of a log.
  private struct Line {
    var head: ArchivedHead
    var before: UInt64?
    var length: UInt64
    var blocks: UInt64
  }

  private func report(_ lines: [Line]) throws {
    let output = Output.standard()
    var table = Table(("KEY", .left), ("LENGTH", .right), ("NEW", .right), ("", .left))
    for line in lines {
      guard options.json else {
        let news = line.before == nil ? "new" : line.blocks == 0 ? "nothing new" : "had \(line.before ?? 0)"
        table.add(options.text(line.head.key), "\(line.length)", "\(line.blocks)", news)
        continue
      }
      var object = JSONObject()
      if let name = line.head.name { object["name"] = .string(name) }
      object["key"] = .string(options.text(line.head.key))
      object["length"] = .integer(Int64(line.length))
      object["fork"] = .integer(Int64(line.head.tree.fork))
      object["lengthBefore"] = line.before.map { .integer(Int64($0)) } ?? .null
      object["blocks"] = .integer(Int64(line.blocks))
      try output.line(.object(object))
    }
    try table.write(to: output)
    try output.flush()
  }
}
