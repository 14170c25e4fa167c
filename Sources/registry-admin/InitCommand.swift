import ArgumentParser
import StoreToolKit
import ToolKit

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Make the store and the registry, and print the keys.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Join the registry with this key instead of founding one.", valueName: "key"))
  var bootstrap: KeyArgument?

  func run() throws { try Setup(location: location, options: options, bootstrap: bootstrap?.key).perform() }
}
