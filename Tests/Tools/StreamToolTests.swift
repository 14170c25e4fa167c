import JSON
import Registry
import TestSupport
import Testing

/// Records that go from tool to tool, as lines and as frames.
@Suite struct StreamToolTests {
  private let key = String(repeating: "ab", count: 32)

  /// From a log through the order into a view, and back into a log: both forms give the same everywhere.
  @Test func theWholeWayRoundLosesNothing() throws {
    let registry = try RegistryStore()
    try registry.fill(30)
    let result = try registry.store.shell(
      """
      set -e
      for form in '' --frames; do
        hc-log cat --oplog $form registry/local >"nodes$form"
        ab-linearize order --stdin $form <"nodes$form" >"ordered$form"
        hdb-view apply -s "view$form" --json <"ordered$form" 2>/dev/null | jq -c '[.length, .treeHash]' >"applied$form"
        hc-log create -s "copy$form" again >/dev/null
        hc-log append -s "copy$form" --stream again <"ordered$form"
        hc-log cat -s "copy$form" --length-prefixed again >"blocks$form"
        hc-log append -s "copy$form" --stream again - <"ordered$form"
      done
      hc-log cat --length-prefixed registry/local | cmp - blocks
      cmp blocks blocks--frames
      cmp applied applied--frames
      hc-log stream ordered--frames | cmp - ordered
      hc-log stream --frames ordered | cmp - ordered--frames
      hc-log stream <nodes--frames | cmp - nodes
      cat nodes--frames nodes nodes--frames | ab-linearize order --stdin | grep -c '"type":"node"' >doubled
      grep -c '"type":"node"' nodes | cmp - doubled
      cat ordered | tail -n 1
      """)
    #expect(result.status == 0, "\(result.messages)")
    #expect(result.text.contains(#""type":"end""#))
    let own = try registry.store.run("hdb-view", ["info", "--json"])
    let applied = try JSON(parsing: readFile(registry.store.folder.file("applied")).prefix { $0 != 0x0a }.map { $0 })
    #expect(try applied[1] == JSON(parsing: own.text)["treeHash"])
  }

  @Test func whatNobodyKnowsPassesInItsPlace() throws {
    let store = Store()
    let lines = [
      #"{"type":"core","core":"\#(try zBase32())","length":1,"fork":0,"later":{"a":[1,null]}}"#,
      #"{"type":"comet","tail":"ü\n","x":null}"#,
      #"{"type":"block","core":"\#(try zBase32())","seq":0,"fork":0,"value":"00ff","mark":true}"#,
      #"{"type":"comet","tail":2.5}"#,
      #"{"type":"view","view":"db","length":3,"y":1}"#,
      #"{"type":"append","view":"db","seq":3,"value":"00","z":"\"}"#.replacing(#""\"}"#, with: #""\\"}"#),
      #"{"type":"truncate","view":"db","length":1,"why":[]}"#, #"{"type":"end","records":7,"w":{}}"#,
    ]
    let text = lines.joined(separator: "\n") + "\n"
    let frames = try store.log("stream", "--frames", input: Array(text.utf8))
    #expect(frames.status == 0, "\(frames.messages)")
    #expect(frames.output.count < text.utf8.count && frames.output.first == 0x81)
    #expect(try store.log("stream", input: frames.output).text == text)
    #expect(try store.log("stream", input: Array(text.utf8)).text == text)
    #expect(try store.log("stream", input: Array(text.utf8) + frames.output).text == text + text)
  }

  /// An order puts nodes elsewhere; what came before a node stays before it.
  @Test func whatNobodyKnowsIsOrderedWithTheNodeBehindIt() throws {
    let registry = try RegistryStore()
    try registry.fill(3)
    var lines = try registry.store.log("cat", "--oplog", "registry/local").lines
    let comet = #"{"type":"comet","tail":1}"#
    let next = try #require(lines.firstIndex { $0.contains(#""seq":2,"#) })
    lines.insert(comet, at: next)
    lines.insert(comet, at: lines.count - 1)
    lines[lines.count - 1] = #"{"type":"end","records":\#(lines.count - 1)}"#
    let result = try registry.store.run(
      "ab-linearize", ["order", "--stdin"], input: Array(lines.joined(separator: "\n").utf8) + [0x0a])
    #expect(result.status == 0, "\(result.messages)")
    let places = result.lines.indices.filter { result.lines[$0] == comet }
    #expect(places.count == 2 && places.last == result.lines.count - 2)
    #expect(result.lines[(places.first ?? 0) + 1].contains(#""seq":2,"#))
  }

