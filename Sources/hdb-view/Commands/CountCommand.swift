import ArgumentParser
import CompactEncoding
import Corestore
import HyperDB
import JSON
import StoreToolKit
import ToolKit

struct CountCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "count", abstract: "Print the number of records.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var view: ViewOptions
  @OptionGroup var peers: PeerOptions
  @OptionGroup var version: VersionOptions
  @OptionGroup var filter: RegistryFilter
  @OptionGroup var bounds: BoundOptions
  @OptionGroup var options: OutputOptions

  @Argument(help: ArgumentHelp("An index or collection, and values of its first fields.", valueName: "index"))
  var terms: [String] = []

  func run() throws {
    let specification = try view.specification()
    let (entry, terms) = try filter.target(terms, in: specification)
    let range = try bounds.bounds(entry, terms)
    let opened = try OpenView(location, view, peers)
    let state = try opened.current()
    let count = try opened.read {
      try state.database(specification, at: state.length(version.at, specification)).count(entry.name, range)
    }
    let output = Output.standard()
    if options.json { try output.line(["count": .integer(Int64(count))]) } else { try output.line("\(count)") }
    try output.flush()
    opened.end()
  }
}
