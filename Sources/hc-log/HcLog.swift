import ArgumentParser
import ToolKit

/// `hc-log(1)`: signed append-only logs.
@main
struct HcLog: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "hc-log",
    abstract: "Signed append-only logs.",
    version: Version.current,
    subcommands: [
      CreateCommand.self, AppendCommand.self, CatCommand.self, ListCommand.self, InfoCommand.self, VerifyCommand.self,
      ProofCommand.self, TruncateCommand.self, ClearCommand.self, ReplicateCommand.self, ExportCommand.self,
      ImportCommand.self, StreamCommand.self,
    ])
}