  private func zBase32() throws -> String {
    let record = #"{"type":"truncate","core":"\#(key)","length":0}"# + "\n" + #"{"type":"end","records":1}"# + "\n"
    return try JSON(parsing: Store().log("stream", input: Array(record.utf8)).lines[0]).text("core")
  }

  @Test func streamsThatAreCutOffOrDamagedAreNamed() throws {
    let store = try Store.withLog((0..<40).map { "record \($0)" })
    _ = try store.log("create", "copy")
    let frames = try store.log("cat", "--frames", "events").output
    for count in [1, 4, 5, 6, 100, frames.count / 2, frames.count - 1] {
      let cut = Array(frames[..<count])
      for tool in [("hc-log", ["stream"]), ("hc-log", ["append", "--stream", "copy"])] {
        let result = try store.run(tool.0, tool.1, input: cut)
        #expect(result.status == 4, "\(count) bytes: \(result.messages)")
        #expect(result.messages.contains("cut off"))
      }
    }
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<40 {
      var mangled = frames
      let index = Int.random(in: mangled.indices, using: &generator)
      mangled[index] ^= UInt8.random(in: 1...255, using: &generator)
      let result = try store.log("stream", input: mangled)
      #expect([0, 2, 4, 6].contains(result.status), "byte \(index): \(result.messages)")
    }
    let newer = try store.log("stream", input: [0xb0, 0, 0, 0, 0])
    #expect(newer.status == 6)
  }

  @Test func appendTakesOneLogOfAStream() throws {
    let store = try Store.withLog(["one", "two"])
    _ = try store.log("create", "other")
    _ = try store.log("append", "other", input: Array("three\n".utf8))
    _ = try store.log("create", "copy")
    let both = try store.log("cat", "--json", "events", "other")
    let refused = try store.log("append", "--stream", "copy", input: both.output)
    #expect(refused.status == 2 && refused.messages.contains("--from"))
    _ = try store.log("create", "second")
    let key = try JSON(parsing: store.log("info", "--json", "other").text).text("key")
    #expect(try store.log("append", "--stream", "--from", key, "second", input: both.output).status == 0)
    #expect(try store.log("cat", "second").text == "three\n")
    let view = """
      {"type":"view","view":"db","length":2}
      {"type":"append","view":"db","seq":0,"value":"61"}
      {"type":"append","view":"db","seq":1,"value":""}
      {"type":"append","view":"other","seq":0,"value":"62"}
      {"type":"end","records":4}

      """
    _ = try store.log("create", "third")
    #expect(try store.log("append", "--stream", "--from", "db", "third", input: Array(view.utf8)).status == 0)
    #expect(try store.log("cat", "third").text == "a\n\n")
    let gap = both.text.replacing("\"seq\":1,", with: "\"seq\":2,")
    #expect(try store.log("append", "--stream", "--from", try own(store), "third", input: Array(gap.utf8)).status == 2)
    let cut = #"{"type":"truncate","core":"\#(try own(store))","length":1}"#
    let shorter = both.lines[..<3].joined(separator: "\n") + "\n" + cut + "\n"
    #expect(try store.log("append", "--stream", "third", input: Array(shorter.utf8)).status == 5)
  }

  private func own(_ store: Store) throws -> String {
    try JSON(parsing: store.log("info", "--json", "events").text).text("key")
  }

  @Test func framesDoNotReachATerminal() throws {
    let store = try Store.withLog(["one"])
    for command in ["hc-log cat --frames events", "hc-log stream --frames lines", "hc-log export events"] {
      let result = try store.shell(
        "hc-log cat --json events >lines; script -qec '\(command)' /dev/null </dev/null; echo status $?")
      #expect(result.text.contains("status 2"), "\(command): \(result.text)")
    }
  }
}
