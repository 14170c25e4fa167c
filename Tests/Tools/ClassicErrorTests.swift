import Glibc
import JSON
import TestSupport
import Testing

/// The classic verbs with wrong, cut off, missing and damaged input.
@Suite struct ClassicErrorTests {
  private static let statuses: [(arguments: [String], status: Int32)] = [
    (["causal", "--input", "nobody"], 1), (["causal"], 1), (["causal", "--input", "alice", "--clock", "x"], 2),
    (["causal", "--input", "alice", "--clock", "nobody:1"], 1), (["causal", "--input", "alice", "--limit", "-1"], 2),
    (["causal", "--input", "alice", "--text", "--json"], 2), (["causal", "--input", "events"], 6),
    (["causal", "--archive", "nothing"], 7), (["causal", "--input", "alice", "--freeze", "alice"], 2),
    (["read", "--input", "alice", "--no-wait", "--timeout", "1s"], 2), (["read", "--input", "events"], 6),
    (["view", "--input", "alice", "--output", "v", "--local-output", "v"], 2),
    (["view", "--input", "alice", "--status", "--changes"], 2),
    (["view", "--input", "alice", "--local-output", "events"], 5),
    (["view", "--input", "alice", "--output", "nothing"], 1), (["append", "x"], 2),
    (["append", "--input", "alice", "--input", "bob", "x"], 2), (["append", "--stdin", "--input", "alice", "x"], 2),
    (["append", "--input", "events", "x"], 6), (["append", "--input", "nobody", "x"], 1),
    (["append", "--input", "carol", "--create", "--batch", "--clock", "", "x", "y"], 0),
    (["clock", "--input", "alice", "bob"], 2), (["clock", "--input", "alice", "alice"], 0),
    (["causal", "--input", "alice", "--clock", "alice:9"], 3), (["view", "--archive", "/dev/null"], 4),
  ]

  /// A conversation, and a log of something else.
  private static let store: Store = {
    do {
      let store = try ClassicCommandTests.chat()
      _ = try store.log("create", "events")
      _ = try store.log("append", "events", input: Array("neither\n".utf8))
      return store
    } catch {
      preconditionFailure("no store: \(error)")
    }
  }()

  @Test(arguments: statuses)
  func statusesAreThoseOfTheTable(arguments: [String], status: Int32) throws {
    let result = try ClassicErrorTests.store.run("ab-linearize", arguments)
    #expect(result.status == status, "\(arguments) \(result.messages)")
    if status == 0 {
      #expect(result.errors.isEmpty)
    } else {
      #expect(result.messages.hasPrefix("ab-linearize: error: "), "\(arguments)")
      for line in result.messages.split(separator: "\n").dropFirst() { #expect(line.hasPrefix("ab-linearize: hint: ")) }
    }
  }

  /// Takes away or changes the second block of the first log.
  private func spoil(_ store: Store, _ value: String) throws {
    try store.sql("UPDATE blocks SET value = \(value) WHERE id = (SELECT min(id) FROM blocks) + 1")
  }

  @Test func blocksThatAreNotHereAreNamed() throws {
    let store = try ClassicCommandTests.chat()
    try spoil(store, "NULL")
    for arguments in [["causal"], ["view"], ["read", "--timeout", "1ms"], ["order"]] {
      let result = try store.run("ab-linearize", arguments + ClassicCommandTests.both)
      #expect(result.status == 3, "\(arguments)")
      #expect(result.messages.hasPrefix("ab-linearize: error: block 1 of alice is not here"), "\(result.messages)")
      #expect(!result.text.contains("\"end\""))
    }
    // Nothing of a view is stored that could not be computed.
    #expect(try store.classic("view", "--local-output", "v").status == 3)
    #expect(try store.log("info", "v", "--json").records.first?.number("length") == 0)
    let local = try store.classic("read", "--no-wait", "--text")
    #expect(local.status == 0 && local.lines.count == 2)
  }

  @Test func aReaderWaitsForBlocksUntilTheyCome() throws {
    let store = try ClassicCommandTests.chat()
    _ = try store.shell("cp -r store other")
    try spoil(store, "NULL")
    let reader = try store.command("ab-linearize", ["read", "--text", "--timeout", "60s"] + ClassicCommandTests.both)
      .start()
    try reader.wait { output, messages in
      output.contains("hello") && messages.contains("waits for block 1 of alice")
    }
    try restore(store)
    let result = try reader.finish()
    #expect(result.status == 0 && result.lines.count == 4, "\(result.messages)")
  }

  @Test func outputsThatAreNoneAreLeftOut() throws {
    let store = try ClassicCommandTests.chat()
    let result = try store.classic("view", "--text", "--output", "alice")
    #expect(result.status == 0 && result.lines.count == 4)
    #expect(
      result.messages == "ab-linearize: warning: an output is left out: alice holds something else than a view\n")
  }

  @Test func aLiveViewWaitsForBlocks() throws {
    let store = try ClassicCommandTests.chat()
    _ = try store.shell("cp -r store other")
    try spoil(store, "NULL")
    let reader = try store.command("ab-linearize", ["view", "--live", "--text"] + ClassicCommandTests.both).start()
    try reader.wait { _, messages in messages.contains("waits: block 1 of alice is not here") }
    try restore(store)
    try reader.wait { output, _ in output.contains("well?") }
    reader.signal(SIGTERM)
    #expect(try reader.finish().lines.count == 4)
  }

