import Autobase
import AutobaseClassic
import JSON
import ToolKit

/// An explanation of a place in the causal order, for programs.
struct CausalExplanationRecord {
  private let options: OutputOptions

  init(_ options: OutputOptions) { self.options = options }

  func json(_ item: CausalExplanation) -> JSON {
    var object = JSONObject([
      ("node", node(item.node)), ("index", .integer(Int64(item.index))), ("count", .integer(Int64(item.count))),
      ("batch", .integer(Int64(clamping: max(item.batch.rest, item.batch.rest &+ 1)))),
      ("valueLength", item.valueLength.map { .integer(Int64($0)) } ?? .null),
      ("clock", ClockText.json(LengthClock(item.clock), options.text)),
      ("refersTo", .array(item.references.map(node))),
      ("prefix", ClockText.json(LengthClock(item.prefix), options.text)),
      ("operations", .integer(Int64(clamping: item.operations))),
      ("heads", .array(item.heads.map(head))),
    ])
    switch item.reason {
    case .onlyCandidate: object["because"] = "only-candidate"
    case .smallest: object["because"] = "smallest"
    case .smallerKey: object["because"] = "smaller-key"
    case .batch(let end):
      object["because"] = "batch"
      object["with"] = node(end)
    }
    object["before"] = item.before.map(node) ?? .null
    object["after"] = item.after.map(node) ?? .null
    return .object(object)
  }

  private func head(_ head: CausalExplanation.Head) -> JSON {
    [
      "node": node(head.node), "size": head.size.map { .integer(Int64(clamping: $0)) } ?? .null,
      "seenBy": head.seenBy.map(node) ?? .null,
    ]
  }

  private func node(_ node: Checkout) -> JSON { ExplanationRecord(options).node(node) }
}
