import Glibc
import JSON
import TestSupport
import Testing

/// The classic Autobase from the shell, as people use it.
@Suite struct ClassicCommandTests {
  static let both = ["--input", "alice", "--input", "bob"]

  /// Two people talk, each knowing what the other one has said.
  static func chat() throws -> Store {
    let store = Store()
    for who in ["alice", "bob"] { _ = try store.log("create", who) }
    for (who, text) in [("alice", "hello"), ("bob", "hi")] { #expect(try store.append(who, text).status == 0) }
    #expect(try store.append("alice", "how are you", "well?").status == 0)
    return store
  }

  @Test func aConversationKeepsItsOrder() throws {
    let store = try ClassicCommandTests.chat()
    let said = ["hello", "hi", "how are you", "well?"]
    #expect(try store.classic("view", "--text").lines == said)
    #expect(try store.classic("read", "--text").lines.map { $0.suffix(from: $0.firstIndex(of: " ")!).trimmed } == said)
    let causal = try store.classic("causal").records
    #expect(try causal.dropLast().map { try $0.string("value") } == said.reversed())
    #expect(try causal[0].list("prefix").count == 2)
    #expect(try causal[0].number("operations") == 4)
    #expect(try store.classic("causal", "--limit", "2", "--text").lines.count == 2)
    // A clock as it is printed can be given back.
    let clock = try store.classic("clock").lines[0]
    #expect(clock.split(separator: ",").sorted() == ["alice:3", "bob:1"])
    #expect(try store.classic("clock", "--latest").lines == [clock])
    #expect(try store.classic("clock", "bob").lines == ["bob:1"])
    #expect(try store.classic("causal", "--clock", clock).lines == store.classic("causal").lines)
    // A stream from an earlier clock is the earlier stream.
    let earlier = try store.classic("causal", "--clock", "alice:1,bob:1").records
    #expect(try earlier.dropLast().map { try $0.string("value") } == ["hi", "hello"])
    // Soft removal: what was said later counts for nothing.
    #expect(try store.classic("view", "--text", "--freeze", "alice:1").lines == ["hello", "hi"])
  }

  @Test func linksAreWhatWasAskedFor() throws {
    let store = try ClassicCommandTests.chat()
    #expect(try store.append("bob", "alone", "--clock", "").status == 0)
    let newest = try store.classic("causal").records.first { try $0.string("value") == "alone" }
    // Links to others are carried over, the own log is always part of the clock.
    #expect(try newest?.list("clock").map { try $0.number("length") } == [1, 1])
    let result = try store.append("bob", "to one", "--clock", "alice:2", "--json")
    let clock = try #require(result.records.first).list("clock")
    #expect(try clock.map { try $0.number("length") } == [2])
    // A batch stays together.
    #expect(try store.append("alice", "one", "--batch", "two", "three").status == 0)
    let batch = try store.classic("causal").records.prefix(3)
    #expect(try batch.map { try $0.string("value") } == ["three", "two", "one"])
    #expect(try batch.map { try $0.number("batch") } == [1, 2, 3])
    #expect(try store.classic("append", "--local-input", "bob", input: Array("a\nb\n".utf8)).status == 0)
    #expect(try store.classic("view", "--text").lines.suffix(2) == ["a", "b"])
  }

  @Test func aLocalOutputGoesOnWhereItEnded() throws {
    let store = try ClassicCommandTests.chat()
    func status(_ arguments: String...) throws -> [UInt64] {
      let record = try #require(
        try store.run("ab-linearize", ["view", "--status"] + ClassicCommandTests.both + arguments).records.first)
      return try ["added", "removed", "length"].map { try record.number($0) }
    }
    #expect(try status("--local-output", "v") == [4, 0, 4])
    #expect(try status("--local-output", "v") == [0, 0, 4])
    #expect(try status("--output", "v") == [0, 0, 4])
    for text in ["b1", "b2", "b3"] { _ = try store.append("bob", text, "--clock", "") }
    // Others compute what the output does not have; it is not changed.
    let ahead = try status("--output", "v")
    #expect(ahead[0] > 3 && ahead[2] == 7)
    let changes = try store.classic("view", "--changes", "--local-output", "v").records
    #expect(changes[0]["type"]?.string == "view")
    let (added, removed) = (try changes[0].number("added"), try changes[0].number("removed"))
    #expect(added == ahead[0] && added - removed == 3)
    #expect(changes[1]["type"]?.string == "truncate")
    #expect(changes.filter { $0["type"]?.string == "append" }.count == Int(ahead[0]))
    #expect(try store.log("info", "v").text.contains("classic Autobase output"))
    #expect(try store.log("verify").status == 0)
    #expect(try store.classic("view", "--text", "--output", "v").lines == store.classic("view", "--text").lines)
  }

