import Autobase
import CompactEncoding
import JSON
import ToolKit

/// An explanation for programs.
struct ExplanationRecord {
  private let options: OutputOptions

  init(_ options: OutputOptions) { self.options = options }

  func json(_ item: NodeExplanation) -> JSON {
    var object = JSONObject([
      ("node", node(item.node)), ("index", .integer(Int64(item.index))), ("indexed", .bool(item.isIndexed)),
      ("batch", .integer(Int64(clamping: item.batch))),
      ("valueLength", item.valueLength.map { .integer(Int64($0)) } ?? .null),
      ("vote", .bool(item.isVote)), ("merge", .bool(item.isMerge)),
      (
        "refersTo",
        .array(
          item.references.map {
            [
              "node": node($0.node), "index": $0.index.map { .integer(Int64($0)) } ?? .null,
              "indexed": .bool($0.isIndexed),
            ]
          })
      ),
      ("before", item.before.map(json) ?? .null), ("after", item.after.map(json) ?? .null),
    ])
    if let decision = item.decision {
      object["decided"] = .array(decision.nodes.map(poll))
      object["through"] = decision.merge.map(poll) ?? .null
    } else {
      object["seenBy"] = .array(item.seenBy.map(node))
      object["poll"] = item.poll.map(poll) ?? .null
      object["wait"] = item.wait.map(json) ?? .null
    }
    return .object(object)
  }

  func node(_ node: Checkout) -> JSON { ["core": key(node.key), "length": .integer(Int64(clamping: node.length))] }
  private func key(_ key: Fixed32) -> JSON { .string(options.text(key)) }

  private func json(_ neighbour: NodeExplanation.Neighbour) -> JSON {
    let reason =
      switch neighbour.precedence {
      case .dependency: "dependency"
      case .smallerKey: "smaller-key"
      case .earlierGroup: "earlier-group"
      case .optimistic: "optimistic"
      }
    return ["node": node(neighbour.node), "because": .string(reason)]
  }

  /// Who votes for a node, who does not and why, and who knows of it.
  func poll(_ poll: Poll) -> JSON {
    [
      "node": node(poll.node), "votes": .integer(Int64(poll.votes.count)), "majority": .integer(Int64(poll.majority)),
      "quorum": .integer(Int64(poll.quorum.count)), "newerEverywhere": .bool(poll.isNewerEverywhere),
      "voters": .array(poll.voters.map(voter)),
    ]
  }

  private func voter(_ voter: Poll.Voter) -> JSON {
    var object = JSONObject([("core", key(voter.key))])
    switch voter.answer {
    case .vote(let vote):
      object["answer"] = "vote"
      object["with"] = node(vote)
    case .unseen: object["answer"] = "unseen"
    case .competes(let other):
      object["answer"] = "competes"
      object["with"] = node(other)
    case .ambiguous(let other, let competitor):
      object["answer"] = "ambiguous"
      object["with"] = node(other)
      object["competitor"] = node(competitor)
    }
    switch voter.knowledge {
    case .none: object["knows"] = "nothing"
    case .newer: object["knows"] = "newer"
    case .quorum: object["knows"] = "quorum"
    }
    return .object(object)
  }

  private func json(_ wait: NodeExplanation.Wait) -> JSON {
    switch wait {
    case .link(let keys): ["for": "link", "from": .array(keys.map(key))]
    case .merge(let tails, let keys):
      ["for": "merge", "of": .array(tails.map(node)), "from": .array(keys.map(key))]
    case .votes(let target, let keys, let needed):
      ["for": "votes", "on": node(target), "from": .array(keys.map(key)), "needed": .integer(Int64(needed))]
    case .quorum(let target, let keys, let needed):
      ["for": "quorum", "on": node(target), "from": .array(keys.map(key)), "needed": .integer(Int64(needed))]
    }
  }
}
