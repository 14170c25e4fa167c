import ArgumentParser
import StoreToolKit
import ToolKit

struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Make a store of a backup: as a new node, which reads or is to become a writer.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Flag(name: .customLong("as-writer"), help: "Tell how the new node takes the place of the old one as a writer.")
  var asWriter = false

  @Flag(
    name: .customLong("resurrect"),
    help: "Bring back the writer that made the backup; needs its secrets, --force and --beyond.")
  var resurrect = false

  @Option(
    name: .customLong("beyond"),
    help: ArgumentHelp("The longest length of its log that any peer has.", valueName: "length"))
  var beyond: UInt64?

  @Flag(name: .customLong("force"), help: "With --resurrect: it is known that nobody has seen more of its log.")
  var isForced = false

  @Flag(name: .customLong("dry-run"), help: "Check the whole archive and make nothing.")
  var isDryRun = false

  @Argument(help: "The file; - is standard input.")
  var file: String

  func validate() throws {
    if asWriter, resurrect {
      throw ValidationError("--as-writer makes a new writer, --resurrect brings back the old one.")
    }
    if !resurrect, beyond != nil || isForced { throw ValidationError("--beyond and --force belong to --resurrect.") }
  }

  func run() throws {
    let mode: RestoreJob.Mode =
      resurrect ? .resurrect(beyond: beyond, isForced: isForced) : asWriter ? .writer : .reader
    try RestoreJob(location: location, options: options, file: file, mode: mode, isDryRun: isDryRun).perform()
  }
}
