import Glibc

/// Prints what the tools reach and what the machine allows, side by side.
@main
enum Bench {
  static func main() {
    do {
      try run(Arguments(CommandLine.arguments.dropFirst()))
    } catch {
      let message = Array("bench: error: \(error)\n".utf8)
      write(STDERR_FILENO, message, message.count)
      exit(2)
    }
  }

  static func run(_ arguments: Arguments) throws {
    var rows = Row.all
    if arguments.list {
      for row in rows { print(row.name, "\t", row.title, separator: "") }
      return
    }
    if !arguments.names.isEmpty {
      for name in arguments.names where !rows.contains(where: { $0.matches(name) }) {
        throw BenchError("no row is called \(name); --list names them")
      }
      rows = rows.filter { row in arguments.names.contains { row.matches($0) } }
    }
    signal(SIGPIPE, SIG_DFL)
    let workspace = try Workspace(
      in: arguments.directory, budget: arguments.seconds, tools: arguments.tools, entries: arguments.entries)
    defer { workspace.remove() }
    let start = now()
    let report = arguments.json ? Report.json : Report.table
    report.begin(workspace, rounds: arguments.rounds)
    for row in rows {
      do {
        report.print(try row.measure(rounds: arguments.rounds, in: workspace))
      } catch {
        report.print(row, failure: "\(error)")
      }
    }
    report.end(seconds: now() - start)
  }
}

extension Row {
  /// A row is selected by its name, or together with others by the beginning of it.
  func matches(_ selector: String) -> Bool { name == selector || name.hasPrefix(selector + "-") }
}
