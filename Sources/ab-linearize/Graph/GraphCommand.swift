import ArgumentParser
import Autobase
import CompactEncoding
import ToolKit

struct GraphCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph", abstract: "Draw the graph of nodes: who referred to whom, what votes, what is final.")

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, dot, ndjson
  }

  @OptionGroup var input: GraphInput
  @OptionGroup var options: OutputOptions

  @Option(name: .customLong("format"), help: "text, dot (for graphviz) or ndjson.")
  var format: Format?

  @Option(name: .customLong("around"), help: ArgumentHelp("Show the nodes around this one.", valueName: "node"))
  var around: String?

  @Option(name: .customLong("since"), help: ArgumentHelp("Show from this place in the order on.", valueName: "length"))
  var since: Int?

  @Option(name: .customLong("limit"), help: ArgumentHelp("Show at most so many nodes.", valueName: "n"))
  var limit: Int?

  @Option(name: .customLong("width"), help: ArgumentHelp("Characters in a line of text.", valueName: "n"))
  var width: Int?

  func validate() throws {
    if around != nil, since != nil { throw ValidationError("only one of --around and --since can be given") }
    if let limit, limit < 1 { throw ValidationError("--limit takes a number from 1 on") }
    if let since, since < 0 { throw ValidationError("--since takes a number from 0 on") }
    if let width, width < 20 { throw ValidationError("--width takes a number from 20 on") }
    if options.json, let format, format != .ndjson { throw ValidationError("--json is --format ndjson") }
  }

  func run() throws {
    let format = options.json ? .ndjson : format ?? .text
    let history = try input.history()
    let names = NodeNames(history, options)
    let graph = history.graph(try range(history, names, format))
    let output = Output.standard()
    switch format {
    case .text: try GraphText(graph, names, options, width: width ?? Terminal.columns).write(to: output)
    case .dot: try GraphDot(graph, names).write(to: output)
    case .ndjson: try GraphRecords(graph, options).write(to: output)
    }
    try output.flush()
    for gap in history.gaps { OrderCommand.report(gap) }
  }

  /// The places that are shown: all, or those asked for; for people not more than fit a few screens.
  private func range(_ history: OrderHistory, _ names: NodeNames, _ format: Format) throws -> Range<Int> {
    let count = history.entries.count
    let limit = limit ?? (format == .ndjson ? max(count, 1) : 200)
    if let around {
      let node = try names.find(around)
      guard let place = history.position(node) else { throw ToolError(.negative, "\(names(node)) is not in the order") }
      let start = max(0, min(place - limit / 2, count - limit))
      return start..<min(count, start + limit)
    }
    if let since { return min(since, count)..<min(count, min(since, count) + limit) }
    return max(0, count - limit)..<count
  }
}
