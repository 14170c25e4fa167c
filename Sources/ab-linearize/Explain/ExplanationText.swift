import Autobase
import CompactEncoding
import GraphDrawing
import ToolKit

/// An explanation for people.
struct ExplanationText {
  private let names: NodeNames
  private let options: OutputOptions

  init(_ names: NodeNames, _ options: OutputOptions) {
    self.names = names
    self.options = options
  }

  func write(_ item: NodeExplanation, to output: Output) throws {
    var table = Table()
    table.add("node", "\(names(item.node)), node \(item.node.length) of \(options.text(item.node.key))")
    table.add("place", "\(item.index), " + (item.isIndexed ? "final" : "for now"))
    table.add("holds", item.valueLength.map { "\($0) bytes" } ?? "nothing: it only acknowledges")
    if item.batch > 1 { table.add("batch", "\(item.batch - 1) more belong to its atomic batch") }
    let kind = item.isVote ? "an indexer: it is a vote" : "a writer that is no indexer"
    table.add("written by", kind + (item.isMerge ? ", and joins branches of indexers" : ""))
    for (i, reference) in item.references.enumerated() {
      table.add(i == 0 ? "refers to" : "", describe(reference))
    }
    if let before = item.before { table.add("comes after", "\(names(before.node)): " + after(before, item.node)) }
    if let next = item.after { table.add("comes before", "\(names(next.node)): " + before(next, item.node)) }
    if let decision = item.decision {
      describe(decision, item, &table)
    } else {
      describeOpen(item, &table)
    }
    try table.write(to: output)
  }

  private func describe(_ reference: NodeExplanation.Reference) -> String {
    guard let index = reference.index else {
      return "\(names(reference.node)), " + (reference.isIndexed ? "final before the first place" : "which is not here")
    }
    return "\(names(reference.node)) at \(index)" + (reference.isIndexed ? ", final" : "")
  }

  private func after(_ neighbour: NodeExplanation.Neighbour, _ node: Checkout) -> String {
    switch neighbour.precedence {
    case .dependency: "it refers to that one"
    case .smallerKey: "none depends on the other, and that key is smaller (tie-break)"
    case .earlierGroup: "that one became final earlier"
    case .optimistic: "it is optimistic, and stands as late as it can"
    }
  }

  private func before(_ neighbour: NodeExplanation.Neighbour, _ node: Checkout) -> String {
    switch neighbour.precedence {
    case .dependency: "that one refers to it"
    case .smallerKey: "none depends on the other, and its key is smaller (tie-break)"
    case .earlierGroup: "it became final earlier"
    case .optimistic: "that one is optimistic, and stands as late as it can"
    }
  }

  private func describe(_ decision: OrderDecision, _ item: NodeExplanation, _ table: inout Table) {
    let decided = decision.nodes.map { names($0.node) }.joined(separator: ", ")
    if decision.nodes.contains(where: { $0.node == item.node }) {
      table.add("final", decision.nodes.count == 1 ? "by itself" : "together with the other oldest nodes: \(decided)")
    } else {
      table.add("final", "with \(decided), which has seen it")
    }
    if let merge = decision.merge {
      table.add("through", "\(names(merge.node)), which joins the branches and is final itself")
      describe(merge, &table)
    } else {
      decision.nodes.forEach { describe($0, &table) }
    }
  }

  private func describeOpen(_ item: NodeExplanation, _ table: inout Table) {
    let others = item.seenBy.filter { $0.key != item.node.key }
    table.add("seen by", others.isEmpty ? "no other indexer" : "first by " + names(others))
    if let poll = item.poll { describe(poll, &table) }
    if let wait = item.wait { table.add("waits for", describe(wait)) }
  }

  private func describe(_ poll: Poll, _ table: inout Table) {
    table.add("votes", "\(poll.votes.count) of \(poll.voters.count) for \(names(poll.node)), \(poll.majority) needed")
    for voter in poll.voters { table.add("", "\(names(voter.key)) " + describe(voter, poll)) }
    let more = poll.isNewerEverywhere ? "; all indexers have written something newer" : ""
    table.add("quorum", "seen by \(poll.quorum.count), \(poll.majority) needed\(more)")
  }

  private func describe(_ voter: Poll.Voter, _ poll: Poll) -> String {
    let knowledge =
      switch voter.knowledge {
      case .none: ""
      case .newer: "; wrote something newer"
      case .quorum: "; has seen a majority of the votes"
      }
    return Self.describe(voter.answer, poll, names) + knowledge
  }

  static func describe(_ answer: Poll.Answer, _ poll: Poll, _ names: NodeNames) -> String {
    switch answer {
    case .vote(let node): "votes with \(names(node))"
    case .unseen: "has not voted: nothing it wrote has seen \(names(poll.node))"
    case .competes(let node): "does not vote: its \(names(node)) competes, having not seen \(names(poll.node))"
    case .ambiguous(let node, let competitor):
      "does not vote: its \(names(node)) has also seen \(names(competitor)), which competes"
    }
  }

  private func describe(_ wait: NodeExplanation.Wait) -> String {
    switch wait {
    case .link(let keys): "a node of an indexer (\(names(keys))) that has seen it"
    case .merge(let tails, let keys):
      "an indexer (\(names(keys))) to join the branches of \(names(tails)), and votes for that"
    case .votes(let node, let keys, let needed):
      "votes for \(names(node)): \(needed) more, missing are \(names(keys))"
    case .quorum(let node, let keys, let needed):
      "\(needed) more to show that they know the votes for \(names(node)): \(names(keys))"
    }
  }
}
