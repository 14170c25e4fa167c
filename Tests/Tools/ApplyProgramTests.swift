import JSON
import TestSupport
import Testing

/// A store whose base in the namespace `base` is followed with a program.
struct FollowedStore {
  let store = Store()
  let program: String

  /// One of the examples.
  init(example: String) { program = "\(checkout)/examples/apply/\(example)" }

  init(program: String) { self.program = program }

  func follow(_ arguments: [String], values: [String] = []) throws -> Command.Result {
    let append = values.isEmpty ? [] : ["--append"]
    return try store.run(
      "ab-linearize", ["follow", "--once", "--json", "--apply", program] + append + arguments,
      input: Array(values.map { $0 + "\n" }.joined().utf8))
  }

  /// Follows, and expects that to go well.
  @discardableResult
  func run(_ arguments: [String] = [], values: [String] = []) throws -> [JSON] {
    let result = try follow(arguments, values: values)
    guard result.status == 0 else { throw CommandError("follow ended with \(result.status): \(result.messages)") }
    return try result.lines.map { try JSON(parsing: $0) }
  }

  /// What is signed of a view.
  func view(_ name: String) throws -> [String] { try store.log("cat", "base/\(name)").lines }

  /// The blocks of a view, signed or not, as the records tell its length.
  func length(_ name: String, in records: [JSON]) -> UInt64? {
    records.last { $0["type"]?.string == "view" && $0["view"]?.string == name }?["length"]?.unsigned
  }

  /// A key in the first record.
  func key(_ name: String, in records: [JSON]) throws -> String {
    guard let key = records.first?[name]?.string else { throw CommandError("no \(name) in \(records)") }
    return key
  }
}

@Suite struct ApplyProgramTests {
  // MARK: Examples

  @Test func theCounterCounts() throws {
    let base = FollowedStore(example: "counter")
    try base.run(["--init", "--check-deterministic"], values: ["a", "b", "c"])
    try base.run(values: ["d", "add-writer nobody"].dropLast())
    #expect(try base.view("count") == ["1", "2", "3", "4"])
  }

  @Test func theDocumentedExampleWritesCapitals() throws {
    let base = FollowedStore(example: "upper-case")
    try base.run(["--init", "--check-deterministic"], values: ["a", "b c", "ä"])
    #expect(try base.view("view") == ["A", "B C", "ä"])
    // The same over a classic base, as the documentation has it.
    let classic = Store()
    for (name, values) in [("a", ["a0"]), ("b", ["b0", "b1"]), ("c", ["c0", "c1", "c2"])] {
      _ = try classic.log("create", name)
      let result = try classic.run("ab-linearize", ["append", "--input", name, "--clock", ""] + values)
      #expect(result.status == 0, "\(result.messages)")
    }
    let arguments = [
      "view", "--input", "a", "--input", "b", "--input", "c", "--text", "--local-output", "out", "--apply",
      base.program,
    ]
    #expect(try classic.run("ab-linearize", arguments).lines == ["C0", "C1", "C2", "B0", "B1", "A0"])
    _ = try classic.run("ab-linearize", ["append", "--input", "a", "--clock", "", "a1", "a2", "a3"])
    let again = ["A0", "A1", "A2", "A3", "C0", "C1", "C2", "B0", "B1"]
    #expect(try classic.run("ab-linearize", arguments + ["--check-deterministic"]).lines == again)
  }

