import Glibc
import JSON
import TestSupport
import Testing

/// `hc-log replicate`: two or more processes, each with a store of its own.
@Suite(.timeLimit(.minutes(2))) struct ReplicateTests {
  /// A store with a log of these lines.
  static func store(_ name: String, lines: Int, from first: Int = 0) throws -> (store: Store, key: String) {
    let store = Store()
    let key = try store.log("create", name).lines[0]
    try append(store, name, first..<first + lines)
    return (store, key)
  }

  static func append(_ store: Store, _ name: String, _ numbers: Range<Int>) throws {
    let input = Array(numbers.map { "line \($0)\n" }.joined().utf8)
    #expect(try store.run("hc-log", ["append", name], input: input).status == 0)
  }

  /// Starts a tool that listens, and returns it with its `KEY@HOST:PORT`.
  static func listen(_ store: Store, _ arguments: [String]) throws -> (process: RunningCommand, peer: String) {
    let process = try store.command(
      "hc-log", ["replicate", "--listen", "127.0.0.1:0", "--timeout", "20s"] + arguments
    ).start()
    var peer = ""
    try process.wait { _, errors in
      for line in errors.split(separator: "\n") where line.hasPrefix("listening ") { peer = String(line.dropFirst(10)) }
      return !peer.isEmpty
    }
    return (process, peer)
  }

  static func connect(_ store: Store, _ peer: String, _ arguments: String...) throws -> Command.Result {
    try store.run("hc-log", ["replicate", "--connect", peer, "--timeout", "20s"] + arguments)
  }

  /// The content of a log, by key or name.
  func cat(_ store: Store, _ log: String) throws -> [String] { try store.log("cat", log).lines }

  @Test func oneConnectionCarriesLogsBothWays() throws {
    let (near, nearKey) = try Self.store("near", lines: 300)
    let (far, farKey) = try Self.store("far", lines: 20)
    let (process, peer) = try Self.listen(far, ["far", nearKey, "--json"])
    let result = try Self.connect(near, peer, "near", farKey, "--json")
    #expect(result.status == 0, "\(result.messages)")
    let other = try process.finish()
    #expect(other.status == 0, "\(other.messages)")
    #expect(try cat(far, nearKey) == cat(near, "near"))
    #expect(try cat(near, farKey) == cat(far, "far"))
    #expect(try near.log("verify").status == 0)
    #expect(try far.log("verify").status == 0)
    let lines = try result.lines.map { try JSON(parsing: Array($0.utf8)) }
    #expect(try lines.map { try $0.number("sent") } == [300, 0])
    #expect(try lines.map { try $0.number("received") } == [0, 20])
    #expect(try lines.allSatisfy { try $0.flag("complete") })
    let others = try other.lines.map { try JSON(parsing: Array($0.utf8)) }
    #expect(try others.map { try $0.number("sent") } == [20, 0])
    #expect(try others.map { try $0.number("received") } == [0, 300])
    // A second time there is nothing to do.
    let (again, address) = try Self.listen(far, [])
    let repeated = try Self.connect(near, address, "--json")
    #expect(repeated.status == 0)
    #expect(try repeated.lines.allSatisfy { try JSON(parsing: Array($0.utf8)).number("received") == 0 })
    #expect(try again.finish().status == 0)
  }

  /// Both sides end by themselves, whichever of them notices first that all is done.
  @Test(arguments: [300, 5_000], [true, false]) func whatWentIsCounted(count: Int, readerListens: Bool) throws {
    for _ in 0..<3 {
      let (near, key) = try Self.store("log", lines: count)
      let far = Store()
      let (server, client) = readerListens ? (far, near) : (near, far)
      let (process, peer) = try Self.listen(server, [key, "--json"])
      let results = [try Self.connect(client, peer, key, "--json"), try process.finish()]
      let (sender, receiver) = readerListens ? (results[0], results[1]) : (results[1], results[0])
      #expect(sender.status == 0 && receiver.status == 0, "\(sender.messages)\(receiver.messages)")
      let sent = try JSON(parsing: Array(sender.lines[0].utf8))
      let received = try JSON(parsing: Array(receiver.lines[0].utf8))
      #expect(try received.number("received") == UInt64(count) && received.flag("complete"))
      #expect(try received.number("sent") == 0 && sent.number("received") == 0)
      #expect(try sent.number("sent") >= UInt64(count))
      let byteCount = (0..<count).reduce(0) { $0 + "line \($1)".utf8.count }
      #expect(try received.number("receivedBytes") == UInt64(byteCount))
    }
  }

  /// More in each direction than sockets and buffers hold: neither side may wait for the other to read first.
  @Test(arguments: [["--listen", "127.0.0.1:0"], ["--stdio"]])
  func muchBothWaysAtOnce(way: [String]) throws {
    var stores: [(store: Store, key: String)] = []
    for name in ["a", "b"] {
      let store = Store()
      let key = try store.log("create", name).lines[0]
      let line = Array(String(repeating: name, count: 60_000).utf8) + [0x0a]
      let input = (0..<120).flatMap { _ in line }
      #expect(try store.run("hc-log", ["append", name], input: input).status == 0)
      stores.append((store, key))
    }
    let (near, far) = (stores[0], stores[1])
    if way == ["--stdio"] {
      let tool = try Command.tool("hc-log")
      let result = try near.store.shell(
        """
        socat EXEC:"'\(tool)' replicate --stdio --initiator a \(far.key)" \
        EXEC:"'\(tool)' replicate --store '\(far.store.path)' --stdio b \(near.key)" 2>messages
        """)
      #expect(result.status == 0, "\(result.text)")
    } else {
      let (process, peer) = try Self.listen(far.store, ["b", near.key])
      let result = try Self.connect(near.store, peer, "a", far.key)
      #expect(result.status == 0, "\(result.messages)")
      #expect(try process.finish().status == 0)
    }
    #expect(try far.store.log("cat", near.key).output == near.store.log("cat", "a").output)
    #expect(try near.store.log("cat", far.key).output == far.store.log("cat", "b").output)
  }

  @Test func overAPipe() throws {
    let (near, key) = try Self.store("log", lines: 2_000)
    let far = Store()
    let script = """
      mkfifo up down
      hc-log replicate --stdio --initiator log <down >up 2>first &
      hc-log replicate --stdio --store '\(far.path)' \(key) >down <up 2>second; echo $?
      wait $!; echo $?; cat first second
      """
    let result = try near.shell(script)
    #expect(result.lines.prefix(2) == ["0", "0"], "\(result.text)\(result.messages)")
    #expect(try cat(far, key) == cat(near, "log"))
  }

  @Test func overASocketPair() throws {
    let (near, key) = try Self.store("log", lines: 2_000)
    let far = Store()
    let tool = try Command.tool("hc-log")
    let script = """
      exec 2>messages
      socat EXEC:"'\(tool)' replicate --stdio --initiator" \
      EXEC:"'\(tool)' replicate --store '\(far.path)' --stdio \(key)"
      echo $?
      """
    let result = try near.shell(script)
    #expect(result.lines == ["0"], "\(result.text)")
    #expect(try cat(far, key) == cat(near, "log"))
  }

  @Test func aLiveConnectionPassesOnWhatIsAppended() throws {
    let (near, key) = try Self.store("log", lines: 10)
    let far = Store()
    let socket = near.folder.file("socket")
    let server = try near.command("hc-log", ["replicate", "--live", "--listen", "unix:\(socket)"]).start()
    var peer = ""
    try server.wait { _, errors in
      for line in errors.split(separator: "\n") where line.hasPrefix("listening ") { peer = String(line.dropFirst(10)) }
      return !peer.isEmpty
    }
    let client = try far.command("hc-log", ["replicate", "--live", "--connect", peer, key]).start()
    let follower = try far.command("hc-log", ["cat", "-f", key])
    try client.wait { _, errors in errors.contains("connected") }
    let reader = try follower.start()
    try reader.wait { output, _ in output.contains("line 9\n") }
    for round in 1...3 {
      try Self.append(near, "log", round * 10..<round * 10 + 10)
      try reader.wait { output, _ in output.contains("line \(round * 10 + 9)\n") }
    }
    // A log that is made while the server runs is served, too.
    let second = try near.log("create", "second").lines[0]
    try Self.append(near, "second", 0..<5)
    let third = Store()
    #expect(try Self.connect(third, peer, second).status == 0)
    #expect(try cat(third, second) == cat(near, "second"))
    reader.signal(SIGKILL)
    for process in [client, server] {
      process.signal(SIGTERM)
      #expect(try process.finish().status == 0)
    }
  }

  @Test func threeInAChain() throws {
    let (first, key) = try Self.store("log", lines: 50)
    let (middle, last) = (Store(), Store())
    let (source, sourcePeer) = try Self.listen(first, ["--live"])
    let (relay, relayPeer) = try Self.listen(middle, ["--live", "--connect", sourcePeer, key])
    let (end, _) = try Self.listen(last, ["--live", "--connect", relayPeer, key])
    let reader = try last.command("hc-log", ["cat", "-f", key]).start()
    try reader.wait { output, _ in output.contains("line 49\n") }
    try Self.append(first, "log", 50..<60)
    try reader.wait { output, _ in output.contains("line 59\n") }
    #expect(try cat(middle, key) == cat(first, "log"))
    for process in [end, relay, source] {
      process.signal(SIGINT)
      #expect(try process.finish().status == 0)
    }
  }

  @Test func whatWasReceivedBeforeAKillIsNotFetchedAgain() throws {
    let count = 8_000
    let (near, key) = try Self.store("log", lines: count)
    let far = Store()
    let (server, peer) = try Self.listen(near, ["--live"])
    let client = try far.command("hc-log", ["replicate", "--live", "--connect", peer, key]).start()
    var held: UInt64 = 0
    for _ in 0..<1_000 where held == 0 { held = (try? contiguousLength(far, key)) ?? 0 }
    client.signal(SIGKILL)
    _ = try client.finish()
    held = try contiguousLength(far, key)
    #expect(held > 0)
    #expect(try far.log("verify").status == 0)
    let result = try Self.connect(far, peer, key, "--json")
    #expect(result.status == 0, "\(result.messages)")
    #expect(try JSON(parsing: Array(result.lines[0].utf8)).number("received") == UInt64(count) - held)
    #expect(try cat(far, key) == cat(near, "log"))
    server.signal(SIGTERM)
    #expect(try server.finish().status == 0)
  }

  @Test func aServerThatIsKilledIsNoticed() throws {
    let (near, key) = try Self.store("log", lines: 4_000)
    let far = Store()
    let (server, peer) = try Self.listen(near, ["--live"])
    server.signal(SIGSTOP)
    let client = try far.command("hc-log", ["replicate", "--connect", peer, key]).start()
    // The handshake has begun, and nothing has come yet.
    usleep(200_000)
    server.signal(SIGKILL)
    server.signal(SIGCONT)
    let result = try client.finish()
    #expect(result.status == 3, "\(result.messages)")
    _ = try server.finish()
    // Whoever interrupts it gets the status that says so.
    let waiting = try near.command("hc-log", ["replicate", "--listen", "127.0.0.1:0"]).start()
    try waiting.wait { _, errors in errors.contains("listening ") }
    waiting.signal(SIGINT)
    #expect(try waiting.finish().status == 128 + SIGINT)
    // A pipe that nobody speaks on is no success either.
    let silent = try near.run("hc-log", ["replicate", "--stdio", "--initiator"])
    #expect(silent.status == 3, "\(silent.messages)")
    let noise = try near.run(
      "hc-log", ["replicate", "--stdio"], input: Array("what is this, and what is that?\n".utf8))
    #expect(noise.status == 4)
    #expect(noise.output.isEmpty)
  }

  private func contiguousLength(_ store: Store, _ key: String) throws -> UInt64 {
    try JSON(parsing: Array(store.log("info", "--json", key).output)).number("contiguousLength")
  }

  @Test func partsOfALog() throws {
    let (near, key) = try Self.store("log", lines: 100)
    let (server, peer) = try Self.listen(near, ["--live"])
    let head = Store()
    #expect(try Self.connect(head, peer, key, "--download", "head").status == 0)
    #expect(try JSON(parsing: Array(head.log("info", "--json", key).output)).number("length") == 100)
    #expect(try head.log("cat", key, "-r", "0").status == 1)
    let part = Store()
    #expect(try Self.connect(part, peer, key, "--download", "3..5,90..").status == 0)
    #expect(try part.log("cat", key, "-r", "3..5").lines == ["line 3", "line 4"])
    #expect(try part.log("cat", key, "-r", "90..").lines.count == 10)
    #expect(try part.log("cat", key, "-r", "5").status == 1)
    #expect(try part.log("verify").status == 0)
    server.signal(SIGTERM)
    _ = try server.finish()
  }

  @Test func failuresHaveAStatusAndAName() throws {
    let (near, key) = try Self.store("log", lines: 3)
    let far = Store()
    let (server, peer) = try Self.listen(near, ["--live"])
    let address = try #require(peer.split(separator: "@").last)
    // Another key than the one that is there.
    let wrong = try Self.connect(far, "\(key)@\(address)", key)
    #expect(wrong.status == 4)
    #expect(wrong.messages.contains("hint: "))
    // A log that nobody has.
    let unknown = String(repeating: "1", count: 64)
    let missing = try Self.connect(far, peer, unknown)
    #expect(missing.status == 1)
    #expect(missing.messages.contains("no peer has it"), "\(missing.messages)")
    server.signal(SIGTERM)
    _ = try server.finish()
    // Nobody there, or nobody coming.
    let gone = try Self.connect(far, peer, key)
    #expect(gone.status == 3)
    #expect(gone.messages.contains("connection refused"))
    let idle = try near.log("replicate", "--listen", "127.0.0.1:0", "--timeout", "100ms")
    #expect(idle.status == 3)
    #expect(idle.messages.contains("no peer came"))
    let nowhere = try near.log("replicate", "--listen", "300.1.1.1:5")
    #expect(nowhere.status == 7)
    #expect(nowhere.messages.contains("cannot listen on 300.1.1.1:5: no such host\n"), "\(nowhere.messages)")
    // A peer that may not connect.
    let (closed, closedPeer) = try Self.listen(near, ["--live", "--allow", key])
    #expect(try Self.connect(far, closedPeer, key).status == 3)
    closed.signal(SIGTERM)
    _ = try closed.finish()
    for arguments in [
      [], ["--stdio", "--listen", "127.0.0.1:0"], ["--initiator", "--connect", peer], ["--connect", "nobody"],
      ["--connect", peer, "--download", "-3.."], ["--listen", "127.0.0.1:0", "--allow", "x"],
    ] {
      #expect(try near.run("hc-log", ["replicate"] + arguments).status == 2, "\(arguments)")
    }
    let named = try near.log("replicate", "--listen", "127.0.0.1:0", "nothing")
    #expect(named.status == 1)
  }

  @Test func twoHistoriesAreNoticed() throws {
    let (honest, key) = try Self.store("log", lines: 5)
    let liar = Store()
    #expect(try Command("cp", ["-r", honest.path, liar.path]).run().status == 0)
    try Self.append(honest, "log", 10..<20)
    try Self.append(liar, "log", 30..<41)
    let reader = Store()
    for (store, status) in [(honest, 0), (liar, 4)] as [(Store, Int32)] {
      let (server, peer) = try Self.listen(store, ["--live"])
      let result = try Self.connect(reader, peer, key)
      #expect(result.status == status, "\(result.messages)")
      server.signal(SIGTERM)
      _ = try server.finish()
    }
    // What was here before stays as it was.
    #expect(try cat(reader, key) == cat(honest, "log"))
    let verified = try reader.log("verify")
    #expect(verified.status == 4 && verified.messages.contains("two signed histories"), "\(verified.messages)")
  }
}
