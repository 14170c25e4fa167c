import ArgumentParser
import Corestore
import RegistryNode
import StoreToolKit
import ToolKit

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Tell where the node stands and what it waits for.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  func run() throws {
    let store = try Setup.open(location, isReadOnly: true)
    let directory = try location.resolve().path
    let report = try store.read { try NodeReport(RegistryNode(store), directory: directory) }
    let output = Output.standard()
    if options.json {
      try output.line(report.object(options))
    } else {
      try report.write(to: output, options)
    }
    try output.flush()
  }
}
