import ArgumentParser
import CompactEncoding
import Corestore
import Hypercore
import HypercoreArchive
import JSON
import StoreToolKit
import ToolKit

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List the logs of the store, or of an archive.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Option(
    name: .customLong("archive"),
    help: ArgumentHelp("List the logs of an archive instead of a store.", valueName: "file"), completion: .file())
  var archive: String?

  func run() throws {
    var lines: [Line] = []
    if let archive {
      for log in try ArchiveLogs(path: archive).logs {
        let tree = log.head.tree
        lines.append(
          Line(name: log.head.name, key: log.key, length: tree.length, byteLength: tree.byteLength, fork: tree.fork))
      }
    } else {
      let store = try location.open(isReadOnly: true)
      try store.read {
        let names = try LogNames(store)
        for record in try store.cores() {
          let log = try store.get(key: record.key, isReadOnly: true)
          lines.append(
            Line(
              name: names[record.key], key: log.key, length: log.length, byteLength: log.byteLength, fork: log.fork))
        }
      }
    }
    try write(lines)
  }

  private struct Line {
    var name: String?
    var key: Fixed32
    var length: UInt64
    var byteLength: UInt64
    var fork: UInt64
  }

  private func write(_ lines: [Line]) throws {
    let output = Output.standard()
    var table = Table(("NAME", .left), ("KEY", .left), ("LENGTH", .right), ("SIZE", .right))
    for line in lines {
      guard options.json else {
        table.add(
          line.name ?? "-", options.text(line.key), "\(line.length)", SizeArgument.text(line.byteLength))
        continue
      }
      var object = JSONObject()
      if let name = line.name { object["name"] = .string(name) }
      object["key"] = .string(options.text(line.key))
      object["length"] = .integer(Int64(line.length))
      object["byteLength"] = .integer(Int64(line.byteLength))
      object["fork"] = .integer(Int64(line.fork))
      try output.line(.object(object))
    }
    try table.write(to: output)
    try output.flush()
  }
}