  /// Brings back what was taken away.
  private func restore(_ store: Store) throws {
    try store.sql(
      "ATTACH '\(store.folder.file("other"))/store.db' AS o;"
        + "UPDATE blocks SET value = (SELECT value FROM o.blocks b WHERE b.id = blocks.id)")
  }

  @Test func damagedBlocksAreNamed() throws {
    let store = try ClassicCommandTests.chat()
    try spoil(store, "x'ff'")
    for verb in ["causal", "read", "view"] {
      let result = try store.classic(verb)
      #expect(result.status == 4, "\(verb): \(result.messages)")
      #expect(result.messages.contains("block 1 of alice is no node"))
    }
  }

  @Test func cutAndMangledStreamsAreNoticed() throws {
    let store = try ClassicCommandTests.chat()
    let lines = try store.log("cat", "--json", "alice", "bob").lines
    func run(_ verb: String, _ lines: some Sequence<String>) throws -> Command.Result {
      try store.run("ab-linearize", [verb, "--stdin"], input: Array(lines.joined(separator: "\n").utf8))
    }
    for verb in ["causal", "read", "view"] {
      #expect(try run(verb, lines).status == 0)
      #expect(try run(verb, lines.dropLast()).status == 4)
      #expect(try run(verb, ["nonsense"]).status == 2)
      // A log without its beginning.
      let gap = try run(verb, [lines[2]])
      #expect(gap.status == 2 && gap.messages.contains("block 0"))
    }
    // A link beyond what came: the stream does not pass it.
    let short = lines.filter { !$0.contains("\"seq\":0") || !$0.contains("\"block\"") }.prefix(1)
    #expect(try run("causal", short).status != 0 || short.isEmpty)
  }

  @Test func linksToLogsThatAreNoInputsAreTold() throws {
    let store = try ClassicCommandTests.chat()
    let alone = try store.run("ab-linearize", ["read", "--input", "bob", "--text"])
    #expect(alone.status == 0 && alone.lines.count == 1)
    #expect(alone.messages == "ab-linearize: warning: node 1 of bob has seen alice, which is no input\n")
    let resolved = try store.run("ab-linearize", ["read", "--input", "bob", "--resolve", "--text"])
    #expect(resolved.lines.count == 4 && resolved.errors.isEmpty)
    // What was resolved once stays part of what is read.
    let goOn = ["read", "--input", "bob", "--resolve", "--text", "--checkpoint", store.folder.file("seen")]
    #expect(try store.run("ab-linearize", goOn).lines.count == 4)
    _ = try store.append("alice", "more")
    #expect(try store.run("ab-linearize", goOn).lines == ["alice:4  more"])
    // Only a link into an input that is known to be shorter is not passed.
    let causal = try store.run("ab-linearize", ["causal", "--input", "bob", "--text"])
    #expect(causal.status == 0 && causal.lines.count == 1)
  }

  @Test func aReaderThatLeavesEndsTheWriterQuietly() throws {
    let store = try ClassicCommandTests.chat()
    let long = (0..<2000).map { "\($0)" + String(repeating: "x", count: 200) + "\n" }.joined()
    _ = try store.classic("append", "--local-input", "bob", "--batch", input: Array(long.utf8))
    for verb in ["causal", "read", "view"] {
      let result = try store.shell(
        "ab-linearize \(verb) --input alice --input bob | head -n 1 | wc -l; echo ${PIPESTATUS[0]}")
      #expect(result.lines.map { $0.filter { $0 != " " } } == ["1", "141"])
      #expect(result.messages == "")
    }
    #expect(try store.shell("ab-linearize view --input alice >/dev/full").status == 7)
  }

  /// Every byte of an input's blocks, changed: an answer or a named error, never anything else.
  @Test func noByteOfAnInputCrashesIt() throws {
    let store = try ClassicCommandTests.chat()
    let lines = try store.log("cat", "--json", "alice", "bob").lines
    var generator = SeededGenerator(seed: 11)
    for number in 0..<8 {
      var changed = lines
      let index = lines.indices.filter { lines[$0].contains("\"block\"") }.randomElement(using: &generator) ?? 1
      var bytes = Array(changed[index].utf8)
      let value = changed[index].range(of: "\"value\":\"") ?? 0..<0
      let place = value.upperBound + Int(generator.next() % UInt64(bytes.count - value.upperBound - 2))
      bytes[place] = Array("0123456789abcdef".utf8).randomElement(using: &generator) ?? 48
      changed[index] = String(decoding: bytes, as: UTF8.self)
      for verb in ["causal", "view", "order"] {
        let input = Array(changed.joined(separator: "\n").utf8)
        let result = try store.run("ab-linearize", [verb, "--stdin"], input: input)
        #expect(
          [0, 1, 3, 4, 6].contains(result.status), "\(verb), change \(number), byte \(place): \(result.messages)")
      }
    }
  }
}

extension String {
  /// The bytes at which a text stands.
  fileprivate func range(of text: String) -> Range<Int>? {
    let (bytes, wanted) = (Array(utf8), Array(text.utf8))
    guard bytes.count >= wanted.count else { return nil }
    for start in 0...bytes.count - wanted.count where Array(bytes[start..<start + wanted.count]) == wanted {
      return start..<start + wanted.count
    }
    return nil
  }
}
