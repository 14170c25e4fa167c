import ApplyProgram
import ArgumentParser
import ToolKit

/// What turns nodes into views: `--apply`, `--view`, `--apply-timeout`, `--check-deterministic`.
struct ApplyOptions: ParsableArguments {
  @Option(
    name: .customLong("apply"),
    help: ArgumentHelp(
      "A shell command that speaks ab-apply(5) and says what to append; without it the view is the order itself.",
      valueName: "command"))
  var apply: String?

  @Option(
    name: .customLong("view"),
    help: ArgumentHelp(
      "A view, again for each, in their order; not needed when the program names them.", valueName: "name"))
  var view: [String] = []

  @Option(
    name: .customLong("apply-timeout"),
    help: ArgumentHelp("How long the program may take for a line (default: 30s).", valueName: "time"))
  var applyTimeout = DurationArgument(milliseconds: ApplyProgram.defaultTimeoutMilliseconds)

  @Flag(
    name: .customLong("check-deterministic"),
    help: "Run the program twice, the second time with other portions, and end with 4 at the first difference.")
  var checkDeterministic = false

  func validate() throws {
    for name in view where !ApplySession.isName(name) || name == "local" {
      throw ValidationError("\(name.debugDescription) cannot be the name of a view")
    }
    if Set(view).count < view.count { throw ValidationError("--view names the same view twice") }
    if view.count > ApplyLimits.viewCount { throw ValidationError("there are at most \(ApplyLimits.viewCount) views") }
    if apply == nil {
      if checkDeterministic { throw ValidationError("--check-deterministic goes with --apply") }
      if view.count > 1 { throw ValidationError("several views go with --apply") }
    }
    if applyTimeout.milliseconds == 0 { throw ValidationError("--apply-timeout takes a time above 0") }
  }

  /// Starts the program; nil when none is named.
  func program(_ mode: ApplyMode) throws -> (any ApplyAnswering)? {
    guard let apply else { return nil }
    let time = applyTimeout.milliseconds
    return checkDeterministic
      ? try DeterminismCheck(apply, mode: mode, views: view, timeoutMilliseconds: time)
      : try ApplyProgram(apply, mode: mode, views: view, timeoutMilliseconds: time)
  }
}
