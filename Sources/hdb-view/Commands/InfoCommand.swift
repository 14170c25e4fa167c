import ArgumentParser
import CompactEncoding
import Corestore
import HyperDB
import JSON
import StoreToolKit
import ToolKit

struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Tell the view's key, lengths, tree hash and number of records.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var view: ViewOptions
  @OptionGroup var peers: PeerOptions
  @OptionGroup var version: VersionOptions
  @OptionGroup var options: OutputOptions

  func run() throws {
    let specification = try view.specification()
    let opened = try OpenView(location, view, peers)
    let state = try opened.current()
    let (length, hash, entries) = try opened.read {
      let length = try state.length(version.at, specification)
      let database = state.database(specification, at: length)
      return (
        length, try state.treeHash(at: length),
        try specification.collections.reduce(0) { try $0 + database.count($1.name) }
      )
    }
    let output = Output.standard()
    if options.json {
      var object = JSONObject()
      if let name = state.name { object["view"] = .string(name) }
      object["viewKey"] = .string(options.text(state.key))
      object["length"] = .integer(Int64(length))
      object["signedLength"] = .integer(Int64(min(length, state.signedLength)))
      object["treeHash"] = .string(hash.description)
      object["entries"] = .integer(Int64(entries))
      object["version"] = .integer(Int64(specification.database.definition.version))
      try output.line(.object(object))
    } else {
      var table = Table()
      if let name = state.name { table.add("view", RecordWriter.line(name)) }
      table.add("view key", options.text(state.key))
      table.add("length", "\(length)")
      table.add("signed length", "\(min(length, state.signedLength))")
      table.add("tree hash", hash.description)
      table.add("entries", "\(entries)")
      table.add("definition", "version \(specification.database.definition.version)")
      try table.write(to: output)
    }
    try output.flush()
    opened.end()
  }
}
