import Autobase
import AutobaseClassic
import GraphDrawing
import ToolKit

/// An explanation of a place in the causal order, for people.
struct CausalExplanationText {
  private let names: NodeNames
  private let options: OutputOptions

  init(_ names: NodeNames, _ options: OutputOptions) {
    self.names = names
    self.options = options
  }

  func write(_ item: CausalExplanation, to output: Output) throws {
    var table = Table()
    let newer = item.count - item.index - 1
    table.add("node", "\(names(item.node)), node \(item.node.length) of \(options.text(item.node.key))")
    table.add("place", "\(item.index) of \(item.count), until branches grow; \(newer) behind it")
    table.add("holds", item.valueLength.map { "\($0) bytes" } ?? "nothing: it only acknowledges")
    if let count = item.batch.count, count > 1 {
      table.add("batch", "\(item.batch.index + 1) of \(count) that stay together")
    }
    let refers = item.references.isEmpty ? "nothing: it begins a log" : names(item.references)
    table.add("refers to", refers)
    table.add("has seen", "\(item.clock.operations) nodes")
    table.add("its turn came", "when \(item.operations) nodes were left: the order is made from its end on")
    for (i, head) in item.heads.enumerated() {
      table.add(i == 0 ? "heads then" : "", names(head.node) + describe(head))
    }
    table.add("taken since", describe(item))
    if let before = item.before { table.add("comes after", names(before)) }
    if let after = item.after { table.add("comes before", names(after)) }
    try table.write(to: output)
  }

  private func describe(_ head: CausalExplanation.Head) -> String {
    if let other = head.seenBy { return " waits: \(names(other)) has seen it" }
    guard let size = head.size else { return "" }
    return size == 1 ? " alone has seen 1 node" : " alone has seen \(size) nodes"
  }

  private func describe(_ item: CausalExplanation) -> String {
    switch item.reason {
    case .onlyCandidate: "it was the only head that no other one had seen"
    case .smallest(let next): "of these it alone had seen the least, the next one \(next): short branches come last"
    case .smallerKey: "of those that had seen as many it has the smallest key (tie-break)"
    case .batch(let end): "it stays with \(names(end)), the last one of its batch, whose turn it was"
    }
  }
}
