import ArgumentParser
import StoreToolKit
import ToolKit

struct AddWriterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add-writer", abstract: "Make the node with this local key a writer and an indexer.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Flag(name: .customLong("dry-run"), help: "Check everything and append nothing.")
  var isDryRun = false

  @Argument(help: "The local key of the new node.")
  var key: KeyArgument

  func run() throws {
    try Membership(change: .add, key: key.key, isDryRun: isDryRun, location: location, options: options).perform()
  }
}
