import ArgumentParser
import CompactEncoding
import Corestore
import Hypercore
import JSON
import StoreToolKit
import ToolKit

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "ls", abstract: "List the logs of the store.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  func run() throws {
    let store = try location.open(isReadOnly: true)
    let output = Output.standard()
    var table = Table(("NAME", .left), ("KEY", .left), ("LENGTH", .right), ("SIZE", .right))
    try store.read {
      let names = try LogNames(store)
      for record in try store.cores() {
        let log = try store.get(key: record.key, isReadOnly: true)
        let name = names[record.key]
        guard options.json else {
          table.add(name ?? "-", options.text(log.key), "\(log.length)", SizeArgument.text(log.byteLength))
          continue
        }
        var object = JSONObject()
        if let name { object["name"] = .string(name) }
        object["key"] = .string(options.text(log.key))
        object["length"] = .integer(Int64(log.length))
        object["byteLength"] = .integer(Int64(log.byteLength))
        object["fork"] = .integer(Int64(log.fork))
        try output.line(.object(object))
      }
    }
    try table.write(to: output)
    try output.flush()
  }
}
