import ArgumentParser
import StoreToolKit
import ToolKit

struct RemoveWriterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove-writer", abstract: "End the membership of a writer.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Flag(name: .customLong("dry-run"), help: "Check everything and append nothing.")
  var isDryRun = false

  @Argument(help: "The writer's key, as `registry-admin status` prints it.")
  var key: KeyArgument

  func run() throws {
    try Membership(change: .remove, key: key.key, isDryRun: isDryRun, location: location, options: options).perform()
  }
}
