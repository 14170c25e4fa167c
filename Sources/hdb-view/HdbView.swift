import ArgumentParser
import ToolKit

/// `hdb-view(1)`: the database view of a registry, or any database in a log.
@main
struct HdbView: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "hdb-view",
    abstract: "The database that ordered logs become.",
    version: Version.current,
    subcommands: [
      ApplyCommand.self, GetCommand.self, FindCommand.self, ScanCommand.self, CountCommand.self, HistoryCommand.self,
      DiffCommand.self, WatchCommand.self, SchemaCommand.self, InfoCommand.self,
    ])
}
