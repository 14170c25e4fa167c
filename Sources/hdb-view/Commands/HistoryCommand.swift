import ArgumentParser
import CompactEncoding
import Corestore
import HyperDB
import IndexEncoder
import StoreToolKit
import ToolKit

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Print what happened to the records, in the order of the log.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var view: ViewOptions
  @OptionGroup var peers: PeerOptions
  @OptionGroup var version: VersionOptions
  @OptionGroup var order: OrderOptions
  @OptionGroup var options: OutputOptions

  @Option(
    name: .customLong("range"), parsing: .unconditional,
    help: ArgumentHelp("Only changes in these blocks of the view: 3..7, 3.., ..7, -10.., or one.", valueName: "range"))
  var range = BlockRange.all

  @Option(
    name: .customLong("collection"), help: ArgumentHelp("Only changes of this collection.", valueName: "name"))
  var collection: String?

  @Argument(help: "Only changes of the record with this primary key: its value, or a JSON object.")
  var name: String?

  func run() throws {
    let specification = try view.specification()
    let entry = try collection.map { try specification.collection(named: $0) }
    let key = try name.map { name in
      try PrimaryKey(name, entry ?? specification.onlyCollection())
    }
    let opened = try OpenView(location, view, peers)
    let state = try opened.current()
    let writer = ChangeWriter(specification, options)
    var changes = try opened.read {
      let length = try state.length(version.at, specification)
      guard let blocks = range.resolve(length: length) else {
        throw ToolError(.negative, "there is no such block: the view has \(length) blocks")
      }
      return try state.database(specification, at: length).changes(
        Bounds(gte: Int64(blocks.lowerBound), lt: Int64(blocks.upperBound)), reverse: order.reverse)
    }
    var left = order.limit ?? Int.max
    func next() throws -> ChangeIterator.Change? {
      while left > 0, let change = try changes.next() {
        if let entry, change.collection != entry.name { continue }
        if let key, !key.matches(change) { continue }
        left -= 1
        return change
      }
      return nil
    }
    try opened.forEach(next) { try writer.write($0) }
    try writer.flush()
    opened.end()
  }
}

/// A primary key to look for among changes.
struct PrimaryKey {
  private let entry: SpecificationEntry
  private let query: Value

  init(_ text: String, _ entry: SpecificationEntry) throws {
    self.entry = entry
    query = try entry.primaryKey(text)
  }

  func matches(_ change: ChangeIterator.Change) -> Bool {
    change.collection == entry.name
      && entry.key.allSatisfy { field in
        let path = (field.path ?? "").split(separator: ".").map(String.init)
        return path.reduce(change.value) { $0[$1] } == path.reduce(query) { $0[$1] }
      }
  }
}
