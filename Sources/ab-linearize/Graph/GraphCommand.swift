import ArgumentParser
import Autobase
import AutobaseClassic
import CompactEncoding
import GraphDrawing
import ToolKit

struct GraphCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph", abstract: "Draw the graph of nodes: who referred to whom, what votes, what is final.")

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, dot, svg, ndjson
  }

  @OptionGroup var input: GraphInput
  @OptionGroup var options: OutputOptions

  @Option(name: .customLong("format"), help: "text, svg, dot (for graphviz) or ndjson.")
  var format: Format?

  @Option(name: .customLong("around"), help: ArgumentHelp("Show the nodes around this one.", valueName: "node"))
  var around: String?

  @Option(name: .customLong("since"), help: ArgumentHelp("Show from this place in the order on.", valueName: "length"))
  var since: Int?

  @Option(
    name: .customLong("limit"),
    help: ArgumentHelp("Show at most so many nodes; with --fold, so many lines.", valueName: "n"))
  var limit: Int?

  @Flag(name: .customLong("fold"), help: "Show the nodes that tell most, and count those between them.")
  var fold = false

  @Flag(name: .customLong("values"), help: "Show the beginning of each value.")
  var values = false

  @Option(name: .customLong("width"), help: ArgumentHelp("Characters in a line of text.", valueName: "n"))
  var width: Int?

  @Flag(name: .customLong("ascii"), help: "Draw text with ASCII characters only.")
  var ascii = false

  func validate() throws {
    if around != nil, since != nil { throw ValidationError("only one of --around and --since can be given") }
    if let limit, limit < 1 { throw ValidationError("--limit takes a number from 1 on") }
    if let since, since < 0 { throw ValidationError("--since takes a number from 0 on") }
    if let width, width < 20 { throw ValidationError("--width takes a number from 20 on") }
    if options.json, let format, format != .ndjson { throw ValidationError("--json is --format ndjson") }
  }

  func run() throws {
    let format = options.json ? .ndjson : format ?? .text
    // People see the beginning of a value, programs get it whole.
    let keptBytes = values ? (format == .ndjson ? .max : 256) : 0
    switch try input.order(keptBytes: keptBytes) {
    case .history(let history, let name):
      let names = NodeNames(history.writers, options, name: name)
      let window = try window(names, format)
      if let node = window.around, history.position(node) == nil { throw history.noPlace(node, names) }
      try draw(OrderGraph(history, window.selection(history, names)), names, format)
      try LeftOver.report(history.gaps)
    case .causal(let logs, let base, let clock):
      let names = NodeNames(base.inputs.map(\.key), options, name: logs.name)
      let window = try window(names, format)
      // It is written outside of the transaction: that may wait for whoever reads it.
      let graph = try logs.naming {
        try logs.read {
          let history = try CausalHistory(base, from: clock, keptBytes: keptBytes, isEnough: window.isEnough())
          return OrderGraph(history, try window.selection(history, names))
        }
      }
      try draw(graph, names, format)
    }
  }

  /// What is shown: all, or what was asked for; for people not more than fits a few screens.
  private func window(_ names: NodeNames, _ format: Format) throws -> GraphWindow {
    GraphWindow(
      around: try around.map { try names.find($0) }, since: since,
      limit: limit ?? (fold ? 40 : format == .ndjson ? nil : 200), isFolded: fold)
  }

  private func draw(_ graph: OrderGraph, _ names: NodeNames, _ format: Format) throws {
    let output = Output.standard()
    let write = { (line: String) in try output.line(line) }
    switch format {
    case .text:
      let style = GraphStyle(
        width: width ?? Terminal.columns, isASCII: ascii || !Terminal.isUTF8,
        hasColour: output.isTerminal && Terminal.outputHasColour, showsValues: values)
      try GraphText(graph, names, style).write(write)
    case .dot: try GraphDot(graph, names, showsValues: values).write(write)
    case .svg: try GraphVector(graph, names, title: "Order of nodes", showsValues: values).write(write)
    case .ndjson: try GraphRecords(graph, options, showsValues: values).write(to: output)
    }
    try output.flush()
  }
}
