import ArgumentParser
import Corestore
import Hypercore
import JSON
import StoreToolKit
import ToolKit

struct CreateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a log that this store can write, and print its key.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Argument(help: "The name of the log in this store.")
  var name: LogReference

  func run() throws {
    if name.key != nil {
      throw ToolError(.usage, "\(name.text) is a key, a log is created by name", hint: "choose a name of your own")
    }
    let store = try location.open(create: true)
    let (folder, last) = name.name(in: store)
    let log = try store.write {
      if try folder.has(name: last) {
        throw ToolError(.refused, "a log is called \(name.text) already", hint: "`hc-log info \(name.text)` shows it")
      }
      return try folder.get(name: last)
    }
    let output = Output.standard()
    if options.json {
      try output.line(["name": .string(name.text), "key": .string(options.text(log.key))])
    } else {
      try output.line(options.text(log.key))
    }
    try output.flush()
  }
}
