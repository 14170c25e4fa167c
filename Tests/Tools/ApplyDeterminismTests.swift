import TestSupport
import Testing

/// `--check-deterministic`, over both kinds of bases.
@Suite struct ApplyDeterminismTests {
  /// Where a program is asked.
  enum Verb: CaseIterable {
    case view, follow
  }

  /// A program of `ab-apply(5)` in Python: `answer` makes the list `results` of what `message` asks for; `state` is what
  /// it begins with.
  private static func python(state: String, _ answer: String) -> String {
    let lines = answer.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
    return """
      exec python3 -c '
      import json, sys
      \(state)
      for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "hello":
          print(json.dumps({"type": "hello", "version": 1, "values": "utf8"}), flush=True)
        else:
          results = []
      \(lines)
          print(json.dumps({"type": "answer", "results": results}), flush=True)
      '
      """
  }

  private static let bad: [(name: String, program: String)] = [
    (
      "counts in memory, whatever it is told",
      python(
        state: "count = 0",
        "for node in message[\"nodes\"]:\n  count += 1\n  results.append({\"append\": [str(count)]})")
    ),
    (
      "begins at 0 when it resumes",
      python(
        state: "count = 0",
        """
        if message["resume"]: count = 0
        for node in message["nodes"]:
          count += 1
          results.append({"append": [str(count)]})
        """)
    ),
    (
      "remembers what it has seen, and the views do not tell",
      python(
        state: "seen = set()",
        """
        for node in message["nodes"]:
          results.append({} if node["value"] in seen else {"append": ["new"]})
          seen.add(node["value"])
        """)
    ),
    (
      "appends the number of the batch",
      python(state: "", "results = [{\"append\": [str(message[\"id\"])]} for node in message[\"nodes\"]]")
    ),
    (
      "appends the place in the line",
      python(state: "", "results = [{\"append\": [str(i)]} for i in range(len(message[\"nodes\"]))]")
    ),
    (
      "answers once for a line",
      python(state: "", "results = [{} for node in message[\"nodes\"]]\nresults[-1] = {\"append\": [\"end\"]}")
    ),
    (
      "appends whether it resumes",
      python(state: "", "results = [{\"append\": [str(message[\"resume\"])]} for node in message[\"nodes\"]]")
    ),
    (
      "appends a random number",
      python(state: "import random", "results = [{\"append\": [str(random.random())]} for node in message[\"nodes\"]]")
    ),
  ]

  /// Good: what is remembered follows from the view, and is made anew when it is told to resume.
  private static let good = python(
    state: "count = None",
    """
    if message["resume"]: count = None
    if count is None:
      view = message["views"]["view"]
      count = int(view["last"]["value"]) if "last" in view else 0
    for node in message["nodes"]:
      count += 1
      results.append({"append": [str(count)]})
    """)

  private func run(_ verb: Verb, _ program: String, count: Int) throws -> (result: Command.Result, blocks: [String]) {
    let store = Store()
    let values = Array((1...count).map { "value \($0)\n" }.joined().utf8)
    switch verb {
    case .view:
      let appended = try store.run("ab-linearize", ["append", "--local-input", "in", "--create"], input: values)
      #expect(appended.status == 0, "\(appended.messages)")
      let result = try store.run(
        "ab-linearize",
        ["view", "--input", "in", "--local-output", "out", "--text", "--check-deterministic", "--apply", program])
      return (result, try store.run("ab-linearize", ["view", "--input", "in", "--output", "out", "--text"]).lines)
    case .follow:
      let result = try store.run(
        "ab-linearize",
        ["follow", "--init", "--once", "--append", "--check-deterministic", "--apply", program], input: values)
      return (result, try store.log("cat", "base/view").lines)
    }
  }

  @Test(arguments: Verb.allCases, [3, 40])
  func aStateThatTheViewsDoNotTellIsFound(verb: Verb, count: Int) throws {
    for (name, program) in Self.bad {
      let (result, _) = try run(verb, program, count: count)
      #expect(result.status == 4, "\(name): \(result.messages)")
      #expect(result.messages.contains("is not deterministic: for node "), "\(name): \(result.messages)")
    }
  }

  @Test(arguments: Verb.allCases) func aProgramThatResumesIsNotAccused(verb: Verb) throws {
    for count in [1, 2, 8, 2100] {
      let (result, blocks) = try run(verb, Self.good, count: count)
      #expect(result.status == 0 && blocks == (1...count).map { "\($0)" }, "\(count): \(result.messages)")
    }
  }

  /// The nodes behind one that changes members are in the same line of one run, and in another of the other.
  @Test func changesOfMembersAreNoDifference() throws {
    let base = FollowedStore(example: "counter")
    let keys = (0..<3).map { _ in Store() }
    for store in keys { _ = try store.log("create", "x") }
    var values = (1...30).map { "value \($0)" }
    for (index, store) in keys.enumerated() {
      let key = try store.log("info", "x", "--json").text
      let start = try #require(key.firstRange(of: #""key":""#)).upperBound
      values.insert("add-writer " + key[start...].prefix { $0 != "\"" }, at: 2 + 9 * index)
    }
    try base.run(["--init", "--check-deterministic"], values: values)
    #expect(base.length("count", in: try base.run()) == 33)
  }
}
