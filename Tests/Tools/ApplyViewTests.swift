import CompactEncoding
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
    truncate(path, 0)
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
    #expect(result.messages.contains("nothing after the last commit is stored, and the next run goes on there"))
    #expect(try storedCount() == 2048)
    let again = try view("--local-output", "out", "--status", "--text", "--apply", noting(counter))
    #expect(again.text == "added 953, removed 0, length 3001\n", "\(again.messages)")
    #expect(try told().first?["views"]?["count"]?["length"]?.unsigned == 2048)
    #expect(try view("--text", "--unwrap", "--output", "out").lines == (1...3001).map { "\($0)" })
  }

  // MARK: Failures

  /// Every program that ends a run of `follow` ends one of `view` with the same words.
  @Test(arguments: 0..<ApplyProgramTests.failures.count) func aBadProgramEndsTheRunAndLeavesNothing(index: Int) throws {
    var (program, status, message) = ApplyProgramTests.failures[index]
    // A classic base has nothing that could be interrupted.
    if message.contains("interrupted") { (status, message) = (4, "a host call, which a classic view has not") }
    try append("ann", ["a", "b"])
    let arguments = ["view", "--input", "ann", "--local-output", "out", "--text", "--apply"]
    let result = try store.run(
      "ab-linearize", arguments + ["echo a word >&2; " + program, "--apply-timeout", "700ms"])
    #expect(result.status == status && result.lines.isEmpty, "\(program): \(result.messages)")
    #expect(result.messages.contains(message), "\(program): \(result.messages)")
    #expect(result.messages.contains("apply program `echo a word >&2; "))
    #expect(result.messages.contains("it said: a word"))
    #expect(try store.log("info", "--json", "out").text.contains(#""length":0"#))
    #expect(try store.run("ab-linearize", arguments + [counter]).lines == ["1", "2"])
  }

  /// A reorder while a view is followed: it is truncated as far as the order changed, and the program begins there.
  @Test func aLiveViewIsTakenBackAndMadeAnew() throws {
    try append("ann", ["a1", "a2", "a3", "a4"])
    try append("ben", ["b1"], clock: "ann:2")
    let live = try store.command(
      "ab-linearize",
      [
        "view", "--live", "--unwrap", "--input", "ann", "--input", "ben", "--local-output", "out", "--apply",
        noting(counter),
      ]
    ).start()
    try live.wait { output, _ in output.contains(#""seq":4"#) }
    let first = try #require(try told().first)
    #expect(first["resume"]?.bool == true && first["nodes"]?.array?.count == 5)
    // The shorter of two branches comes last: with three nodes more that is the other one.
    try append("ben", ["b2", "b3", "b4"], clock: "ann:2")
    try live.wait { output, _ in output.contains(#""seq":7"#) }
    let batches = try told()
    #expect(batches.count == 1 && batches[0]["resume"]?.bool == true)
    let kept = try #require(batches[0]["views"]?["count"]?["length"]?.unsigned)
    #expect(kept == 2 && batches[0]["views"]?["count"]?["last"]?["value"]?.string == "2")
    #expect(batches[0]["nodes"]?.array?.compactMap { $0["value"]?.string } == ["b1", "b2", "b3", "b4", "a3", "a4"])
    live.signal(SIGTERM)
    let result = try live.finish()
    #expect(result.status == 128 + SIGTERM)
    #expect(result.lines.contains { $0.contains("truncate") && $0.contains(#""length":2"#) }, "\(result.text)")
    // The same as from the beginning.
    let stored = try view("--unwrap", "--text", "--output", "out").lines
    #expect(stored == (1...8).map { "\($0)" })
    #expect(try view("--text", "--apply", counter).lines == stored)
  }

  /// Killed at any moment, a run leaves the beginning of the new order, and the next goes on there.
  @Test(arguments: 1...3 as ClosedRange<UInt64>) func aKilledRunGoesOn(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    try append("ann", (1...1500).map { "a\($0)" })
    let arguments = [
      "view", "--input", "ann", "--input", "ben", "--local-output", "out", "--status", "--text", "--apply",
    ]
    try append("ben", ["b"])
    #expect(try store.run("ab-linearize", arguments + [counter]).status == 0)
    // All is new from the beginning on.
    try append("ben", (1...3000).map { "b\($0)" })
    // Small steps, and not too fast: many moments to be killed at.
    let slow =
      #"jq -c --unbuffered 'if .type == "hello" then {type: "hello", version: 1, values: "utf8", limit: 64}"#
      + #" else .views.view as $v | ($v.last.value // "0" | tonumber) as $n"#
      + #" | {type: "answer", results: [.nodes | keys[] | {append: ["\($n + . + 1)"]}]} end'"#
    var lengths: [Int] = []
    for _ in 0..<3 {
      let process = try store.command("ab-linearize", arguments + [slow]).start()
      usleep(UInt32.random(in: 50_000...500_000, using: &random))
      process.signal(SIGKILL)
      _ = try process.finish()
      lengths.append(try storedCount())
    }
    let status = try store.run("ab-linearize", arguments + [slow])
    #expect(status.status == 0, "\(status.messages)")
    #expect(try storedCount() == 4501, "seed \(seed): \(lengths)")
    // Unless nothing of the new order was stored, it went on behind that.
    let last = try #require(lengths.last)
    if last != 1501 { #expect(status.text.contains("added \(4501 - last), removed 0"), "seed \(seed): \(status.text)") }
  }

  /// How many blocks the output has, which count from 1 on without a gap.
  private func storedCount() throws -> Int {
    let records = try store.log("cat", "--json", "out").lines.map { try JSON(parsing: $0) }
    let blocks = records.filter { $0["type"]?.string == "block" }.compactMap { $0["value"]?.string }
    for (index, block) in blocks.enumerated() {
      // The value is the last member of a block, behind its length.
      let value = Array("\(index + 1)".utf8)
      #expect(block.hasSuffix(Hex.encode([UInt8(value.count)] + value)), "block \(index) of \(blocks.count)")
    }
    return blocks.count
  }
}
