import ArgumentParser
import StoreToolKit
import ToolKit

struct BackupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Write the store as it is now into one file, while the node runs.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Flag(
    name: .customLong("with-secrets"),
    help: "Put the secrets in, too: whoever has the file can then write as this node.")
  var hasSecrets = false

  @Argument(help: "The file; - is standard output.")
  var file: String

  func run() throws {
    try BackupJob(location: location, options: options, file: file, hasSecrets: hasSecrets).perform()
  }
}
