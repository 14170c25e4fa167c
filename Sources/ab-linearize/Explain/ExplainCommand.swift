import ArgumentParser
import Autobase
import CompactEncoding
import GraphDrawing
import ToolKit

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Tell why a node is where it is, and what it waits for.")

  @OptionGroup var input: GraphInput
  @OptionGroup var options: OutputOptions

  @Argument(help: "The nodes: the beginning of the writer's key, a colon, the 1-based length in its log.")
  var node: [String]

  func run() throws {
    switch try input.order(keptBytes: 0) {
    case .history(let history): try explain(history)
    }
  }

  private func explain(_ history: OrderHistory) throws {
    let names = NodeNames(Set(history.entries.keys).union(history.indexers), options)
    let nodes = try node.map { try names.find($0) }
    let output = Output.standard()
    for (i, node) in nodes.enumerated() {
      guard let explanation = history.explain(node) else {
        try output.flush()
        throw missing(node, history, names)
      }
      if options.json {
        try output.line(ExplanationRecord(options).json(explanation))
      } else {
        if i > 0 { try output.line() }
        try ExplanationText(names, options).write(explanation, to: output)
      }
    }
    try output.flush()
  }

  private func missing(_ node: Checkout, _ history: OrderHistory, _ names: NodeNames) -> ToolError {
    guard let gap = history.gaps.first(where: { $0.node.key == node.key && $0.node.length <= node.length }) else {
      return ToolError(.negative, "\(names(node)) is not here")
    }
    guard let missing = gap.missing else {
      return ToolError(
        .negative, "\(names(node)) has no place: nothing of its log is read from length \(gap.node.length) on",
        hint: "the atomic batch there is incomplete, or its block is no message of this base")
    }
    return ToolError(
      .negative,
      "\(names(node)) has no place yet: \(names(gap.node)) waits for \(missing.length) of \(options.text(missing.key))")
  }
}
