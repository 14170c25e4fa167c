import Autobase
import AutobaseClassic
import CompactEncoding
import GraphDrawing
import Testing

/// Classic inputs, as they are drawn.
@Suite struct CausalGraphTests {
  private func base() throws -> ClassicAutobase {
    let logs = ["ann", "bob", "cy"].map { KeyedMemoryLog(key: key($0)) }
    let base = ClassicAutobase(inputs: logs)
    try base.append(Array("first".utf8), clock: CausalClock(), input: logs[0])
    try base.append([Array("one".utf8), Array("two".utf8)], input: logs[1])
    try base.append(Array("apart".utf8), clock: CausalClock(), input: logs[2])
    try base.append(Array("all".utf8), input: logs[0])
    try base.append(Array("alone".utf8), clock: CausalClock(), input: logs[1])
    return base
  }

  @Test func smallGraph() throws {
    let history = try CausalHistory(try base())
    let graph = OrderGraph(history, GraphSelection(0..<history.count))
    let drawn = lines {
      GraphText(graph, readableNames(history.keys), GraphStyle(width: 60, showsValues: true)).write($0)
    }
    #expect(
      drawn == [
        "column 1  ann  input  ann",
        "column 2  bob  input  bob",
        "column 3  cy  input  cy",
        "0   ■     ann:1  \"first\"",
        "1   ├─■   bob:1 ← ann:1  +1  \"one\"",
        "2   │ ■   bob:2  \"two\"",
        "3   │ │ ■ cy:1  \"apart\"",
        "4   ■─┼─┘ ann:2 ← bob:2 cy:1  merge  \"all\"",
        "5     ■   bob:3  \"alone\"",
      ])
    let picture = lines { GraphVector(graph, readableNames(history.keys), title: "classic").write($0) }
    try checkXML(picture.joined(separator: "\n"))
    #expect(!picture.contains { $0.contains("class=\"final\"") })
  }

  @Test func longBranchesAreFolded() throws {
    let logs = ["ann", "bob"].map { KeyedMemoryLog(key: key($0)) }
    let base = ClassicAutobase(inputs: logs)
    for log in logs { for _ in 0..<50 { try base.append([1], clock: CausalClock(), input: log) } }
    try base.append([2], input: logs[1])
    let history = try CausalHistory(base)
    let graph = OrderGraph(history, GraphSelection(folding: 0..<history.count, of: history, lines: 12))
    let drawn = lines { GraphText(graph, readableNames(history.keys), GraphStyle(width: 50)).write($0) }
    #expect(
      drawn.dropFirst(2) == [
        "  0   ■   bob:1",
        "      ⋮   ⋮ 49 more of bob",
        " 50   │ ■ ann:1",
        "      │ ⋮ ⋮ 48 more of ann",
        " 99   │ ■ ann:50",
        "100   ■─┘ bob:51 ← ann:50  merge",
      ])
  }
}
