import Glibc
import JSON
import TestSupport
import Testing

/// `rpc-call` with the node of a registry.
@Suite struct RpcNodeTests {
  /// A store with a registry, and its node.
  private struct Node {
    let store: Store
    let process: RunningCommand
    let server: String

    init(_ store: Store, _ options: String...) throws {
      self.store = store
      let arguments = ["--listen", "unix:" + store.folder.file("socket")] + options
      process = try store.command("rpc-serve", arguments).start()
      try process.wait { _, errors in errors.hasPrefix("listening ") && errors.contains("\n") }
      server = String(decoding: process.errors, as: UTF8.self).split(separator: "\n")[0].dropFirst(10).description
    }

    func call(_ arguments: String..., input: [UInt8] = []) throws -> Command.Result {
      try rpcCall(["--server", server] + arguments, input: input)
    }
  }

  private func registry() throws -> Store {
    let store = Store()
    #expect(try store.run("registry-admin", ["init"]).status == 0)
    return store
  }

  private func lines(_ names: some Sequence<Int>) -> [UInt8] {
    let key = String(repeating: "ab", count: 32)
    return Array(names.map { "{\"name\":\"model \($0)\",\"driveKey\":\"\(key)\",\"type\":\"t\"}\n" }.joined().utf8)
  }

  @Test func allModelsGoInAndComeOut() throws {
    let models = try readFile("\(checkout)/examples/models.ndjson")
    let count = models.count { $0 == 0x0a }
    let node = try Node(registry())
    let acks = try node.call("--batch", "put-entry", input: models)
    #expect(acks.status == 0 && acks.lines.count == count)
    #expect(acks.lines.allSatisfy { $0.hasPrefix("{\"ok\":true,\"name\":") })
    let found = try node.call("--hex", "--batch", "get-entry", input: acks.output)
    #expect(found.status == 0 && found.lines.count == count)
    for (line, model) in zip(found.lines, models.split(separator: 0x0a)) {
      let model = try JSON(parsing: Array(model))
      let entry = try JSON(parsing: line)
      for (name, value) in model.object ?? JSONObject() where value != "" && !value.isNull {
        #expect(entry[name] == value)
      }
    }
    // The same list, page by page.
    var (after, listed) = ("", 0)
    while listed <= count {
      let page = try JSON(parsing: node.call("list-entries", "{\"limit\":1000,\"after\":\"\(after)\"}").output)
      listed += page["entries"]?.array?.count ?? 0
      guard let next = page["next"]?.string else { break }
      after = next
    }
    #expect(listed == count)
  }

  @Test func whatWasAcknowledgedOutlivesTheNode() throws {
    let store = try registry()
    let first = try Node(store)
    let caller = try rpcCommand(["--server", first.server, "--retries", "0", "--batch", "put-entry"]).start()
    try caller.send(lines(0..<300))
    try caller.wait { output, _ in output.split(separator: "\n").count > 20 }
    first.process.signal(SIGKILL)
    // The lock ends with the process, and that takes a moment.
    _ = try first.process.finish()
    let result = try caller.finish(input: lines(300..<5000))
    #expect(result.status == 3, "\(result.messages)")
    let acks = result.lines.filter { $0.contains("\"ok\":true") }
    #expect(acks.count >= 20)
    let second = try Node(store)
    let found = try second.call("--batch", "get-entry", input: Array(acks.joined(separator: "\n").utf8))
    #expect(found.status == 0 && found.lines.count == acks.count)
  }

  @Test func aNodeThatComesBackIsAskedAgain() throws {
    let store = try registry()
    let first = try Node(store)
    let caller = try rpcCommand([
      "--server", first.server, "--retries", "30", "--timeout", "30s", "--batch", "put-entry",
    ]).start()
    try caller.send(lines(0..<100))
    try caller.wait { output, _ in output.split(separator: "\n").count == 100 }
    first.process.signal(SIGKILL)
    _ = try first.process.finish()
    try caller.send(lines(100..<200))
    let second = try Node(store)
    let result = try caller.finish(input: lines(200..<300))
    #expect(result.status == 0, "\(result.messages)")
    #expect(result.lines == (0..<300).map { "{\"ok\":true,\"name\":\"model \($0)\"}" })
    #expect(try second.call("get-entry", "{\"name\":\"model 299\"}").status == 0)
  }

  @Test func rightsGoByTheIdentity() throws {
    let store = try registry()
    let folder = TemporaryDirectory()
    let keys = try ["writer", "admin"].map { name in
      try rpcCall(["--make-identity", folder.file(name)]).lines[0]
    }
    let node = try Node(store, "--allow-write", keys[0], "--admin", keys[1])
    let put = ["put-entry", String(decoding: lines(0..<1).dropLast(), as: UTF8.self)]
    let add = ["add-writer", "{\"key\":\"\(keys[0])\"}"]
    for (identity, putStatus, addStatus) in [(nil, 5, 5), ("writer", 0, 5), ("admin", 0, 0)]
      as [(String?, Int32, Int32)]
    {
      let options = ["--server", node.server] + (identity.map { ["--identity", folder.file($0)] } ?? [])
      #expect(try rpcCall(options + put).status == putStatus)
      #expect(try rpcCall(options + add).status == addStatus)
      #expect(try rpcCall(options + ["status"]).status == 0)
    }
    let empty = try rpcCall([
      "--server", node.server, "--identity", folder.file("writer"), "put-entry",
      "{\"name\":\"\",\"driveKey\":\"\(keys[0])\",\"type\":\"t\"}",
    ])
    #expect(empty.status == 4 && empty.messages.contains("BAD_ENTRY"))
  }

  @Test func commandsAnswerAsWell() throws {
    let folder = TemporaryDirectory()
    let process = try Command(
      Command.tool("rpc-serve"),
      [
        "--key-file", folder.file("key"), "--listen", "unix:" + folder.file("socket"), "--exec", "upper=tr a-z A-Z",
        "--exec", "fail=exit 3",
      ], environment: ["HYPERTOOLS_STORE": "", "HOME": folder.path]
    ).start()
    try process.wait { _, errors in errors.hasPrefix("listening ") && errors.contains("\n") }
    let server = String(decoding: process.errors, as: UTF8.self).split(separator: "\n")[0].dropFirst(10)
    let raw = try rpcCall(["--server", String(server), "--raw", "upper"], input: Array("hello".utf8))
    #expect(raw.status == 0 && raw.text == "HELLO")
    let batch = try rpcCall(
      ["--server", String(server), "--request", "raw", "--response", "raw", "--batch", "upper"],
      input: Array("\"6162\"\n\"63\"\n".utf8))
    #expect(batch.text == "{\"ok\":true,\"value\":\"4142\"}\n{\"ok\":true,\"value\":\"43\"}\n")
    let failed = try rpcCall(["--server", String(server), "--raw", "fail"])
    #expect(failed.status == 4 && failed.output.isEmpty)
  }
}
