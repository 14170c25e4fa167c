import ArgumentParser
import StoreToolKit
import ToolKit

/// Which view is read, and by which definition: `--view`, `--spec`.
struct ViewOptions: ParsableArguments {
  @Option(
    name: .customLong("view"),
    help: ArgumentHelp("The log that holds the database (default: the registry's view).", valueName: "name|key"))
  var view: LogReference?

  @Option(
    name: .customLong("spec"),
    help: ArgumentHelp("The folder with schema.json and db.json (default: the registry's).", valueName: "dir"),
    completion: .directory)
  var spec: String?

  /// The definition that the options name.
  func specification() throws -> Specification {
    try spec.map { try Specification(directory: $0) } ?? Specification.registry
  }
}

/// Which version of the view is read: `--at`.
struct VersionOptions: ParsableArguments {
  @Option(
    name: .customLong("at"),
    help: ArgumentHelp("An earlier length of the view, or `signed`.", valueName: "length"))
  var at: LengthArgument?
}

/// A length of a view on the command line: a number, or `signed` for what a quorum of indexers signed.
enum LengthArgument: ExpressibleByArgument, Hashable {
  case number(UInt64)
  case signed

  init?(argument: String) {
    if argument == "signed" {
      self = .signed
    } else if argument.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt64(argument) {
      self = .number(number)
    } else {
      return nil
    }
  }
}
