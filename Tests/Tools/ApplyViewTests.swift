import Glibc
import JSON
import TestSupport
import Testing

/// Classic views that a program makes.
@Suite struct ApplyViewTests {
  private let store = Store()
  private let counter = "\(checkout)/examples/apply/counter"

  private func append(_ input: String, _ values: [String], clock: String? = "") throws {
    let links = clock.map { ["--clock", $0] } ?? []
    let result = try store.run(
      "ab-linearize", ["append", "--input", input, "--local-input", input, "--create"] + links,
      input: Array(values.map { $0 + "\n" }.joined().utf8))
    guard result.status == 0 else { throw CommandError("append: \(result.messages)") }
  }

  /// A program that notes what it is told in the file `told`.
  private func noting(_ program: String) -> String { "tee -a '\(store.folder.file("told"))' | \(program)" }

  /// The batches that were told since the last time.
  private func told() throws -> [JSON] {
    let path = store.folder.file("told")
    let lines = String(decoding: try readFile(path), as: UTF8.self).split(separator: "\n")
    unlink(path)
    return try lines.map { try JSON(parsing: $0) }.filter { $0["type"]?.string == "batch" }
  }

  private func view(_ arguments: String...) throws -> Command.Result {
    try store.run("ab-linearize", ["view", "--input", "ann", "--input", "ben"] + arguments)
  }

  @Test func manyNodesAreAskedInOneLine() throws {
    try append("ann", (1...2500).map { "a\($0)" })
    try append("ben", ["b"])
    let arguments = ["--text", "--local-output", "out", "--apply", noting(counter)]
    let result = try store.run("ab-linearize", ["view", "--input", "ann", "--input", "ben"] + arguments)
    #expect(result.lines == (1...2501).map { "\($0)" }, "\(result.messages)")
    let batches = try told()
    #expect(batches.map { $0["nodes"]?.array?.count } == [1024, 1024, 453])
    #expect(batches.map { $0["resume"]?.bool } == [true, false, false])
    #expect(batches.map { $0["views"]?["count"]?["length"]?.unsigned } == [0, 1024, 2048])
    // The order changes in front of the last ten nodes only.
    try append("ben", (1...10).map { "b\($0)" }, clock: "ann:2490")
    let status = try view("--local-output", "out", "--status", "--text", "--apply", noting(counter))
    #expect(status.text == "added 21, removed 11, length 2511\n", "\(status.messages)")
    #expect(try told().map { $0["nodes"]?.array?.count } == [21])
  }

  /// Large values are not gathered without end, and a program may take fewer nodes.
  @Test func linesHaveBounds() throws {
    try append("ann", (1...5).map { String(repeating: "\($0)", count: 400_000) })
    try append("ben", ["b"])
    #expect(try view("--status", "--apply", noting(counter)).status == 0)
    #expect(try told().map { $0["nodes"]?.array?.count } == [3, 3])
    let hello = #"{"type":"hello","version":1,"limit":2}"#
    let few = #"""
      read -r line; echo '\#(hello)'
      while read -r line; do printf '%s\n' "$line" | jq -c '{type: "answer", results: [.nodes[] | {}]}'; done
      """#
    #expect(try view("--status", "--apply", noting("{ \(few); }")).status == 0)
    #expect(try told().map { $0["nodes"]?.array?.count } == [2, 2, 2])
  }

  /// Atomic batches come as a whole, with the nodes around them.
  @Test func atomicBatchesAreInTheLine() throws {
    try append("ann", ["a1"])
    _ = try store.run(
      "ab-linearize",
      ["append", "--input", "ann", "--local-input", "ann", "--batch", "--clock", "", "a2", "a3", "a4"])
    try append("ben", ["b"])
    #expect(try view("--status", "--apply", noting(counter)).status == 0)
    let batches = try told()
    #expect(batches.count == 1)
    let places = try #require(batches[0]["nodes"]?.array).map { node in node["batch"]?.array?.compactMap(\.unsigned) }
    #expect(
      places == [[0, 0], [0, 2], [1, 1], [2, 0], [0, 0]] || places == [[0, 0], [0, 0], [0, 2], [1, 1], [2, 0]])
  }

  /// Each answer is stored before the next question: whatever ends the run, the next one goes on there.
  @Test func whatWasAnsweredIsStored() throws {
    try append("ann", (1...3000).map { "a\($0)" })
    try append("ben", ["b"])
    // The third line is answered by nothing.
    let failing = "{ sed -u 3q | '\(counter)'; exit 9; }"
    let result = try view("--local-output", "out", "--apply", failing)
    #expect(result.status == 3 && result.messages.contains("ended with status 9"), "\(result.messages)")
    #expect(try store.log("cat", "out").status == 0)
    let again = try view("--local-output", "out", "--status", "--text", "--apply", noting(counter))
    #expect(again.text == "added 953, removed 0, length 3001\n", "\(again.messages)")
    #expect(try told().first?["views"]?["count"]?["length"]?.unsigned == 2048)
    #expect(try view("--text", "--unwrap", "--output", "out").lines == (1...3001).map { "\($0)" })
  }
}
