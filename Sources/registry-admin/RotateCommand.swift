import ArgumentParser
import StoreToolKit
import ToolKit

struct RotateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate", abstract: "Replace a writer that is lost by a new one, as one operation.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Flag(name: .customLong("dry-run"), help: "Tell the quorum before, during and after, and append nothing.")
  var isDryRun = false

  @Flag(name: .customLong("force"), help: "Append it even if too few indexers seem to be up.")
  var isForced = false

  @Option(
    name: .customLong("seen-within"),
    help: ArgumentHelp(
      "How long before the newest node a writer may have been heard of to count as up.", valueName: "time"))
  var window = DurationArgument(milliseconds: Int64(WriterActivity.standardWindowMilliseconds))

  @Argument(help: "The local key of the writer that goes.")
  var lost: KeyArgument

  @Argument(help: "The local key of the node that comes.")
  var new: KeyArgument

  func run() throws {
    try Rotation(
      lost: lost.key, new: new.key, isDryRun: isDryRun, isForced: isForced,
      windowMilliseconds: UInt64(window.milliseconds), location: location, options: options
    ).perform()
  }
}