  @Test func theLastWriterWins() throws {
    let base = FollowedStore(example: "last-writer-wins")
    let first = [#"{"put":"a","value":1}"#, #"{"put":"a","value":1}"#, #"{"put":"b","value":[true,null]}"#, "nonsense"]
    try base.run(["--init"], values: first)
    try base.run(["--check-deterministic"], values: [#"{"put":"b","value":[true,null]}"#, #"{"delete":"a"}"#])
    #expect(
      try base.view("map") == [#"{"key":"a","value":1}"#, #"{"key":"b","value":[true,null]}"#, #"{"key":"a"}"#])
  }

  /// The models of the registry, in a map: each name once, and again only when it changed.
  @Test func aMapTakesRealData() throws {
    let lines = String(decoding: try readFile("\(checkout)/examples/models.ndjson"), as: UTF8.self).split(
      separator: "\n")
    let models = try lines.map { try JSON(parsing: $0) }
    var puts: [String] = []
    var newest: [String: JSON] = [:]
    for model in models {
      let name = try #require(model["name"]?.string)
      puts.append((["put": .string(name), "value": model] as JSON).text())
      newest[name] = model
    }
    #expect(!puts.isEmpty)
    let base = FollowedStore(example: "last-writer-wins")
    try base.run(["--init"], values: puts)
    let blocks = try base.view("map").map { try JSON(parsing: $0) }
    var found: [String: JSON] = [:]
    for block in blocks { found[try #require(block["key"]?.string)] = block["value"] }
    #expect(found == newest)
    // All again, by a program that knows the map only from its blocks: nothing changes.
    if newest.count == models.count {
      try base.run(values: puts)
      #expect(try base.view("map").count == blocks.count)
    }
  }

  // MARK: Failures

  /// Programs that fail, and with what: at the first line, or when they are asked.
  static let failures: [(program: String, status: Int32, message: String)] = [
    ("exit 7", 3, "ended with status 7; waited for its hello"),
    ("no-such-program-here", 3, "ended with status 127"),
    ("echo why >&2; kill -9 $$", 3, "ended with status 137"),
    ("exec 1>&-; sleep 5", 3, "closed its output"),
    ("sleep 100", 3, "wrote no line for 700 ms"), ("yes a word >&2", 3, "wrote no line for 700 ms"),
    ("while sleep 0.1; do printf x; done", 3, "wrote no line for 700 ms"),
    ("echo hello", 4, "not a JSON object"),
    ("echo '{}'", 4, "without a type"),
    (#"echo '{"type":"answer","results":[]}'"#, 4, #"a line of type "answer" where a hello was due"#),
    (#"echo '{"type":"hello","version":2}'"#, 6, "version 2"),
    (#"echo '{"type":"hello","version":1,"views":["_system"]}'"#, 4, "views is not"),
    (#"yes '{"type":"hello","version":1}'"#, 4, "nobody asked for"),
    ("head -c 70000000 /dev/zero", 4, "a line of more than 67108864 bytes"),
    (asked("exit 5"), 3, "ended with status 5; waited for its answer to batch 1"),
    (asked("sleep 100"), 3, "waited for its answer to batch 1"),
    (asked("echo nonsense"), 4, "not a JSON object"),
    (asked(#"echo '{"type":"answer","results":[]}'"#), 4, "0 results for 2 nodes"),
    (asked(#"echo '{"type":"answer","id":9,"results":[{},{}]}'"#), 4, "an answer to batch 9"),
    (asked(#"echo '{"type":"answer","results":[{"append":{"other":["00"]}},{}]}'"#), 4, #"a view "other""#),
    (asked(#"echo '{"type":"answer","results":[{"append":["0"]},{}]}'"#), 4, "append is not"),
    (asked(#"echo '{"type":"answer","results":[{"calls":[{"call":"dance"}]},{}]}'"#), 4, "call is not"),
    (
      asked(#"printf '{"type":"answer","results":[{},{}]}\n{"type":"answer","results":[{},{}]}\n'"#), 4,
      "nobody asked for"
    ),
    (asked(#"echo '{"type":"get","view":"other","index":0}'"#), 4, #"a view "other""#),
    (
      asked(
        #"echo '{"type":"answer","results":[{"append":["00"]},{"calls":[{"call":"interrupt","reason":"stop"}]}]}'"#), 3,
      "interrupted by apply: stop"
    ),
  ]

  /// A program that introduces itself, and does this when it is asked.
  private static func asked(_ command: String) -> String {
    #"read -r line; echo '{"type":"hello","version":1}'; read -r line; "# + command + "; sleep 0.3"
  }

  @Test(arguments: 0..<ApplyProgramTests.failures.count) func aBadProgramEndsTheRunAndLeavesNothing(index: Int) throws {
    let (program, status, message) = Self.failures[index]
    let base = FollowedStore(program: "echo a word >&2; " + program)
    let good = FollowedStore(example: "upper-case")
    let store = base.store
    _ = try store.run("ab-linearize", ["follow", "--once", "--init", "--apply", good.program])
    let result = try base.follow(["--apply-timeout", "700ms"], values: ["a", "b"])
    #expect(result.status == status, "\(program): \(result.messages)")
    #expect(result.messages.contains(message), "\(program): \(result.messages)")
    if !message.contains("interrupted") {
      #expect(result.messages.contains("apply program `echo a word >&2; "))
      #expect(result.messages.contains("it said: a word"))
    }
    // The values are appended with what they lead to, or not at all.
    let again = try store.run(
      "ab-linearize", ["follow", "--once", "--append", "--apply", good.program], input: Array("c\n".utf8))
    #expect(again.status == 0, "\(again.messages)")
    #expect(try base.view("view") == ["C"])
  }

  @Test func aProgramThatIsNotDeterministicIsNamed() throws {
    for (answer, text) in [
      ("[.nodes[] | {append: [now | tostring]}]", "for node 2"),
      ("[.nodes | keys[] | {append: [\"\\(.)\"]}]", "for node 9"),
      ("[.nodes[] | {append: [$ENV.NUMBER]}]", "for node 2"),
    ] {
      let hello = #"{type: "hello", version: 1, values: "utf8"}"#
      let filter = "if .type == \"hello\" then \(hello) else {type: \"answer\", results: \(answer)} end"
      let base = FollowedStore(program: "export NUMBER=$$; exec jq -c --unbuffered '\(filter)'")
      let result = try base.follow(["--init", "--check-deterministic"], values: (1...9).map { "\($0)" })
      #expect(result.status == 4 && result.messages.contains("is not deterministic: \(text)"), "\(result.messages)")
      #expect(try base.view("view").isEmpty)
    }
  }

  @Test func otherViewsAreRefused() throws {
    let base = FollowedStore(example: "counter")
    try base.run(["--init"], values: ["a"])
    let other = try base.store.run("ab-linearize", ["follow", "--once"])
    #expect(other.status == 5 && other.messages.contains("the base has a view count"), "\(other.messages)")
    let named = try base.follow(["--view", "other"])
    #expect(named.status == 4 && named.messages.contains("its views are count"), "\(named.messages)")
    #expect(try base.store.run("ab-linearize", ["follow", "--once", "--namespace", "x"]).status == 1)
    let registry = try base.store.run("ab-linearize", ["follow", "--once", "--init", "--namespace", "registry"])
    #expect(registry.status == 5 && registry.messages.contains("registry"), "\(registry.messages)")
  }
}
