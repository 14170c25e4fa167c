import ApplyProgram
import ArgumentParser
import AutobaseClassic
import CompactEncoding
import Corestore
import Hypercore
import StoreToolKit
import ToolKit

struct ViewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "view", abstract: "Write the values of the inputs in one order, the linearized view.")

  @OptionGroup var inputs: BaseInputs
  @OptionGroup var options: RecordOutputOptions
  @OptionGroup var application: ApplyOptions

  @Option(
    name: .customLong("output"),
    help: ArgumentHelp("A stored view to go on from; again for each, the best is taken.", valueName: "log"))
  var output: [LogReference] = []

  @Option(
    name: .customLong("local-output"),
    help: ArgumentHelp("Keep the view in this log, which is made when it is missing.", valueName: "log"))
  var localOutput: LogReference?

  @Flag(name: .customLong("unwrap"), help: "Write values without what tells where they come from.")
  var unwrap = false

  @Flag(name: .customLong("status"), help: "Write only what the update did.")
  var status = false

  @Flag(name: .customLong("changes"), help: "Write only what the update changed.")
  var changes = false

  @Flag(name: .customLong("live"), help: "Go on with what is appended later.")
  var live = false

  func validate() throws {
    if !output.isEmpty, localOutput != nil {
      throw ValidationError("only one of --output and --local-output can be given")
    }
    if status, changes { throw ValidationError("only one of --status and --changes can be given") }
  }

  func run() throws {
    // Before the inputs, so that the store is there; apart from them, which are only read.
    let local = try localOutput.map { try openLocalOutput($0) }
    let logs = try OpenLogs(inputs.sources, isLive: live)
    if let local, !local.isWritable { throw ClassicError.notWritable(local.key).toolError(logs.text) }
    try logs.naming {
      // What turns a batch of nodes into blocks of the view; without it their values are appended.
      let program = try application.program(.classic).map { ClassicProgram($0) }
      let base = ClassicAutobase(
        inputs: logs.inputs, outputs: try output.map(logs.find), localOutput: local,
        options: program?.options ?? ClassicAutobase.Options())
      try inputs.applyFreezes(to: base, logs)
      try base.start(apply: program.map { program in { try program.apply($0, $1) } })
      guard let view = base.view else { preconditionFailure("the base was just started") }
      let writer = try ViewOutput(
        name: localOutput?.text ?? "view", core: local?.key, options, unwrap: unwrap, status: status)
      var known = changes ? local?.length ?? 0 : nil
      var told = ""
      // What updates did that could not go on.
      var halfway = ViewStatus()
      repeat {
        program?.beginUpdate()
        guard var result = try update(view, logs, told: &told) else {
          halfway = halfway.followed(by: view.status)
          continue
        }
        result = halfway.followed(by: result)
        halfway = ViewStatus()
        let snapshot = try view.viewSnapshot()
        for output in view.unreadableOutputs {
          Messages.warning("an output is left out: \(logs.named(output.error))")
        }
        try writer.write(snapshot, result, known: known, logs)
        known = snapshot.length
      } while try live && news(logs, base)
      try writer.end()
    }
  }

  /// Updates the view. A live one waits for what is not here, and tells for what; nil when it has to.
  private func update(_ view: LinearizedView, _ logs: OpenLogs, told: inout String) throws -> ViewStatus? {
    do { return try view.update() } catch  where live && !(error is ApplyError) {
      guard let problem = logs.named(error) as? ToolError, problem.status == .temporary else { throw error }
      if problem.message != told { Messages.note("waits: \(problem.message)") }
      told = problem.message
      return nil
    }
  }

  /// The log that keeps the view.
  private func openLocalOutput(_ reference: LogReference) throws -> Hypercore {
    let store = try inputs.sources.location.open(create: true)
    try AppendCommand.make(reference, in: store)
    return try reference.find(in: store)
  }

  /// Waits until something came, and takes in logs that joined; false at the end of the pipe.
  private func news(_ logs: OpenLogs, _ base: ClassicAutobase) throws -> Bool {
    var news: OpenLogs.News
    repeat { news = try logs.wait(timeoutMilliseconds: 60_000) } while news == .timeout
    if news == .end { return false }
    for log in try logs.addMembers() { try base.addInput(log) }
    return true
  }
}
