import CompactEncoding
import Glibc
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@Suite struct RpcCallTests {
  private static let key = Fixed32(Array(repeating: 0x17, count: 32))!

  /// Entries in lines, as a batch takes them.
  private func entries(_ range: Range<Int>) -> String {
    range.map { "{\"name\":\"model \($0)\",\"driveKey\":\"\(Self.key)\",\"type\":\"text\"}\n" }.joined()
  }

  // MARK: One call

  @Test func theMethodsOfTheRegistry() throws {
    let server = try RpcServer()
    let names = ["hex", "z32", "pear"]
    let text = KeyIdentifier.encode(Self.key)
    for (name, form) in zip(names, ["\(Self.key)", text, "pear://\(text)/x"]) {
      let entry = "{\"name\":\"\(name)\",\"driveKey\":\"\(form)\",\"type\":\"t\",\"owner\":\"me\",\"description\":null}"
      let result = try server.call("put-entry", entry)
      #expect(result.status == 0 && result.output.isEmpty, "\(result.messages)")
    }
    for name in names {
      let line = "{\"name\":\"\(name)\",\"driveKey\":\"\(text)\",\"type\":\"t\",\"owner\":\"me\"}\n"
      #expect(try server.call("get-entry", "{\"name\":\"\(name)\"}").text == line)
    }
    let hex = try JSON(parsing: server.call("--hex", "get-entry", "{\"name\":\"hex\"}").output)
    #expect(hex["driveKey"]?.string == "\(Self.key)")
    let found = try server.call("get-entry-by-drive-key", "{\"key\":\"\(text)\"}")
    #expect(try JSON(parsing: found.output)["driveKey"]?.string == text)
    let list = try JSON(parsing: server.call("list-entries", "{\"limit\":2}").output)
    #expect(list["entries"]?.array?.compactMap { $0["name"]?.string } == ["hex", "pear"])
    #expect(list["next"]?.string == "pear")
    #expect(try JSON(parsing: server.call("list-entries").output)["entries"]?.array?.count == 3)
    #expect(try JSON(parsing: server.call("status").output)["viewLength"] == 3)
    #expect(try server.call("delete-entry", "{\"name\":\"hex\"}").status == 0)
    let missing = try server.call("get-entry", "{\"name\":\"hex\"}")
    #expect(missing.status == 1 && missing.output.isEmpty && missing.errors.isEmpty)
  }

  private static let statuses: [(arguments: [String], status: Int32, message: String)] = [
    ([], 2, "the method is missing"), (["--colour", "status"], 2, "--colour"), (["status", "{"], 2, "invalid JSON"),
    (["status", "{\"a\":1}"], 2, "takes no request"), (["get-entry"], 2, "the member name is missing"),
    (["get-entry", "{\"nam\":\"x\"}"], 2, "no member nam"), (["get-entry", "{\"name\":1}"], 2, "name: expected text"),
    (["get-entry", "[]"], 2, "expected an object"),
    (["put-entry", "{\"name\":\"x\",\"driveKey\":\"y\"}"], 2, "driveKey"),
    (["--batch", "get-entry", "{}"], 2, "standard input"), (["--raw", "--batch", "echo"], 2, "--raw"),
    (["--ping", "echo"], 2, "--ping"), (["--retries", "-1", "status"], 2, "retries"),
    (["--timeout", "0", "status"], 2, "--timeout"), (["--schema", ".", "echo"], 2, "--request"),
    (["--request", "@a/b", "echo", "{}"], 2, "no type @a/b"), (["echo", "{\"value\":\"0\"}"], 2, "in hex"),
    (["--schema", "/nonexistent", "--request", "x", "echo"], 7, "cannot open"),
    (["--server", "x@y", "status"], 2, "x@y"), (["--identity", "/nonexistent", "status"], 7, "cannot open"),
    (["nothing"], 4, "UNKNOWN_METHOD"), (["fail"], 4, "fail: no (E_NO), here"),
    (["not-writable"], 5, "Not writable"), (["--response", "@registry/status", "echo"], 4, "cannot be read"),
    (["--request", "raw", "put-entry", "\"00\""], 4, "DECODE_ERROR"),
  ]

  @Test func statusesAreThoseOfTheTable() throws {
    let server = try RpcServer()
    for (arguments, status, message) in Self.statuses {
      let result = try rpcCall(["--server", server.name] + arguments)
      #expect(result.status == status, "\(arguments): \(result.messages)")
      #expect(result.messages.hasPrefix("rpc-call: error: ") && result.messages.contains(message), "\(result.messages)")
      #expect(result.output.isEmpty)
    }
  }

  @Test func requestsOverTheLimitAreNotSent() throws {
    let server = try RpcServer()
    let text = String(repeating: "x", count: 1 << 20)
    let entry = "{\"name\":\"x\",\"driveKey\":\"\(Self.key)\",\"type\":\"\(text)\"}\n"
    let result = try server.call("--batch", "put-entry", input: entries(0..<3) + entry + entries(3..<4))
    #expect(result.status == 2 && result.lines.count == 3)
    #expect(result.messages.contains("line 4 of standard input: the request has "))
    #expect(try JSON(parsing: server.call("status").output)["viewLength"] == 3)
    let bytes = [UInt8](repeating: 7, count: 15 << 20 | 1)
    #expect(try rpcCall(["--server", server.name, "--raw", "echo"], input: bytes).status == 2)
  }

  @Test func bytesPassUnchanged() throws {
    let server = try RpcServer()
    var generator = SeededGenerator(seed: 5)
    for count in [0, 1, 1000, 1 << 20] {
      let bytes = generator.bytes(count)
      let result = try rpcCall(["--server", server.name, "--raw", "echo"], input: bytes)
      #expect(result.status == 0 && result.output == bytes)
    }
    #expect(try server.call("echo", "{\"value\":\"00ff\"}").text == "{\"value\":\"00ff\"}\n")
    #expect(try server.call("echo").text == "")
  }

  @Test func typesOfOtherServices() throws {
    let server = try RpcServer()
    let folder = TemporaryDirectory()
    try folder.write(
      "schema.json",
      Array(
        """
        {"version":1,"schema":[
          {"name":"kind","namespace":"a","offset":1,"enum":[{"key":"one","version":1},{"key":"two","version":1}]},
          {"name":"inner","namespace":"a","compact":false,"flagsPosition":-1,"fields":[
            {"name":"key","required":true,"type":"fixed32","version":1}]},
          {"name":"outer","namespace":"a","compact":false,"flagsPosition":0,"fields":[
            {"name":"kind","required":false,"type":"@a/kind","version":1},
            {"name":"data","required":false,"type":"buffer","version":1},
            {"name":"list","required":false,"array":true,"type":"@a/inner","version":1},
            {"name":"at","required":false,"type":"date","version":1},
            {"name":"big","required":false,"type":"bigint","version":1},
            {"name":"sure","required":false,"type":"bool","version":1}]}]}
        """.utf8))
    let typed = ["--server", server.name, "--schema", folder.path, "--request", "@a/outer", "--response", "@a/outer"]
    let text = KeyIdentifier.encode(Self.key)
    let value =
      "{\"kind\":2,\"data\":\"00ff\",\"list\":[{\"key\":\"\(text)\"}],\"at\":1700000000000,"
      + "\"big\":\"123456789012345678901234567890\",\"sure\":true}"
    #expect(try rpcCall(typed + ["echo", value]).text == value + "\n")
    #expect(try rpcCall(typed + ["echo", "{\"kind\":\"two\"}"]).text.hasPrefix("{\"kind\":2,"))
    for (bad, message) in [
      ("{\"kind\":\"three\"}", "kind: expected one of one, two"), ("{\"list\":[{\"key\":1}]}", "list[0].key: "),
      ("{\"sure\":1}", "sure: expected true or false"), ("{\"big\":\"x\"}", "big: expected an integer"),
      ("{\"data\":\"0\"}", "data: expected bytes in hex"), ("{\"list\":{}}", "list: expected an array"),
    ] {
      let result = try rpcCall(typed + ["echo", bad])
      #expect(result.status == 2 && result.messages.contains(message), "\(bad): \(result.messages)")
    }
    for (type, value) in [("string", "\"hi\""), ("uint", "7"), ("json", "{\"a\":[1,null]}"), ("buffer", "\"00\"")] {
      #expect(try server.call("--request", type, "--response", type, "echo", value).text == value + "\n")
    }
    #expect(try server.call("--request", "string", "echo", "\"hi\"").text == "{\"value\":\"026869\"}\n")
    try folder.write("schema.json", Array("{".utf8))
    #expect(try rpcCall(typed + ["echo", "{}"]).status == 2)
  }

  // MARK: Batches

  @Test func aBatchAnswersInOrder() throws {
    let server = try RpcServer(port: true)
    let put = try server.call("--batch", "put-entry", input: entries(0..<3000))
    #expect(put.status == 0 && put.lines == (0..<3000).map { "{\"ok\":true,\"name\":\"model \($0)\"}" })
    // What one batch writes, another can read.
    let got = try server.call("get-entry", "-", input: put.text + "\n \n{\"name\":\"none\"}")
    #expect(got.status == 1 && got.lines.count == 3001)
    for (number, line) in got.lines.prefix(3000).enumerated() {
      let json = try JSON(parsing: line)
      #expect(json["ok"] == true && json["name"]?.string == "model \(number)")
      #expect(json["driveKey"]?.string == KeyIdentifier.encode(Self.key))
    }
    #expect(got.lines.last == "{\"ok\":false,\"name\":\"none\",\"error\":\"not found\",\"code\":\"NOT_FOUND\"}")
    #expect(try server.call("--batch", "put-entry").status == 0)
    #expect(
      try server.call("--batch", "fail", input: "{\"value\":\"00\"}\n").text
        == "{\"ok\":false,\"error\":\"no\",\"code\":\"E_NO\",\"context\":\"here\"}\n")
  }

  @Test func answersComeWithoutWaitingForInput() throws {
    let server = try RpcServer()
    let caller = try rpcCommand(["--server", server.name, "--batch", "put-entry"]).start()
    for number in 0..<3 {
      // Half of the next line is there already, and does not keep the answer back.
      try caller.send(Array((String(entries(number..<number + 1).dropFirst(number == 0 ? 0 : 4)) + "{\"na").utf8))
      try caller.wait { output, _ in output.split(separator: "\n").count == number + 1 }
    }
    let result = try caller.finish()
    #expect(result.status == 2 && result.lines.count == 3)
    #expect(result.messages.contains("line 4 of standard input: invalid JSON at byte 4"))
  }

  @Test func aMalformedLineEndsABatchAfterWhatWasSent() throws {
    let server = try RpcServer()
    for (bad, message) in [
      ("nonsense", "invalid JSON"), ("{\"name\":\"x\"}", "driveKey is missing"), ("{\"name\":\"\u{1b}[2J\"", "invalid"),
      (String(repeating: "[", count: 100_000), "nested deeper"),
    ] {
      let result = try server.call("--batch", "put-entry", input: entries(0..<400) + bad + "\n" + entries(0..<9))
      #expect(result.status == 2 && result.lines.count == 400)
      #expect(result.messages.contains("line 401 of standard input: "), "\(result.messages)")
      #expect(result.messages.contains(message) && !result.errors.contains(0x1b))
    }
  }

  @Test func aReaderThatLeavesEndsTheCallerQuietly() throws {
    let server = try RpcServer()
    let folder = TemporaryDirectory()
    try folder.write("lines", Array(entries(0..<5000).utf8))
    let result = try Command(
      "/bin/bash",
      ["-c", "rpc-call --server '\(server.name)' --batch put-entry <lines | head -n 1; echo ${PIPESTATUS[0]}"],
      environment: ["PATH": "\(Command.toolFolder):/usr/bin:/bin", "HOME": folder.path], folder: folder.path
    ).run()
    #expect(result.text == "{\"ok\":true,\"name\":\"model 0\"}\n141\n")
    #expect(result.messages == "")
  }

  @Test func progressIsShownWhenAskedFor() throws {
    let server = try RpcServer()
    let folder = TemporaryDirectory()
    try folder.write("lines", Array(entries(0..<50).utf8))
    for (flag, message) in [("", ""), ("--progress", "rpc-call: put-entry [########################] 50/50, ")] {
      let result = try Command(
        "/bin/sh", ["-c", "rpc-call --server '\(server.name)' --batch \(flag) put-entry <lines"],
        environment: ["PATH": "\(Command.toolFolder):/usr/bin:/bin", "HOME": folder.path], folder: folder.path
      ).run()
      #expect(result.lines.count == 50 && result.messages.hasPrefix(message))
      #expect(message.isEmpty == result.messages.isEmpty)
    }
  }

  // MARK: Several servers

  @Test func oneOfSeveralServersIsKept() throws {
    let servers = try (1...3).map { try RpcServer("seed=\($0)") }
    let options = servers.flatMap { ["--server", $0.name] }
    var counts: Set<[Int]> = []
    for round in 1...60 where counts.count < 3 {
      #expect(try rpcCall(options + ["--batch", "put-entry"], input: Array(entries(0..<50).utf8)).status == 0)
      let lengths = try servers.map { try JSON(parsing: $0.call("status").output)["viewLength"]?.integer ?? -1 }
      // Only one server got anything in this run.
      #expect(lengths.allSatisfy { $0 == 0 || $0 == 50 }, "round \(round)")
      counts.insert(lengths.map { Int($0) })
    }
    #expect(counts.count == 3, "the choice is random")
  }

  @Test func theNextServerIsAskedWhenOneFails() throws {
    let live = try RpcServer()
    let dead = "\(live.key)@127.0.0.1:\(try Listener.closedPort())"
    var texts: Set<String> = []
    for _ in 0..<60 where texts.count < 2 {
      let result = try rpcCall(["--server", dead, "--server", live.name, "status"])
      #expect(result.status == 0 && result.lines.count == 1)
      texts.insert(result.messages)
    }
    #expect(texts.contains("") && texts.contains { $0.contains("connection refused") }, "\(texts)")
    let environment = ["HYPERTOOLS_SERVER": "\(dead) , \(live.name)", "HYPERTOOLS_TIMEOUT": "5s"]
    #expect(try rpcCall(["status"], environment: environment).status == 0)
    #expect(try rpcCall(["status"], environment: ["HYPERTOOLS_SERVER": "x"]).status == 2)
    #expect(try rpcCall(["status"]).status == 2)
  }

  @Test func aBatchGoesOnWithTheNextServer() throws {
    let live = try RpcServer()
    for round in 1...20 {
      let dying = try RpcServer("seed=2", "die=1000")
      let result = try rpcCall(
        ["--server", dying.name, "--server", live.name, "--batch", "put-entry"], input: Array(entries(0..<3000).utf8))
      #expect(result.status == 0, "\(result.messages)")
      #expect(result.lines == (0..<3000).map { "{\"ok\":true,\"name\":\"model \($0)\"}" })
      if result.messages.contains("rpc-call: warning: ") { return }
      #expect(round < 20, "the choice is random")
    }
  }

  @Test func withoutRetriesNothingIsSentTwice() throws {
    let dying = try RpcServer("die=1000")
    let other = try RpcServer("seed=2")
    let result = try dying.call("--retries", "0", "--batch", "put-entry", input: entries(0..<3000))
    #expect(result.status == 3 && result.messages.contains("rpc-call: warning: "))
    let good = result.lines.prefix { $0.contains("\"ok\":true") }
    let rest = result.lines.dropFirst(good.count)
    #expect(!good.isEmpty && good.count <= 1000 && !rest.isEmpty)
    #expect(Array(good) == good.indices.map { "{\"ok\":true,\"name\":\"model \($0)\"}" })
    for (number, line) in zip(good.count..., rest) {
      #expect(line.hasPrefix("{\"ok\":false,\"name\":\"model \(number)\"") && line.contains("CHANNEL_CLOSED"))
    }
    #expect(try JSON(parsing: other.call("status").output)["viewLength"] == 0)
  }

  // MARK: Time

  @Test func nobodyWaitsForever() throws {
    let server = try RpcServer()
    let begin = ContinuousClock.now
    let one = try server.call("--timeout", "400ms", "silence")
    #expect(one.status == 3 && one.messages.contains("silence: no answer within 400ms"), "\(one.messages)")
    let lines = "{\"value\":\"01\"}\n{\"value\":\"02\"}\n"
    let batch = try server.call("--timeout", "400ms", "--batch", "silence", input: lines)
    #expect(batch.status == 3 && batch.lines.count == 2)
    #expect(batch.lines.allSatisfy { $0.contains("\"ok\":false") && $0.contains("TIMEOUT_EXCEEDED") })
    #expect(ContinuousClock.now - begin < .seconds(20))
    // With others to ask, one attempt does not take all the time.
    let other = try RpcServer("seed=2")
    let both = try rpcCall(["--server", server.name, "--server", other.name, "--timeout", "2s", "silence"])
    #expect(both.status == 3 && both.messages.contains("no answer within 500 ms"), "\(both.messages)")
  }

  @Test func pingTellsOfEveryServer() throws {
    let server = try RpcServer()
    let result = try server.call("--ping")
    #expect(result.status == 0 && result.text.hasPrefix("\(server.address): connected in "))
    let dead = "\(server.key)@127.0.0.1:\(try Listener.closedPort())"
    let both = try rpcCall(["--server", dead, "--server", server.name, "--ping", "--json"])
    #expect(both.status == 3 && both.lines.count == 2)
    let reports = try both.lines.map { try JSON(parsing: $0) }
    #expect(reports[0]["ok"] == false && reports[0]["error"]?.string?.contains("connection refused") == true)
    #expect(reports[1]["ok"] == true && reports[1]["roundTripMilliseconds"]?.double ?? 0 > 0)
  }

  // MARK: Identity

  @Test func anIdentityIsASecret() throws {
    let folder = TemporaryDirectory()
    let path = folder.file("me")
    let made = try rpcCall(["--make-identity", path])
    #expect(made.status == 0)
    let key = try KeyIdentifier.decode(made.lines[0])
    let text = try readFile(path)
    #expect(text.count == 129 && Hex.decode(String(decoding: text.dropLast(), as: UTF8.self)) != nil)
    #expect(!made.text.contains(String(decoding: text.dropLast(), as: UTF8.self)))
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    let again = try rpcCall(["--make-identity", path])
    #expect(again.status == 5 && again.messages.contains("exists already"))
    #expect(try readFile(path) == text)
    #expect(try rpcCall(["--make-identity", "/nonexistent/me"]).status == 7)

    let server = try RpcServer("allow=\(KeyIdentifier.encode(key))")
    let lines = entries(0..<3)
    let good = try server.call("--identity", path, "--batch", "put-entry", input: lines)
    #expect(good.status == 0 && good.lines.count == 3)
    let refused = try server.call("--batch", "put-entry", input: lines)
    #expect(refused.status == 5)
    #expect(
      refused.lines.allSatisfy { $0.contains("\"error\":\"Not authorized\",\"code\":\"NOT_AUTHORIZED\"") })
    let one = try server.call("put-entry", String(entries(0..<1).dropLast()))
    #expect(one.status == 5 && one.messages.contains("this caller's key is "))

    for mode: mode_t in [0o640, 0o604, 0o660, 0o622] {
      chmod(path, mode)
      let result = try server.call("--identity", path, "status")
      #expect(result.status == 5 && result.messages.contains("chmod 600"), "\(result.messages)")
    }
    for content in ["", "00", String(repeating: "g", count: 128), String(repeating: "0", count: 128)] {
      try folder.write("bad", Array(content.utf8))
      chmod(folder.file("bad"), 0o600)
      #expect(try server.call("--identity", folder.file("bad"), "status").status == 2)
    }
    #expect(try server.call("--identity", folder.path, "status").status == 2)
  }

  // MARK: Peers that do not play by the rules

  @Test(arguments: [
    "silence", "a closed connection", "garbage", "half a handshake", "a long frame", "another protocol",
  ])
  func hostilePeers(what: String) throws {
    var generator = SeededGenerator(seed: 7)
    let noise = generator.bytes(100_000)
    let listener = try Listener { connection in
      switch what {
      case "silence": while !Listener.read(connection).isEmpty {}
      case "a closed connection": break
      case "garbage":
        // A frame of the length that the second handshake message has, so that it is looked at.
        Listener.write(connection, [96, 0, 0] + noise)
        while !Listener.read(connection).isEmpty {}
      case "half a handshake":
        _ = Listener.read(connection)
        Listener.write(connection, [96, 0, 0] + noise.prefix(40))
        while !Listener.read(connection).isEmpty {}
      case "a long frame":
        Listener.write(connection, [0xff, 0xff, 0xff] + noise)
        while !Listener.read(connection).isEmpty {}
      default:
        Listener.write(connection, Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
        while !Listener.read(connection).isEmpty {}
      }
    }
    let name = "\(KeyIdentifier.encode(Self.key))@127.0.0.1:\(listener.port)"
    let isTemporary = ["silence", "a closed connection", "half a handshake"].contains(what)
    let begin = ContinuousClock.now
    for arguments in [["status"], ["--ping"], ["--retries", "0", "--batch", "put-entry"]] {
      let result = try rpcCall(
        ["--server", name, "--timeout", "500ms"] + arguments, input: Array(entries(0..<3).utf8))
      #expect(result.status == (isTemporary ? 3 : 4), "\(arguments): \(result.messages)")
      #expect(result.output.isEmpty && result.messages.contains("127.0.0.1:\(listener.port)"), "\(result.messages)")
    }
    #expect(ContinuousClock.now - begin < .seconds(20))
  }

  @Test func anotherKeyIsNoticed() throws {
    let server = try RpcServer()
    let wrong = "\(KeyIdentifier.encode(Self.key))@\(server.address)"
    let result = try rpcCall(["--server", wrong, "status"])
    #expect(result.status == 4 && result.output.isEmpty)
    #expect(result.messages.contains("the other side has the key \(server.key)"))
    // Asked once only, and no reason not to ask another.
    #expect(result.messages.split(separator: "\n").count { $0.contains("warning") } == 1)
    #expect(try rpcCall(["--server", wrong, "--server", server.name, "status"]).status == 0)
    #expect(try rpcCall(["--server", wrong, "--ping"]).status == 4)
  }

  /// What a network changes is never taken for an answer.
  @Test func everyChangedByteIsNoticed() throws {
    let server = try RpcServer(port: true)
    #expect(try server.call("put-entry", String(entries(0..<1).dropLast())).status == 0)
    let expected = try server.call("get-entry", "{\"name\":\"model 0\"}").text
    var generator = SeededGenerator(seed: 29)
    var failures = 0
    for index in Swift.stride(from: 0, to: 300, by: 7) {
      let mask = UInt8.random(in: 1...255, using: &generator)
      let proxy = try Listener.proxy(to: server.port, changing: index, by: mask)
      let result = try rpcCall([
        "--server", "\(server.key)@127.0.0.1:\(proxy.port)", "--retries", "0", "--timeout", "300ms", "get-entry",
        "{\"name\":\"model 0\"}",
      ])
      if result.status == 0 {
        #expect(result.text == expected, "byte \(index)")
      } else {
        failures += 1
        #expect([3, 4].contains(result.status) && result.output.isEmpty, "byte \(index): \(result.messages)")
      }
    }
    #expect(failures > 20)
  }
}
