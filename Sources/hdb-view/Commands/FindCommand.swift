import ArgumentParser
import CompactEncoding
import Corestore
import HyperDB
import StoreToolKit
import ToolKit

struct FindCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "find", abstract: "Print the records that an index finds.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var view: ViewOptions
  @OptionGroup var peers: PeerOptions
  @OptionGroup var version: VersionOptions
  @OptionGroup var filter: RegistryFilter
  @OptionGroup var bounds: BoundOptions
  @OptionGroup var order: OrderOptions
  @OptionGroup var options: OutputOptions

  @Argument(help: ArgumentHelp("An index or collection, and values of its first fields.", valueName: "index"))
  var terms: [String] = []

  func validate() throws {
    if terms.isEmpty, filter.search == nil, bounds.isEmpty {
      throw ValidationError("an index, --type, --owner or --drive-key is needed; `hdb-view scan` prints all records")
    }
  }

  func run() throws {
    let specification = try view.specification()
    let (entry, terms) = try filter.target(terms, in: specification)
    let range = try bounds.bounds(entry, terms)
    let opened = try OpenView(location, view, peers)
    let state = try opened.current()
    let writer = RecordWriter(entry, specification, options)
    var records = try opened.read {
      try state.database(specification, at: state.length(version.at, specification))
        .find(entry.name, range, reverse: order.reverse, limit: order.limit)
    }
    try opened.forEach({ try records.next() }) { try writer.write($0) }
    try writer.end()
    opened.end()
    if writer.count == 0 { throw NegativeAnswer() }
  }
}

extension OpenView {
  /// Calls `body` with all that `next` gives. Reading goes in steps of one transaction each; writing, which may wait
  /// for whoever reads the output, happens between them.
  func forEach<T>(_ next: () throws -> T?, _ body: (T) throws -> Void) throws {
    while true {
      let items: [T] = try read {
        var items: [T] = []
        while items.count < 500, let item = try next() { items.append(item) }
        return items
      }
      if items.isEmpty { return }
      for item in items { try body(item) }
    }
  }
}
