import ArgumentParser
import CompactEncoding
import Corestore
import HyperDB
import StoreToolKit
import ToolKit

struct GetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "get", abstract: "Print the record with a key.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var view: ViewOptions
  @OptionGroup var peers: PeerOptions
  @OptionGroup var version: VersionOptions
  @OptionGroup var options: OutputOptions

  @Option(
    name: .customLong("collection"),
    help: ArgumentHelp("The collection, when there are several.", valueName: "name"))
  var collection: String?

  @Option(
    name: .customLong("key"),
    help: ArgumentHelp("A field of the primary key; once for each.", valueName: "field=value"))
  var key: [String] = []

  @Argument(help: "The value of the primary key, or a JSON object with its fields.")
  var name: String?

  func validate() throws {
    if (name == nil) == key.isEmpty { throw ValidationError("the record's name or --key is needed") }
  }

  func run() throws {
    let specification = try view.specification()
    let entry = try specification.collection(named: collection)
    let query = try query(entry)
    let opened = try OpenView(location, view, peers)
    let state = try opened.current()
    let found = try opened.read {
      try state.database(specification, at: state.length(version.at, specification)).get(entry.name, query)
    }
    opened.end()
    guard let found else {
      throw ToolError(.negative, "there is no \(entry.definition.name) \(name ?? key.joined(separator: " "))")
    }
    try RecordWriter(entry, specification, options).writeAlone(found)
  }

  private func query(_ entry: SpecificationEntry) throws -> Value {
    guard let name else { return try entry.primaryKey(terms: key) }
    return try entry.primaryKey(name)
  }
}
