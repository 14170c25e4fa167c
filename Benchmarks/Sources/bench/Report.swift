import Glibc

/// How outcomes are printed: as a table for people, or as one JSON object a line.
enum Report {
  case table
  case json

  func begin(_ workspace: Workspace, rounds: Int) {
    let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    var load = 0.0
    getloadavg(&load, 1)
    switch self {
    case .json:
      print(
        #"{"type":"run","processors":\#(processors),"load":\#(decimals(load, 2)),"clock":"\#(measuresProcessorTime ? "cpu" : "wall")","fileSystem":"\#(workspace.fileSystem)","#
          + #""rounds":\#(rounds),"roundSeconds":\#(workspace.budget)}"#)
    case .table:
      print(
        "\(processors) processors, load \(decimals(load, 1)), \(workspace.fileSystem); medians of \(rounds) rounds, ours and the limit in turns; "
          + "ratio 1 is the limit itself" + (measuresProcessorTime ? "; a second of processor time" : ""))
      print(line("", "ours", "limit", "ratio", "aim", "JavaScript", "the limit is"))
    }
  }

  func print(_ outcome: Outcome) {
    let row = outcome.row
    switch self {
    case .json: print(json(outcome))
    case .table:
      print(
        line(
          row.title, row.unit.format(outcome.figure), row.unit.format(outcome.limit), decimals(outcome.ratio, 2),
          aim(row) + (outcome.isReached.map { $0 ? " ✓" : " ✗" } ?? ""), row.javascript.map(row.unit.format) ?? "",
          row.limit))
    }
  }

  func print(_ row: Row, failure: String) {
    switch self {
    case .json: print(#"{"type":"failure","row":"\#(row.name)","message":"\#(escape(failure))"}"#)
    case .table: print(line(row.title, "failed: \(failure)", "", "", "", "", ""))
    }
  }

  func end(seconds: Double) {
    switch self {
    case .json: print(#"{"type":"end","seconds":\#(decimals(seconds, 1))}"#)
    case .table: print("in \(decimals(seconds, 0)) s")
    }
  }

  /// Writes at once, so that a run can be watched through a pipe.
  private func print(_ text: String) {
    Swift.print(text)
    fflush(nil)
  }

  private func line(_ columns: String...) -> String {
    let widths = [50, 10, 10, 6, 14, 11, 0]
    var text = ""
    for (index, (column, width)) in zip(columns, widths).enumerated() {
      let padding = String(repeating: " ", count: max(0, width - column.count))
      if index > 0 { text += "  " }
      text += index == 0 || index == 6 ? column + (index == 6 ? "" : padding) : padding + column
    }
    return text
  }

  private func aim(_ row: Row) -> String {
    switch row.aim {
    case .none: ""
    case .figure(let figure): (row.unit.isRate ? "≥ " : "≤ ") + row.unit.format(figure)
    case .share(let share): "≥ \(decimals(share * 100, 0)) %"
    }
  }

  private func json(_ outcome: Outcome) -> String {
    let row = outcome.row
    var members = [
      #""type":"row""#, #""row":"\#(row.name)""#, #""title":"\#(escape(row.title))""#,
      #""unit":"\#(row.unit.rawValue)""#, #""ours":\#(number(outcome.figure))"#,
      #""limit":\#(number(outcome.limit))"#, #""limitIs":"\#(escape(row.limit))""#,
      #""ratio":\#(decimals(outcome.ratio, 4))"#,
    ]
    switch row.aim {
    case .none: break
    case .figure(let figure): members.append(#""aim":\#(number(figure))"#)
    case .share(let share): members.append(#""aimShare":\#(decimals(share, 2))"#)
    }
    if let reached = outcome.isReached { members.append(#""reached":\#(reached)"#) }
    if let javascript = row.javascript { members.append(#""javascript":\#(number(javascript))"#) }
    members.append(#""oursRounds":[\#(outcome.ours.map(number).joined(separator: ","))]"#)
    members.append(#""limitRounds":[\#(outcome.limits.map(number).joined(separator: ","))]"#)
    return "{" + members.joined(separator: ",") + "}"
  }

  private func number(_ value: Double) -> String { decimals(value, value < 1000 ? 3 : 0) }

  private func escape(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": escaped += "\\\(scalar)"
      case _ where scalar.value < 0x20: escaped += " "
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}

extension Unit {
  /// Three or four digits and the unit.
  func format(_ value: Double) -> String {
    guard self == .perSecond else { return decimals(value, value < 10 ? 2 : 1) + " " + rawValue }
    return switch value {
    case ..<1000: decimals(value, 0) + " /s"
    case ..<10_000: decimals(value / 1e3, 1) + " k/s"
    case ..<1_000_000: decimals(value / 1e3, 0) + " k/s"
    default: decimals(value / 1e6, 2) + " M/s"
    }
  }
}

/// The number with this many digits behind the point.
func decimals(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite else { return "0" }
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = (value * scale).rounded()
  let whole = (scaled / scale).rounded(.towardZero)
  guard digits > 0 else { return String(Int(whole)) }
  let fraction = String(Int(scaled - whole * scale))
  return String(Int(whole)) + "." + String(repeating: "0", count: digits - fraction.count) + fraction
}
