import Glibc
import JSON
import TestSupport
import Testing

/// Bases that are followed for long, or by several nodes, or are cut off.
@Suite struct ApplyFollowTests {
  /// Two stores that share logs only when they are told to.
  private struct Pair {
    let a: FollowedStore
    let b: FollowedStore
    let keys: [String]

    init(example: String, addWriter: (String) -> String) throws {
      a = FollowedStore(example: example)
      b = FollowedStore(example: example)
      let founded = try a.run(["--init"])
      let base = try a.key("base", in: founded)
      let local = try b.key("local", in: b.run(["--base", base]))
      keys = [base, local]
      try a.run(values: [addWriter(local)])
      try meet()
      try b.run()
      try meet()
      try a.run()
    }

    /// Both get all blocks of the other.
    func meet() throws { try Self.replicate(a, b, keys) }

    /// Two stores exchange logs.
    static func replicate(_ a: FollowedStore, _ b: FollowedStore, _ keys: [String]) throws {
      let socket = a.store.folder.file("socket")
      let server = try a.store.command("hc-log", ["replicate", "--live", "--listen", "unix:\(socket)"] + keys).start()
      try server.wait { _, errors in errors.contains("listening") && errors.contains("\n") }
      let text = String(decoding: server.errors, as: UTF8.self)
      let line = try #require(text.split(separator: "\n").first { $0.contains("listening ") })
      let peer = String(try #require(line.split(separator: " ").last))
      let result = try b.store.run("hc-log", ["replicate", "--connect", peer] + keys)
      #expect(result.status == 0, "\(result.messages)")
      server.signal(SIGTERM)
      _ = try server.finish()
      unlink(socket)
    }
  }

  /// Two writers, apart for a while: their nodes are ordered anew when they meet, views are taken back as far as that
  /// goes, and both have what a third node makes that reads everything at once.
  @Test(arguments: ["counter", "last-writer-wins"]) func writersThatWereApartAgree(example: String) throws {
    let isMap = example == "last-writer-wins"
    let view = isMap ? "map" : "count"
    func value(_ writer: String, _ number: Int) -> String {
      isMap ? #"{"put":"k\#(number % 3)","value":"\#(writer)\#(number)"}"# : "\(writer)\(number)"
    }
    let pair = try Pair(example: example) { isMap ? #"{"addWriter":"\#($0)"}"# : "add-writer \($0)" }
    for round in 0..<2 {
      try pair.a.run(values: (0..<4).map { value("a", round * 4 + $0) })
      try pair.b.run(values: (0..<3).map { value("b", round * 3 + $0) })
      try pair.meet()
      for _ in 0..<2 {
        try pair.b.run()
        try pair.meet()
        try pair.a.run()
        try pair.meet()
      }
    }
    let blocks = try pair.a.view(view)
    #expect(blocks == (try pair.b.view(view)))
    // From scratch, in one go and as the base is now.
    let base = pair.keys[0]
    let reader = FollowedStore(example: example)
    try reader.run(["--base", base])
    try Pair.replicate(pair.a, reader, pair.keys)
    try reader.run()
    #expect(try reader.view(view) == blocks)
    if !isMap { #expect(blocks == (1...blocks.count).map { "\($0)" } && blocks.count >= 1 + 14) }
  }

  /// Killed at any moment, by SIGKILL to the tool or by the end of the program, a run goes on where the last commit was.
  @Test(arguments: 1...4 as ClosedRange<UInt64>) func aKilledRunGoesOn(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let base = FollowedStore(example: "counter")
    try base.run(["--init"])
    // Every fourth batch, the program ends without an answer.
    let failing = base.store.folder.file("failing")
    try base.store.folder.write(
      "failing",
      Array("#!/bin/sh\nsed -u 4q | '\(base.program)'\nexit 9\n".utf8))
    chmod(failing, 0o755)
    var sent = 0
    for round in 0..<4 {
      let command = try base.store.command(
        "ab-linearize", ["follow", "--append", "--json", "--apply", round % 2 == 0 ? base.program : failing])
      let process = try command.start()
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        try? process.send(Array("value \(sent)\n".utf8))
        sent += 1
        usleep(UInt32.random(in: 0...30_000, using: &random))
      }
      if round % 2 == 0 {
        usleep(UInt32.random(in: 0...60_000, using: &random))
        process.signal(SIGKILL)
      } else {
        process.closeInput()
        usleep(150_000)
        process.signal(SIGTERM)
      }
      _ = try process.finish()
    }
    try base.run(values: ["the last"])
    // Nodes with a value: all but the first, which founded the base.
    let values = try base.store.run("hc-log", ["cat", "--oplog", "base/local"]).lines.map { try JSON(parsing: $0) }
      .count { $0["type"]?.string == "node" && $0["value"]?.string != nil }
    #expect(values >= 1 && values <= sent + 1)
    #expect(try base.view("count") == (1...values).map { "\($0)" }, "seed \(seed)")
    let status = try base.store.run("ab-linearize", ["status", "--namespace", "base", "--check"])
    #expect(status.status == 0, "\(status.messages)")
  }

  @Test func aFollowerIsWokenAndTellsWhenItIsReady() throws {
    let base = FollowedStore(example: "counter")
    try base.run(["--init"], values: ["a"])
    let follower = try base.store.command("ab-linearize", ["follow", "--json", "--apply", base.program]).start()
    try follower.wait { output, _ in output.contains(#""length":1"#) }
    try base.run(values: ["b", "c"])
    try follower.wait { output, _ in output.contains(#""view":"count""#) && output.contains(#""length":3"#) }
    follower.signal(SIGTERM)
    #expect(try follower.finish().status == 0)
    let script = """
      ab-linearize follow --ready-fd 3 --apply '\(base.program)' 3>ready 2>/dev/null & process=$!
      for i in $(seq 100); do [ -s ready ] && break; sleep 0.05; done
      kill $process; wait $process; echo $? $(wc -c <ready)
      """
    #expect(try base.store.shell(script).text == "0 1\n")
  }
}
