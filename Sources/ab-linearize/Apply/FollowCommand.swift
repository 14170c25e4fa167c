import ApplyProgram
import ArgumentParser
import Autobase
import Corestore
import Glibc
import Hypercore
import JSON
import StoreToolKit
import ToolKit

struct FollowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "follow", abstract: "Bring the views of a base up to date, and keep them so.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions
  @OptionGroup var application: ApplyOptions
  @OptionGroup var readiness: ReadinessOptions

  @Option(
    name: .customLong("namespace"),
    help: ArgumentHelp("The namespace of the store that holds the base; \"\" is the root.", valueName: "name"))
  var namespace = "base"

  @Option(
    name: .customLong("base"),
    help: ArgumentHelp("The key of the base, to join it.", valueName: "key"))
  var base: KeyArgument?

  @Flag(name: .customLong("init"), help: "Found a base when the namespace holds none.")
  var founds = false

  @Flag(name: .customLong("once"), help: "End when everything that is here is applied.")
  var once = false

  @Flag(name: .customLong("append"), help: "Append the lines of standard input as values.")
  var append = false

  @Flag(name: .customLong("batch"), help: "With --append: append lines that come together as one atomic batch.")
  var batch = false

  @Flag(name: .customLong("optimistic"), help: "Let strangers write nodes that the program can accept.")
  var optimistic = false

  @Option(
    name: .customLong("ack-interval"),
    help: ArgumentHelp(
      "About how long an indexer waits before it acknowledges what others wrote; 0 for never (default: 10ms).",
      valueName: "time"))
  var acknowledgeInterval = DurationArgument(milliseconds: 10)

  func validate() throws {
    if founds, base != nil { throw ValidationError("--init founds a base, --base joins one") }
    if batch, !append { throw ValidationError("--batch goes with --append") }
  }

  func run() throws {
    if namespace == "registry" {
      throw ToolError(
        .refused, "the base in the namespace registry has the views of the registry, which its node makes",
        hint: "`rpc-serve` follows it, and `ab-linearize status` tells where it stands")
    }
    let termination = once ? -1 : try Signals.catchTermination()
    // Made before the first look, so that a commit in between is not missed.
    let path = try location.resolve().path
    let store = try location.open(create: founds || base != nil)
    let watcher = StoreWatcher(directory: path)
    let followed = try FollowedBase(
      namespace.isEmpty ? store : store.namespace(namespace), key: base?.key, isFounding: founds,
      program: application.program(.base), view: application.view.first,
      acknowledging: AckTimer.Settings(intervalMilliseconds: UInt64(acknowledgeInterval.milliseconds)),
      isOptimistic: optimistic)
    let report = FollowReport(followed, options)
    var run = FollowRun(
      followed: followed, report: report, watcher: watcher, termination: termination, isAtomic: batch)
    if once {
      try run.once(appends: append)
    } else {
      try run.live(appends: append) { readiness.announce() }
    }
  }
}
