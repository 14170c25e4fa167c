import ArgumentParser
import JSON
import StoreToolKit
import ToolKit

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Build and check schema.json, db.json and dispatch.json.",
    subcommands: [Build.self, Check.self, Print.self])
}

extension SchemaCommand {
  struct Build: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make or evolve the three files from a description.")

    @Argument(help: "The folder of the files.")
    var dir: String

    @Option(help: ArgumentHelp("The description; - is standard input.", valueName: "file"))
    var from: String

    @Flag(name: .customLong("dry-run"), help: "Check everything and write nothing.")
    var isDryRun = false

    @Flag(help: "Print JSON, one object a line; its form is stable.")
    var json = false

    func run() throws {
      let folder = SpecificationFolder(path: dir)
      let description = try Description(
        SpecificationFolder.parse(SpecificationFolder.bytes(from), from), name: from)
      let previous = try folder.read()
      let next = try description.build(after: previous)
      if let previous {
        let evolution = Evolution(from: previous, to: next)
        try evolution.require()
        for text in evolution.warnings { Messages.warning(text) }
      }
      let written = try isDryRun ? [] : folder.write(next)
      let output = Output.standard()
      for file in SpecificationFile.allCases {
        guard let version = next.version(of: file) else { continue }
        let isNew = next.text(of: file) != previous?.text(of: file)
        if json {
          try output.line([
            "file": .string(folder.path(of: file)), "version": .integer(Int64(version)), "changed": .bool(isNew),
            "written": .bool(written.contains(file)),
          ])
        } else {
          try output.line("\(folder.path(of: file)): version \(version)\(isNew ? ", new" : "")")
        }
      }
      try output.flush()
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check the three files, and whether they may follow on older ones.")

    @Argument(help: "The folder of the files.")
    var dir: String

    @Option(help: ArgumentHelp("The folder of the files as they were.", valueName: "old"))
    var against: String?

    func run() throws {
      let specification = try SpecificationFolder(path: dir).required()
      do { try specification.link() } catch { throw ToolError(.incompatible, "\(dir): \(error)") }
      guard let against else { return }
      let evolution = Evolution(from: try SpecificationFolder(path: against).required(), to: specification)
      try evolution.require()
      for text in evolution.warnings { Messages.warning(text) }
    }
  }

  struct Print: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a file of the registry's own: schema.json, db.json or dispatch.json.")

    @Argument(help: "Which file.")
    var file: SpecificationFile

    func run() throws {
      let output = Output.standard()
      try output.write(Specification.registry.text(of: file) ?? "")
      try output.flush()
    }
  }
}
