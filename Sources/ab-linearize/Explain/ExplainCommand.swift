import ArgumentParser
import Autobase
import AutobaseClassic
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
    case .history(let history, let name):
      let names = NodeNames(history.writers, options, name: name)
      let nodes = try node.map { try names.find($0) }
      try write(nodes) { node, output in
        guard let explanation = history.explain(node) else { throw history.noPlace(node, names) }
        guard !options.json else { return try output.line(ExplanationRecord(options).json(explanation)) }
        try ExplanationText(names, options).write(explanation, to: output)
      }
    case .causal(let logs, let base, let clock):
      let names = NodeNames(base.inputs.map(\.key), options, name: logs.name)
      let nodes = try node.map { try names.find($0) }
      try logs.naming {
        let history = try logs.read { try CausalHistory(base, from: clock, keptBytes: 0, isEnough: areFound(nodes)) }
        try write(nodes) { node, output in
          guard let explanation = try logs.read({ try history.explain(node) }) else {
            throw ToolError(.negative, "\(names(node)) is not in the order")
          }
          guard !options.json else { return try output.line(CausalExplanationRecord(options).json(explanation)) }
          try CausalExplanationText(names, options).write(explanation, to: output)
        }
      }
    }
  }

  private func write(_ nodes: [Checkout], _ body: (Checkout, Output) throws -> Void) throws {
    let output = Output.standard()
    for (i, node) in nodes.enumerated() {
      do {
        if i > 0, !options.json { try output.line() }
        try body(node, output)
      } catch {
        try output.flush()
        throw error
      }
    }
    try output.flush()
  }

  /// Whether all nodes have come, and the one before the last of them, too.
  private func areFound(_ nodes: [Checkout]) -> (Checkout, Int) -> Bool {
    var missing = Set(nodes)
    var rest = 2
    return { node, _ in
      missing.remove(node)
      if missing.isEmpty { rest -= 1 }
      return rest <= 0
    }
  }
}
