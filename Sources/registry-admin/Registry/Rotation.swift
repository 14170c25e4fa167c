import Autobase
import CompactEncoding
import Corestore
import HypercoreCrypto
import JSON
import Registry
import RegistryNode
import StoreToolKit
import ToolKit

/// The replacement of a writer by another one: its removal and the other's addition as one atomic batch.
struct Rotation {
  var lost: Fixed32
  var new: Fixed32
  var isDryRun: Bool
  var isForced: Bool
  var windowMilliseconds: UInt64
  var location: StoreLocation
  var options: OutputOptions

  private struct Plan {
    var isDone = false
    var stages: [Quorum] = []
    var activity: WriterActivity?
    var localKey: Fixed32?
    var refusal: ToolError?
  }

  func perform() throws {
    let store = try Setup.open(location, isReadOnly: isDryRun)
    let plan: Plan
    if isDryRun {
      plan = try store.read { try decide(RegistryNode(store)) }
    } else {
      plan = try store.write {
        let node = try RegistryNode(store)
        let plan = try decide(node)
        if !plan.isDone, plan.refusal == nil || isForced {
          try node.base.append([
            RegistryOperation.removeWriter(WriterKey(lost)).encoded(),
            RegistryOperation.addWriter(WriterKey(new)).encoded(),
          ])
        }
        return plan
      }
    }
    try report(plan)
    if let refusal = plan.refusal, !isForced { throw refusal }
  }

  // MARK: Deciding

  private func decide(_ node: RegistryNode) throws -> Plan {
    let members = try node.members()
    let status = try node.base.status()
    let indexers = node.base.info.indexers.map(\.key)
    func isMember(_ key: Fixed32) -> Bool { members.contains { $0.key == key && !$0.member.isRemoved } }
    guard lost != new else { throw ToolError(.usage, "a writer cannot take its own place") }
    guard let local = node.localKey, isMember(local) else { throw AutobaseError.notWritable }
    guard members.contains(where: { $0.key == lost }) else {
      throw ToolError(
        .refused, "\(options.text(lost)) is not a writer", hint: "`registry-admin status` lists the writers")
    }
    let isLeft = !isMember(lost) && !indexers.contains(lost)
    if isLeft, isMember(new) { return Plan(isDone: true) }
    if isLeft {
      throw ToolError(
        .refused, "\(options.text(lost)) is no longer a writer",
        hint: "`registry-admin add-writer \(options.text(new))` adds the new one")
    }
    if isMember(new) {
      throw ToolError(
        .refused, "\(options.text(new)) is a writer already",
        hint: "`registry-admin remove-writer \(options.text(lost))` removes the other one")
    }
    if try [node.serverKeyPair?.publicKey, node.status().viewKey].contains(new) {
      throw ToolError(
        .refused, "\(options.text(new)) is not the key of a writer but this node's server or view key",
        hint: "the new node prints its writer as its local key")
    }
    // Nobody would be left, and every node would ignore the removal.
    if indexers == [lost] {
      throw ToolError(
        .refused, "the last indexer cannot be replaced",
        hint:
          "`registry-admin add-writer \(options.text(new))`, and remove the other one when the new one is an indexer")
    }
    let activity = try WriterActivity(node, status, window: windowMilliseconds)
    let stages = Quorum.stages(
      replacing: lost, by: new, active: status.indexers, next: indexers,
      isKnown: members.contains { $0.key == new && $0.member.length > 0 }, isUp: { activity[$0].isUp })
    return Plan(
      stages: stages, activity: activity, localKey: local,
      refusal: refusal(stages, activity, isChanging: Set(indexers) != Set(status.indexers)))
  }

  private func refusal(_ stages: [Quorum], _ activity: WriterActivity, isChanging: Bool) -> ToolError? {
    if isChanging {
      return ToolError(
        .refused, "another change of the indexers is under way",
        hint: "`registry-admin status --wait-indexed` waits for it; --force does not")
    }
    guard let short = stages.first(where: { $0.phase != .after && !$0.isReached }) else { return nil }
    let down = short.down.map { "\(options.text($0)) (seen \(activity[$0].seenText))" }.joined(separator: ", ")
    let what =
      short.phase == .before
      ? "the change needs the votes of \(short.needed) of \(short.indexers.count) indexers, \(short.up.count) seem to be up"
      : "after the removal \(short.needed) of \(short.indexers.count) indexers must vote, \(short.up.count) seem to be up"
    return ToolError(
      .refused, "\(what): the registry would stand still",
      hints: [
        "start these first: \(down)",
        "if they are up and there was only nothing to vote for, put an entry and try again, or use --force",
      ])
  }

  // MARK: Telling

  private func report(_ plan: Plan) throws {
    let isAppended = !plan.isDone && !isDryRun && (plan.refusal == nil || isForced)
    let output = Output.standard()
    if options.json {
      try output.line([
        "operation": "rotate", "lost": .string(options.text(lost)), "new": .string(options.text(new)),
        "appended": .bool(isAppended), "dryRun": .bool(isDryRun), "safe": .bool(plan.refusal == nil),
        "quorum": .array(plan.stages.map { $0.object(options) }),
      ])
      return try output.flush()
    }
    if plan.isDone {
      try output.line("\(options.text(new)) has taken the place of \(options.text(lost)) already")
      return try output.flush()
    }
    try describe(plan, to: output)
    if isAppended {
      try output.line("Successfully replaced the writer \(options.text(lost)) by \(options.text(new)).")
      try output.line("The new node becomes an indexer with its first node, the key of the view changes then.")
    } else if plan.refusal == nil {
      try output.line("would replace writer \(options.text(lost)) by \(options.text(new))")
    }
    try output.flush()
  }

  private func describe(_ plan: Plan, to output: Output) throws {
    var table = Table(("QUORUM", .left), ("INDEXERS", .right), ("NEEDED", .right), ("UP", .right), ("WHO", .left))
    for stage in plan.stages {
      let who = stage.indexers.map { key in
        let name = String(options.text(key).prefix(8))
        if key == new { return "\(name) (new)" }
        if key == plan.localKey { return "\(name) (local)" }
        return stage.up.contains(key) ? name : "\(name) (seen \(plan.activity?[key].seenText ?? "never"))"
      }
      table.add(
        stage.phase.rawValue, "\(stage.indexers.count)", "\(stage.needed)", "\(stage.up.count)",
        who.joined(separator: ", "))
    }
    try table.write(to: output)
  }
}
