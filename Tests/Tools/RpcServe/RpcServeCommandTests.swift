import CompactEncoding
import Glibc
import HypercoreCrypto
import ProtomuxRPC
import Registry
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(3))) struct RpcServeCommandTests {
  /// A server without a store.
  private func server(_ arguments: [String], _ store: Store = Store()) throws -> Server {
    try Server(store, ["--key-file", store.folder.file("key")] + arguments)
  }

  private func cause(_ client: RPCClient, _ method: String, _ value: [UInt8] = []) async -> RPCError.Cause? {
    do {
      let answer = try await client.call(method, value, timeoutMilliseconds: 20_000)
      Issue.record("\(method) answered \(answer.prefix(40))")
      return nil
    } catch {
      #expect(error.code == .requestError)
      return error.cause
    }
  }

  @Test func aCommandAnswers() async throws {
    let server = try server([
      "--exec", "upper=tr a-z A-Z", "--exec", "who=printf '%s %s' \"$HYPERTOOLS_CALLER\" \"$HYPERTOOLS_METHOD\"",
      "--exec", "none=true", "--exec", "deaf=exec <&-; echo deaf", "--exec", "same=cat",
    ])
    let pair = KeyPair(seed: Fixed32())
    let client = try await server.client(pair)
    #expect(try await client.call("upper", Array("hello".utf8)) == Array("HELLO".utf8))
    let who = "\(KeyIdentifier.encode(pair.publicKey)) who"
    #expect(try await client.call("who", []) == Array(who.utf8))
    #expect(try await client.call("none", [1, 2, 3]) == [])
    var generator = SeededGenerator(seed: 5)
    let large = generator.bytes(2 << 20)
    #expect(try await client.call("same", large) == large)
    #expect(try await client.call("deaf", large) == Array("deaf\n".utf8))
    await #expect(throws: RPCError.unknownMethod("put-entry")) { try await client.call("put-entry", []) }
    client.close()
    try server.stop()
    #expect(server.messages == [])
  }

  @Test func aCommandFails() async throws {
    let server = try server([
      "--exec", "fail=echo partial; echo first >&2; echo 'the reason' >&2; echo >&2; exit 3",
      "--exec", "silent=exit 9", "--exec", "killed=kill -9 $$", "--exec", "missing=/nonexistent/program",
      "--exec", "endless=cat /dev/zero", "--exec", "slow=sleep 60 | sleep 60", "--timeout", "1s",
    ])
    let client = try await server.client()
    #expect(
      await cause(client, "fail") == .init("the reason", code: "COMMAND_FAILED", context: "status 3"))
    #expect(
      await cause(client, "silent")
        == .init("the command ended with status 9", code: "COMMAND_FAILED", context: "status 9"))
    #expect(await cause(client, "killed")?.context == "status 137")
    #expect(await cause(client, "missing")?.context == "status 127")
    #expect(await cause(client, "endless")?.code == "TOO_LARGE")
    #expect(await cause(client, "slow")?.code == "COMMAND_TIMEOUT")
    client.close()
    try server.stop()
  }

  @Test func commandsRunSideBySideWithinTheLimit() async throws {
    let store = Store()
    let server = try server(
      [
        "--jobs", "3", "--exec",
        "count=mkdir slot.$$; ls -d slot.* | wc -l; sleep 0.1; rmdir slot.$$",
      ], store)
    let client = try await server.client()
    let answers = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<12 {
        group.addTask {
          let answer = try await client.call("count", [])
          return Int(String(decoding: answer.dropLast(), as: UTF8.self)) ?? 0
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.count == 12)
    #expect(answers.allSatisfy { $0 <= 3 })
    #expect(answers.contains { $0 > 1 })
    client.close()
    try server.stop()
  }

  @Test func theFirstSignalDrainsAndTheSecondEnds() async throws {
    let store = Store()
    let begun = store.folder.file("begun")
    let patient = try server(["--exec", "slow=touch begun; while [ ! -e go ]; do sleep 0.05; done; echo done"], store)
    let client = try await patient.client()
    async let answer = client.call("slow", [])
    while access(begun, F_OK) != 0 { try await Task.sleep(for: .milliseconds(5)) }
    patient.process.signal(SIGUSR1)
    try await patient.waitForMessage("1 connections, 1 calls in progress")
    patient.process.signal(SIGTERM)
    try store.folder.write("go", [])
    #expect(try await answer == Array("done\n".utf8))
    #expect(try patient.process.finish().status == 0)

    unlink(begun)
    let impatient = try server(["--exec", "slow=touch begun; sleep 60"], store)
    let other = try await impatient.client()
    async let none = cause(other)
    while access(begun, F_OK) != 0 { try await Task.sleep(for: .milliseconds(5)) }
    impatient.process.signal(SIGTERM)
    try await Task.sleep(for: .milliseconds(200))
    impatient.process.signal(SIGTERM)
    #expect(try impatient.process.finish().status == 128 + SIGTERM)
    #expect(await none == .channelClosed)
  }

  private func cause(_ client: RPCClient) async -> RPCError.Code? {
    do {
      _ = try await client.call("slow", [], timeoutMilliseconds: 20_000)
      return nil
    } catch {
      return error.code
    }
  }

  /// A call that nobody waits for is finished as well.
  @Test func callsOfThoseWhoLeftAreFinished() async throws {
    let store = Store()
    let server = try server(["--exec", "slow=touch begun; sleep 0.5; touch finished", "--exec", "now=true"], store)
    let client = try await server.client()
    client.notify("slow", [])
    _ = try await client.call("now", [])
    while access(store.folder.file("begun"), F_OK) != 0 { try await Task.sleep(for: .milliseconds(5)) }
    client.close()
    try server.stop()
    #expect(access(store.folder.file("finished"), F_OK) == 0)
  }

  @Test func oneCommandAnswersLineByLine() async throws {
    let server = try server([
      "--exec-lines", "same=jq -c --unbuffered '{value}'",
      "--exec-lines", "who=jq -c --unbuffered '{error: {message: .caller, code: .method}}'",
      "--exec-lines", "no=jq -c --unbuffered '{error: .value}'",
    ])
    let pair = KeyPair(seed: Fixed32())
    let client = try await server.client(pair)
    #expect(try await client.call("same", [0, 1, 255]) == [0, 1, 255])
    #expect(await cause(client, "who") == .init(KeyIdentifier.encode(pair.publicKey), code: "who"))
    #expect(await cause(client, "no", [0xab]) == .init("ab", code: "COMMAND_FAILED"))
    let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<500 {
        group.addTask {
          let value = Array("call \(number)".utf8)
          return try await client.call("same", value) == value
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers == [Bool](repeating: true, count: 500))
    client.close()
    try server.stop()
    #expect(server.messages == [])
  }

  @Test func aCommandThatEndsIsStartedAgain() async throws {
    let server = try server([
      "--exec-lines", "once=read line; echo '{\"value\":\"01\"}'", "--exec-lines", "dies=read line; exit 4",
      "--exec-lines", "mute=cat >/dev/null", "--exec-lines", "babble=echo '{\"value\":\"\"}'; cat >/dev/null",
      "--exec-lines", "wrong=while read line; do echo nonsense; done", "--timeout", "2s",
    ])
    let client = try await server.client()
    for _ in 0..<4 { #expect(try await client.call("once", []) == [1]) }
    for _ in 0..<2 { #expect(await cause(client, "dies")?.message == "the command ended before it answered") }
    #expect(await cause(client, "wrong")?.message == "the command wrote no answer: not JSON")
    #expect(await cause(client, "mute")?.code == "COMMAND_TIMEOUT")
    client.close()
    try server.stop()
    let messages = server.messages.joined(separator: "\n")
    #expect(messages.contains("rpc-serve: error: the command of dies ended with status 4; it is started again"))
    #expect(messages.contains("the command of babble wrote a line that answers no call"))
    #expect(messages.contains("the command of mute did not answer in time"))
  }

  @Test func commandsBesideARegistryNeedTheRightToWrite() async throws {
    let store = try Store.withRegistry()
    let writer = KeyPair(seed: Fixed32())
    let server = try Server(
      store, ["--exec", "date=date", "--allow-write", KeyIdentifier.encode(writer.publicKey)])
    let stranger = try await server.client()
    #expect(await cause(stranger, "date")?.code == "NOT_AUTHORIZED")
    let client = try await server.client(writer)
    async let date = client.call("date", [])
    async let put: Void = client.put(.named("a"))
    async let found = client.get("a")
    try await put
    #expect(try await date.isEmpty == false)
    #expect(try await found?.name == "a")
    try await server.expectSound()
  }

  @Test func theKeyFileIsMadeOnceAndKeptFromOthers() async throws {
    let store = Store()
    let key = store.folder.file("key")
    let first = try server(["--exec", "same=cat"], store)
    try first.stop()
    var info = stat()
    #expect(stat(key, &info) == 0 && info.st_mode & 0o777 == 0o600)
    let second = try server(["--exec", "same=cat"], store)
    #expect(second.key == first.key)
    try second.stop()
    let text = String(decoding: try readFile(key), as: UTF8.self)
    let raw = try #require(Hex.decode(text.dropLast()))
    try store.folder.write("key", raw)
    let third = try server(["--exec", "same=cat"], store)
    #expect(third.key == first.key)
    try third.stop()
    chmod(key, 0o644)
    let arguments = ["--key-file", key, "--exec", "same=cat", "--listen", "127.0.0.1:0"]
    let open = try store.run("rpc-serve", arguments)
    #expect(open.status == 5)
    #expect(open.messages.contains("rpc-serve: hint: chmod 600 "))
    try store.folder.write("key", [1] + raw.dropFirst())
    chmod(key, 0o600)
    #expect(try store.run("rpc-serve", arguments).status == 2)
  }
}
