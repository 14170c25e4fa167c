import ArgumentParser
import CompactEncoding
import Corestore
import HyperDB
import Hyperbee
import IndexEncoder
import JSON
import StoreToolKit
import ToolKit

struct ScanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan", abstract: "Print all records of a collection, or all entries of the tree below.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var view: ViewOptions
  @OptionGroup var peers: PeerOptions
  @OptionGroup var version: VersionOptions
  @OptionGroup var bounds: BoundOptions
  @OptionGroup var order: OrderOptions
  @OptionGroup var options: OutputOptions

  @Flag(name: .customLong("raw"), help: "Print keys and values of the tree as bytes in hex, indexes included.")
  var raw = false

  @Argument(help: "The collection or index, when there are several collections.")
  var collection: String?

  func validate() throws {
    if raw, collection != nil { throw ValidationError("--raw goes over all collections") }
  }

  func run() throws {
    if raw { return try scanRaw() }
    let specification = try view.specification()
    let entry = try collection.map { try specification.entry(named: $0) } ?? specification.onlyCollection()
    let range = try bounds.bounds(entry, [])
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
  }

  private func scanRaw() throws {
    let range = KeyRange(
      gt: try bytes(bounds.gt), gte: try bytes(bounds.gte), lt: try bytes(bounds.lt), lte: try bytes(bounds.lte))
    let opened = try OpenView(location, view, peers)
    let state = try opened.current()
    let output = Output.standard()
    var entries = try opened.read {
      // A tree that is not the registry's may have keys that only look like those of its indexes.
      let specification = view.view == nil || view.spec != nil ? try view.specification() : nil
      let length = try state.length(version.at, specification)
      return try Hyperbee(state.log).at(length).range(range, reverse: order.reverse, limit: order.limit)
    }
    try opened.forEach({ try entries.next() }) { entry in
      let (key, value) = (Hex.encode(entry.key), entry.value.map { Hex.encode($0) })
      if options.json {
        try output.line([
          "seq": .integer(Int64(entry.sequence)), "key": .string(key), "value": value.map { .string($0) } ?? .null,
        ])
      } else {
        try output.line("\(entry.sequence) \(key) \(value ?? "-")")
      }
    }
    try output.flush()
    opened.end()
  }

  private func bytes(_ texts: [String]) throws -> [UInt8]? {
    guard let text = texts.first else { return nil }
    guard texts.count == 1, let bytes = Hex.decode(text) else {
      throw ToolError(.usage, "with --raw a bound is a key in hex, not \(text)")
    }
    return bytes
  }
}
