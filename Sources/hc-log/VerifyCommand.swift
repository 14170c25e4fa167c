import ArgumentParser
import Corestore
import Hypercore
import JSON
import StoreToolKit
import ToolKit

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Hash every block again, and check trees and signatures.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Argument(help: "The logs: names or keys; all logs of the store without any.")
  var log: [LogReference] = []

  func run() throws {
    let store = try location.open(isReadOnly: true)
    let output = Output.standard()
    let names = try LogNames(store)
    let logs =
      try log.isEmpty
      ? store.cores().map { try store.get(key: $0.key, isReadOnly: true) } : log.map { try $0.find(in: store) }
    var bad = 0
    var forked = 0
    var progress = Progress("verified", total: logs.reduce(0) { $0 + $1.length })
    for log in logs {
      let check = try LogCheck(log, in: store) { progress.advance() }
      let name = names[log.key] ?? options.text(log.key)
      if !check.problems.isEmpty { bad += 1 }
      if log.isFrozen { forked += 1 }
      if options.json {
        try output.line(.object(object(log, name: names[log.key], check)))
      } else {
        for problem in check.problems.prefix(10) { Messages.error("\(name): \(problem.text)") }
        if check.problems.count > 10 { Messages.error("\(name): and more") }
        if log.isFrozen { Messages.error("\(name): two signed histories were seen, and the log is frozen") }
      }
    }
    try output.flush()
    guard bad > 0 || forked > 0 else { return }
    guard bad > 0 else {
      throw ToolError(
        .integrity, "\(forked) of \(logs.count) logs \(forked == 1 ? "was" : "were") written twice",
        hint: "a writer that runs on two copies of its store does that; its node needs a new log")
    }
    throw ToolError(
      .integrity, "\(bad) of \(logs.count) logs \(bad == 1 ? "is" : "are") damaged",
      hint: "restore a backup, or fetch the logs again from other peers")
  }

  private func object(_ log: Hypercore, name: String?, _ check: LogCheck) -> JSONObject {
    var object = JSONObject()
    if let name { object["name"] = .string(name) }
    object["key"] = .string(options.text(log.key))
    object["ok"] = .bool(check.problems.isEmpty)
    object["frozen"] = .bool(log.isFrozen)
    object["length"] = .integer(Int64(log.length))
    object["blocks"] = .integer(Int64(check.blocks))
    object["problems"] = .array(
      check.problems.map { problem in
        var entry = JSONObject()
        if let block = problem.block { entry["block"] = .integer(Int64(clamping: block)) }
        entry["text"] = .string(problem.text)
        return .object(entry)
      })
    return object
  }
}
