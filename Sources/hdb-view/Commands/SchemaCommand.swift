import ArgumentParser
import HyperDB
import Hyperdispatch
import Hyperschema
import JSON
import ToolKit

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Check a definition, and print its collections, indexes and operations.")

  @Option(
    name: .customLong("spec"),
    help: ArgumentHelp("The folder with schema.json and db.json (default: the registry's).", valueName: "dir"),
    completion: .directory)
  var spec: String?

  @OptionGroup var options: OutputOptions

  @Argument(help: "Print this file as it is: schema, db or dispatch.")
  var file: FileArgument?

  func run() throws {
    let specification = try spec.map { try Specification(directory: $0) } ?? Specification.registry
    let output = Output.standard()
    if let file {
      guard let text = specification.texts[file.file] else {
        throw ToolError(.negative, "the definition has no file \(file.file.rawValue).json")
      }
      try output.write(text.hasSuffix("\n") ? text : text + "\n")
    } else if options.json {
      var object = JSONObject()
      for file in Specification.File.allCases {
        if let text = specification.texts[file] { object[file.rawValue] = try? JSON(parsing: text) }
      }
      try output.line(.object(object))
    } else {
      try summary(specification, output)
    }
    try output.flush()
  }

  private func summary(_ specification: Specification, _ output: Output) throws {
    let definition = specification.database.definition
    try output.line(
      "schema version \(specification.types.schema.version), database version \(definition.version)"
        + (specification.dispatch.map { ", dispatch version \($0.version)" } ?? ""))
    for entry in specification.entries {
      let key = entry.key.map { "\($0.path ?? "value") \($0.type)" }.joined(separator: ", ")
      if entry.definition.collection != nil {
        try output.line("collection \(entry.definition.id) \(entry.name) by \(key.isEmpty ? "nothing" : key)")
      } else {
        let kind = entry.definition.index?.unique == true ? "unique index" : "index"
        try output.line("\(kind) \(entry.definition.id) \(entry.name) by \(key)")
      }
    }
    for operation in specification.dispatch?.operations ?? [] {
      try output.line("operation \(operation.id) \(operation.name) of \(operation.requestType)")
    }
  }
}

/// One of the files of a definition, on the command line.
struct FileArgument: ExpressibleByArgument {
  let file: Specification.File

  init?(argument: String) {
    let name = argument.hasSuffix(".json") ? String(argument.dropLast(5)) : argument
    guard let file = Specification.File(rawValue: name) else { return nil }
    self.file = file
  }

  static var allValueStrings: [String] { Specification.File.allCases.map(\.rawValue) }
}