  @Test func everyKindOfSourceGivesTheSame() throws {
    let store = try ClassicCommandTests.chat()
    let piped = try store.shell(
      """
      hc-log cat --json alice bob >blocks
      hc-log cat --frames alice bob >frames
      hc-log export alice bob >archive
      ab-linearize causal --input alice --input bob
      ab-linearize causal --stdin <blocks
      ab-linearize causal --stdin <frames
      ab-linearize causal --archive archive
      """)
    let lines = piped.lines
    #expect(piped.status == 0 && lines.count % 4 == 0, "\(piped.messages)")
    let each = lines.count / 4
    for number in 1..<4 { #expect(Array(lines[number * each..<(number + 1) * each]) == Array(lines[..<each])) }
    // What `causal` and `read` write is input again, oldest first.
    let again = try store.shell(
      "ab-linearize read --input alice --input bob | ab-linearize view --stdin --text; ab-linearize view --text --archive archive"
    )
    #expect(again.lines.count == 8 && Array(again.lines.prefix(4)) == Array(again.lines.suffix(4)))
    let order = try store.shell(
      "ab-linearize order --stdin --text <blocks; ab-linearize order --archive archive --text")
    #expect(order.lines.count == 10, "\(order.messages)")
  }

  @Test func framesAndLinesSayTheSame() throws {
    let store = try ClassicCommandTests.chat()
    for verb in ["causal", "read", "view"] {
      let lines = try store.classic(verb)
      let frames = try store.classic(verb, "--frames")
      #expect(frames.status == 0 && frames.output != lines.output)
      #expect(frames.output.count < lines.output.count)
    }
  }

  // MARK: Going on

  @Test func aCheckpointIsWhereTheNextRunBegins() throws {
    let store = try ClassicCommandTests.chat()
    let file = store.folder.file("checkpoint")
    func read() throws -> [String] {
      try store.classic("read", "--checkpoint", file).records.dropLast().map { try $0.string("value") }
    }
    #expect(try read().count == 4)
    #expect(try read() == [])
    _ = try store.append("bob", "more")
    #expect(try read() == ["more"])
    // A reader that leaves has not read: all of it comes again.
    let long = (0..<50).map { String(repeating: "\($0)", count: 3000) + "\n" }.joined()
    _ = try store.classic("append", "--local-input", "bob", input: Array(long.utf8))
    let cut = try store.shell(
      "ab-linearize read --input alice --input bob --checkpoint checkpoint --text | head -n 1 | cut -c 1-12; echo ${PIPESTATUS[0]}"
    )
    #expect(cut.lines.last == "141")
    #expect(try read().count == 50)
    // A log that was truncated is told of; a file that is something else is refused.
    try store.folder.write("checkpoint", Array("{\"clock\":7}".utf8))
    let damaged = try store.classic("read", "--checkpoint", file)
    #expect(damaged.status == 2 && damaged.messages.contains("no checkpoint"))
  }

  @Test func aLiveReaderIsWokenByWhatIsAppended() throws {
    let store = try ClassicCommandTests.chat()
    let file = store.folder.file("checkpoint")
    let reader = try store.command(
      "ab-linearize", ["read", "--live", "--tail", "--text", "--checkpoint", file] + ClassicCommandTests.both
    ).start()
    // The checkpoint is there as soon as the ends of the inputs are known.
    for _ in 0..<500 where access(file, F_OK) != 0 { usleep(10_000) }
    _ = try store.append("bob", "later")
    try reader.wait { output, _ in output.contains("later") }
    _ = try store.append("alice", "and later")
    try reader.wait { output, _ in output.contains("and later") }
    reader.signal(SIGTERM)
    let result = try reader.finish()
    #expect(result.status == 128 + SIGTERM)
    #expect(result.lines.count == 2)
    // What was written right before the end may come again, nothing else does.
    let rest = try store.classic("read", "--checkpoint", file, "--text").text
    #expect(rest == "" || rest.hasSuffix("  and later\n") && rest.split(separator: "\n").count == 1)
  }

  @Test func aLiveViewTellsOfTruncations() throws {
    let store = try ClassicCommandTests.chat()
    let reader = try store.command("ab-linearize", ["view", "--live"] + ClassicCommandTests.both).start()
    try reader.wait { output, _ in output.split(separator: "\n").count == 5 }
    _ = try store.append("bob", "b", "--batch", "--clock", "", "c", "d", "e")
    try reader.wait { output, _ in output.contains("truncate") && output.hasSuffix("\n") }
    reader.signal(SIGTERM)
    let records = try reader.finish().records
    var view: [String] = []
    for record in records {
      switch record["type"]?.string {
      case "truncate": view.removeSubrange(Int(try record.number("length"))...)
      case "append":
        #expect(try record.number("seq") == UInt64(view.count))
        view.append(try record.string("value"))
      default: break
      }
    }
    #expect(try view == store.classic("view", "--text").lines)
  }

  @Test func aPipeCanGoOn() throws {
    let store = try ClassicCommandTests.chat()
    let blocks = try store.log("cat", "--json", "alice", "bob").lines
    let reader = try store.command("ab-linearize", ["read", "--stdin", "--live", "--text"]).start()
    try reader.send(Array((blocks[0] + "\n" + blocks[1] + "\n").utf8))
    try reader.wait { output, _ in output.contains("hello") }
    try reader.send(Array((blocks[2...].joined(separator: "\n") + "\n").utf8))
    let result = try reader.finish()
    #expect(result.status == 0, "\(result.messages)")
    #expect(result.lines.count == 4)
  }

  @Test func writersOfABaseAreItsInputs() throws {
    let store = Store()
    let made = try store.shell(
      """
      registry-admin init >/dev/null
      ab-linearize causal; ab-linearize causal --acks; ab-linearize view --status --text; ab-linearize clock
      """)
    #expect(made.status == 0, "\(made.messages)")
    let records = try made.lines.prefix(3).map { try JSON(parsing: $0) }
    // The founder's node has no value: it is part of the clock only.
    #expect(records.map { $0["type"]?.string } == ["end", "node", "end"])
    #expect(records[1]["value"]?.isNull == true)
    #expect(made.lines.dropFirst(3).first == "added 0, removed 0, length 0")
    #expect(made.lines.last?.hasSuffix(":1") == true)
    #expect(try store.log("info", "registry/local", "--json").records.first?["kind"]?.string == "autobase-oplog")
    let refused = try store.run("ab-linearize", ["append", "--input", "registry/local", "x"])
    #expect(refused.status == 5)
  }
}

extension Store {
  /// Runs a verb over the inputs alice and bob.
  func classic(_ verb: String, _ arguments: String..., input: [UInt8] = []) throws -> Command.Result {
    try run("ab-linearize", [verb] + ClassicCommandTests.both + arguments, input: input)
  }

  /// Appends a value to the input of one of the two.
  func append(_ who: String, _ value: String, _ arguments: String...) throws -> Command.Result {
    try run("ab-linearize", ["append", "--local-input", who, value] + ClassicCommandTests.both + arguments)
  }
}

extension Command.Result {
  /// The lines as records; what is none counts as an empty object.
  var records: [JSON] { lines.map { (try? JSON(parsing: $0)) ?? [:] } }
}

extension JSON {
  /// Bytes that are text.
  func string(_ member: String) throws -> String { String(decoding: try hex(member), as: UTF8.self) }
}

extension Substring {
  fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
