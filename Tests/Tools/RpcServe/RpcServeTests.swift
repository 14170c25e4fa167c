import CompactEncoding
import Glibc
import HypercoreCrypto
import JSON
import ProtomuxRPC
import Registry
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(3))) struct RpcServeTests {
  private static func keyPair(_ byte: UInt8) -> KeyPair { KeyPair(seed: Fixed32([UInt8](repeating: byte, count: 32))!) }
  private let alice = keyPair(1)
  private let root = keyPair(2)

  private func name(_ pair: KeyPair) -> String { KeyIdentifier.encode(pair.publicKey) }

  @Test func whatWasWrittenIsReadOnEveryAddress() async throws {
    let store = try Store.withRegistry()
    let socket = store.folder.file("socket")
    let server = try Server(store, ["--listen", "127.0.0.1:0", "--listen", "unix:\(socket)"])
    #expect(server.addresses.count == 2)
    let tcp = try await server.client()
    let unix = try await server.client(at: 1)
    try await tcp.put(.named("first"))
    try await unix.put(.named("second"))
    #expect(try await unix.get("first") == .named("first"))
    #expect(try await tcp.get("second") == .named("second"))
    #expect(try await tcp.get("third") == nil)
    let byDrive = try await tcp.call("get-entry-by-drive-key", DriveKey(Entry.named("second").driveKey).encoded())
    #expect(try EntryResult(decoding: byDrive).entry?.name == "second")
    let list = try await tcp.call("list-entries", ListRequest(owner: "somebody").encoded())
    #expect(try ListResponse(decoding: list).entries.map(\.name) == ["first", "second"])
    _ = try await unix.call("delete-entry", EntryName("first").encoded())
    #expect(try await tcp.get("first") == nil)
    let status = try await tcp.status()
    #expect(status.peers == 2 && status.writable && status.isIndexer && status.signedLength == status.viewLength)
    #expect(status.software?.hasPrefix("hypertools ") == true)
    tcp.close()
    unix.close()
    try await server.expectSound()
    #expect(server.messages == [])
    #expect(access(socket, F_OK) != 0)
    // The address survives: the key is that of the store.
    let again = try Server(store)
    #expect(again.key == server.key)
    #expect(try await again.client().get("second") == .named("second"))
    try again.stop()
  }

  @Test func rightsAreThoseOfTheKeyThatWasProved() async throws {
    let store = try Store.withRegistry()
    let server = try Server(store, ["--allow-write", name(alice), "--admin", name(root)])
    let stranger = try await server.client()
    let writer = try await server.client(alice)
    let administrator = try await server.client(root)
    let newcomer = WriterKey(RpcServeTests.keyPair(9).publicKey).encoded()
    await expectRefusal("NOT_AUTHORIZED") { try await stranger.put(.named("a")) }
    await expectRefusal("NOT_AUTHORIZED") { _ = try await stranger.call("add-writer", newcomer) }
    await expectRefusal("NOT_AUTHORIZED") { _ = try await writer.call("add-writer", newcomer) }
    try await writer.put(.named("b"))
    try await administrator.put(.named("c"))
    _ = try await administrator.call("add-writer", newcomer)
    #expect(try await stranger.get("a") == nil)
    #expect(try await stranger.get("b") != nil)
    #expect(try await stranger.status().writers?.count == 2)
    try await server.expectSound()
  }

  @Test func nobodyIsAdministratorByDefault() async throws {
    let server = try Server(try Store.withRegistry())
    let client = try await server.client()
    await expectRefusal("NOT_AUTHORIZED") {
      _ = try await client.call("add-writer", WriterKey(alice.publicKey).encoded())
    }
    await expectRefusal("NOT_AUTHORIZED") {
      _ = try await client.call("remove-writer", WriterKey(server.key).encoded())
    }
    try await server.expectSound()
  }

  private func expectRefusal(_ code: String, _ body: () async throws -> Void) async {
    do {
      try await body()
      Issue.record("not refused")
    } catch {
      #expect((error as? RPCError)?.code == .requestError)
      #expect((error as? RPCError)?.cause?.code == code)
    }
  }

  private static let statuses: [(arguments: [String], status: Int32)] = [
    (["--listen", "0.0.0.0:0"], 2), (["--listen", "nowhere"], 2), (["--max-connections", "0"], 2),
    (["--ready-fd", "77"], 2), (["--open-write", "--allow-write", String(repeating: "y", count: 52)], 2),
    (["--exec", "get-entry=cat"], 2), (["--exec", "cat"], 2), (["--exec", "a=b", "--exec-lines", "a=c"], 2),
    (["--admin", "nobody"], 2), (["--key-file", "key"], 2), (["--listen", "unix:/nonexistent/socket"], 7),
    (["--listen", "192.0.2.1:9737", "--open-write"], 7), (["--help"], 0), (["--version"], 0),
  ]

  @Test(arguments: statuses)
  func statusesAreThoseOfTheTable(arguments: [String], status: Int32) throws {
    let store = try Store.withRegistry()
    let result = try store.run("rpc-serve", arguments)
    #expect(result.status == status, "\(result.messages)")
    if status != 0 { #expect(result.messages.hasPrefix("rpc-serve: error: ")) }
  }

  @Test func storesThatCannotBeServed() async throws {
    let store = Store()
    #expect(try store.run("rpc-serve", []).status == 7)
    _ = try store.log("create", "events")
    let empty = try store.run("rpc-serve", [])
    #expect(empty.status == 1)
    #expect(empty.messages.contains("registry-admin init"))
    let newer = try Store.withRegistry()
    try newer.sql("PRAGMA user_version = 99")
    #expect(try newer.run("rpc-serve", []).status == 6)
    let damaged = try Store.withRegistry()
    try damaged.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    try damaged.folder.write("store/store.db", Array("this was a database".utf8))
    #expect(try damaged.run("rpc-serve", []).status == 4)
  }

  @Test func aSecondNodeIsRefused() async throws {
    let store = try Store.withRegistry()
    let server = try Server(store)
    let result = try store.run("rpc-serve", ["--listen", "127.0.0.1:0"])
    #expect(result.status == 5)
    #expect(result.messages.contains("pid \(server.process.process)"))
    #expect(result.messages.contains("rpc-serve: hint: "))
    try await server.expectSound()
    // The lock ends with its process.
    let killed = try Server(store)
    killed.process.signal(SIGKILL)
    _ = try killed.process.finish()
    try await Server(store).expectSound()
  }

  @Test func otherProcessesWriteMeanwhile() async throws {
    let store = try Store.withRegistry()
    let server = try Server(store)
    let client = try await server.client()
    for byte in 10..<15 as Range<UInt8> {
      try await client.put(.named("entry \(byte)"))
      let result = try store.run("registry-admin", ["add-writer", name(RpcServeTests.keyPair(byte))])
      #expect(result.status == 0, "\(result.messages)")
      #expect(try await client.status().writers?.count == Int(byte) - 8)
    }
    #expect(try store.log("append", "events").status == 1)
    for byte in 10..<15 as Range<UInt8> { #expect(try await client.get("entry \(byte)") != nil) }
    try await server.expectSound()
    #expect(server.messages == [])
  }

  @Test func theStateIsToldOnRequest() async throws {
    let store = try Store.withRegistry()
    let server = try Server(store)
    let client = try await server.client()
    try await client.put(.named("a"))
    server.process.signal(SIGUSR1)
    try await server.waitForMessage("waits for")
    let line = try #require(server.messages.first)
    #expect(line.hasPrefix("rpc-serve: 1 connections, 0 calls in progress; view of "))
    #expect(line.hasSuffix("waits for nothing: all is indexed and signed"))
    client.close()
    try server.stop()
  }

  @Test func messagesAsJSON() async throws {
    let store = try Store.withRegistry()
    let server = try Server(store, ["--json", "-v"])
    let client = try await server.client(alice)
    _ = try await client.status()
    server.process.signal(SIGUSR1)
    try await server.waitForMessage("\"status\"")
    client.close()
    try await server.waitForMessage("\"closed\"")
    server.process.signal(SIGTERM)
    let result = try server.process.finish()
    #expect(result.status == 0)
    let events = try result.messages.split(separator: "\n").map { try JSON(parsing: $0) }
    #expect(events.map { $0["event"]?.string } == ["listening", "opened", "status", "closed"])
    #expect(events[1]["key"]?.string == name(alice))
    #expect(events[2]["connections"] == 1)
    #expect(events[2]["viewLength"] == events[2]["signedLength"])
  }

  @Test func connectionsAreToldWhenAskedFor() async throws {
    let store = try Store.withRegistry()
    let server = try Server(store, ["-v"])
    let client = try await server.client(alice)
    _ = try await client.status()
    client.close()
    try await server.waitForMessage("closed connection to")
    #expect(server.messages[0].hasPrefix("rpc-serve: opened connection to \(name(alice)) at 127.0.0.1:"))
    #expect(server.messages[1].hasPrefix("rpc-serve: closed connection to \(name(alice)): "))
    try server.stop()
  }

  @Test func readinessIsTold() throws {
    let store = try Store.withRegistry()
    let result = try store.shell(
      """
      mkfifo ready
      rpc-serve --listen unix:socket --ready-fd 5 5>ready & read line <ready && echo ready; [ -S socket ] && echo there
      kill $!; wait $!; echo $?
      """)
    #expect(result.text == "ready\nthere\n0\n", "\(result.messages)")
  }

  @Test func connectionsAreLimited() async throws {
    let store = try Store.withRegistry()
    let server = try Server(store, ["--max-connections", "2"])
    let clients = [try await server.client(), try await server.client()]
    await #expect(throws: TransportError.self) { try await server.client() }
    for client in clients { #expect(try await client.status().writable) }
    clients[0].close()
    var next: RPCClient?
    for _ in 0..<1000 where next == nil {
      next = try? await server.client()
      if next == nil { try await Task.sleep(for: .milliseconds(10)) }
    }
    #expect(try await next?.status().peers == 2)
    for client in [next, clients[1]] { client?.close() }
    try server.stop()
    // Once, however many were refused.
    #expect(server.messages.count == 1)
    #expect(server.messages[0].hasPrefix("rpc-serve: connection refused: too many"))
  }

  /// Everything that was acknowledged before the process was killed is there afterwards.
  @Test func whatWasAcknowledgedSurvivesAKill() async throws {
    let store = try Store.withRegistry()
    var expected: Set<String> = []
    for round in 0..<3 {
      let server = try Server(store)
      let client = try await server.client()
      for name in expected { #expect(try await client.get(name) == .named(name)) }
      let acknowledged = Acknowledged()
      let names = (0..<2000).map { "\(round)-\($0)" }
      client.call("put-entry", batch: names.map { Entry.named($0).encoded() }) { index, result in
        if case .success = result { acknowledged.add(names[index]) }
      }
      while acknowledged.count < 50 + round * 300 { try await Task.sleep(for: .milliseconds(1)) }
      server.process.signal(SIGKILL)
      _ = try server.process.finish()
      // Nothing more can arrive once the connection is gone.
      while (try? await client.status()) != nil {}
      expected.formUnion(acknowledged.names)
    }
    let server = try Server(store)
    let client = try await server.client()
    #expect(expected.count > 1000)
    for name in expected { #expect(try await client.get(name) == .named(name)) }
    client.close()
    try await server.expectSound()
  }

  @Test func manyClientsAtOnce() async throws {
    let store = try Store.withRegistry()
    let server = try Server(store)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        let client = try await server.client()
        group.addTask {
          for item in 0..<50 {
            try await client.put(.named("\(number)-\(item)"))
            let found = try await client.get("\(number)-\(item)")
            #expect(found != nil)
          }
          client.close()
        }
      }
      try await group.waitForAll()
    }
    let client = try await server.client()
    let list = try ListResponse(decoding: try await client.call("list-entries", ListRequest(limit: 1000).encoded()))
    #expect(list.entries.count == 400)
    client.close()
    try await server.expectSound()
  }
}
