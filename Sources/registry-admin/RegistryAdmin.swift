import ArgumentParser
import ToolKit

/// `registry-admin(1)`: sets up, runs and examines a node of the registry.
@main
struct RegistryAdmin: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "registry-admin",
    abstract: "Set up, run and examine a node of the registry.",
    version: Version.current,
    subcommands: [
      InitCommand.self, RunCommand.self, StatusCommand.self, AddWriterCommand.self, RemoveWriterCommand.self,
      RotateCommand.self, BackupCommand.self, RestoreCommand.self,
      SchemaCommand.self, DoctorCommand.self,
    ])
}
