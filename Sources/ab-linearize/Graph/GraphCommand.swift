import ArgumentParser
import Autobase
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
    switch try input.order(keptBytes: values ? 256 : 0) {
    case .history(let history):
      try draw(history, NodeNames(Set(history.entries.keys).union(history.indexers), options), format)
      for gap in history.gaps { OrderCommand.report(gap) }
    }
  }

  private func draw(_ order: some GraphSource, _ names: NodeNames, _ format: Format) throws {
    let graph = OrderGraph(order, try selection(order, names, format))
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

  /// What is shown: all, or what was asked for; for people not more than fits a few screens.
  private func selection(_ order: some GraphSource, _ names: NodeNames, _ format: Format) throws -> GraphSelection {
    let count = order.count
    let limit = limit ?? (fold ? 40 : format == .ndjson ? max(count, 1) : 200)
    let node = try around.map { try names.find($0) }
    if let node, order.position(node) == nil { throw ToolError(.negative, "\(names(node)) is not in the order") }
    if fold {
      return GraphSelection(folding: min(since ?? 0, count)..<count, of: order, lines: limit, landmark: node)
    }
    if let place = node.flatMap(order.position) {
      let start = max(0, min(place - limit / 2, count - limit))
      return GraphSelection(start..<min(count, start + limit))
    }
    if let since { return GraphSelection(min(since, count)..<min(count, min(since, count) + limit)) }
    return GraphSelection(max(0, count - limit)..<count)
  }
}
