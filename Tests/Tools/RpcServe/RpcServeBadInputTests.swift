import CompactEncoding
import Glibc
import HypercoreCrypto
import ProtomuxRPC
import Registry
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(3))) struct RpcServeBadInputTests {
  /// One server, and a peer of each kind in turn; after each the server answers.
  @Test func peersThatDoNotPlayByTheRules() async throws {
    let server = try Server(try Store.withRegistry())
    let address = server.addresses[0]
    let client = try await server.client()
    try await client.put(.named("before"))
    var generator = SeededGenerator(seed: 31)
    let garbage: [[UInt8]] = [
      generator.bytes(1), generator.bytes(1000), generator.bytes(100_000), [32, 0, 0] + generator.bytes(32),
      [32, 0, 0] + generator.bytes(5000), Array("GET / HTTP/1.1\r\n\r\n".utf8),
      // Frames of 16 MB: the header alone, and with as much behind it.
      [0xff, 0xff, 0xff], [0xff, 0xff, 0xff] + [UInt8](repeating: 0, count: 16 << 20),
      [UInt8](repeating: 0, count: 100_000),
    ]
    for bytes in garbage {
      let peer = try PeerSocket(address)
      peer.write(bytes)
      #expect(try await client.get("before") != nil)
    }
    // Nothing at all, and half a handshake: the others are served meanwhile.
    let silent = try (0..<20).map { _ in try PeerSocket(address) }
    let half = try PeerSocket(address)
    half.write([32, 0, 0, 1, 2, 3])
    #expect(try await client.get("before") != nil)
    #expect(silent[0].waitForEnd())
    #expect(half.waitForEnd())
    client.close()
    try await server.expectSound()
    #expect(server.messages == [])
  }

  @Test func framesOfSixteenMegabytesAfterTheHandshake() async throws {
    let server = try Server(try Store.withRegistry())
    let client = try await server.client()
    await #expect(throws: RPCError.self) {
      try await client.call("put-entry", [UInt8](repeating: 7, count: 10 << 20))
    }
    let other = try await server.client()
    #expect(try await other.status().writable)
    other.close()
    try await server.expectSound()
  }

  @Test func requestsOfTheWrongForm() async throws {
    let server = try Server(try Store.withRegistry())
    let client = try await server.client()
    try await client.put(.named("before"))
    var generator = SeededGenerator(seed: 37)
    let good = Entry.named("mangled", description: "about it").encoded()
    let truncated = good.indices.map { Array(good[..<$0]) }
    let random = (0..<50).map { generator.bytes($0) }
    var refused = 0
    for value in truncated + random {
      for method in ["put-entry", "delete-entry", "get-entry", "get-entry-by-drive-key", "list-entries"] {
        do {
          _ = try await client.call(method, value)
        } catch {
          refused += 1
          #expect([.decodeError, .requestError].contains(error.code), "\(method) \(value): \(error)")
        }
      }
    }
    #expect(refused > truncated.count)
    await #expect(throws: RPCError.unknownMethod("no-such")) { try await client.call("no-such", good) }
    await #expect(throws: RPCError.unknownMethod("")) { try await client.call("", good) }
    #expect(try await client.get("before") == .named("before"))
    client.close()
    try await server.expectSound()
  }

  @Test func entriesOverTheLimit() async throws {
    let server = try Server(try Store.withRegistry())
    let client = try await server.client()
    let most = 1 << 20
    let overhead = Entry.named("e", description: String(repeating: "x", count: most)).encoded().count - most
    for (length, fits) in [(most - overhead, true), (most - overhead + 1, false), (3 << 20, false)] {
      let entry = Entry.named("e", description: String(repeating: "x", count: length))
      do {
        try await client.put(entry)
        #expect(fits)
      } catch let error as RPCError {
        #expect(!fits)
        #expect(error.cause?.code == "TOO_LARGE")
      }
      #expect(try await client.get("e")?.description?.count == most - overhead)
    }
    await #expect(throws: RPCError.self) { try await client.put(.named("")) }
    client.close()
    try await server.expectSound()
  }

  /// Whether a file system can be mounted here, as root or in a name space of one's own.
  private static let mount: String? = ["unshare -m", "unshare -Urm"].first { way in
    (try? Command("sh", ["-c", "\(way) mount -t tmpfs none /mnt"]).run().status) == 0
  }

  /// The calls of the failed commits fail, reads go on, and with space all is well again, without a restart.
  @Test(.enabled(if: mount != nil, "mounting needs root or user name spaces"))
  func aFullDisk() async throws {
    let store = Store()
    let folder = store.folder
    var command = try store.command("rpc-serve", [])
    command.program = "/bin/bash"
    command.environment["PATH"] = "\(Command.toolFolder):/usr/sbin:/usr/bin:/sbin:/bin"
    command.arguments = [
      "-c",
      """
      mkdir disk && \(Self.mount!) bash -c '
        mount -t tmpfs -o size=3m none disk
        export HYPERTOOLS_STORE=disk/store
        registry-admin init >/dev/null
        head -c 1000000 /dev/zero >disk/ballast
        rpc-serve --listen unix:socket & server=$!
        while [ ! -e release ]; do sleep 0.05; done
        rm disk/ballast
        touch released
        while [ ! -e finish ]; do sleep 0.05; done
        kill $server
        wait $server
        echo status $?
        hc-log verify && echo sound
      '
      """,
      "--listen",
    ]
    let server = try Server(store, running: command)
    let client = try await RPCClient.connect(
      on: Server.loop, to: .unix(path: folder.file("socket")), serverKey: server.key, keyPair: KeyPair(seed: Fixed32()))
    var stored: [String] = []
    var failures = 0
    for number in 0..<200 where failures < 5 {
      let entry = Entry.named("e\(number)", description: String(repeating: "x", count: 50_000))
      do {
        try await client.put(entry)
        stored.append(entry.name)
      } catch let error as RPCError {
        failures += 1
        #expect(error.code == .requestError && error.cause?.code == "STORE_ERROR", "\(error)")
      }
      // Reads go on.
      if let last = stored.last { #expect(try await client.get(last) != nil) }
    }
    #expect(failures == 5 && !stored.isEmpty)
    try folder.write("release", [])
    while access(folder.file("released"), F_OK) != 0 { try await Task.sleep(for: .milliseconds(10)) }
    try await client.put(.named("after"))
    for name in stored + ["after"] { #expect(try await client.get(name) != nil, "\(name)") }
    client.close()
    try folder.write("finish", [])
    let result = try server.process.finish()
    #expect(result.text == "status 0\nsound\n", "\(result.messages)")
    #expect(result.messages.contains("rpc-serve: error: the store failed: no space left for"))
    #expect(result.messages.split(separator: "\n").count { $0.contains("the store failed") } == 1)
    #expect(result.messages.contains("rpc-serve: the store works again"))
  }

  @Test(.enabled(if: mount != nil, "mounting needs root or user name spaces"))
  func aReadOnlyFolder() throws {
    let store = try Store.withRegistry()
    let result = try store.shell(
      """
      \(Self.mount!) bash -c 'mount --bind store store && mount -o remount,ro,bind store && rpc-serve --listen unix:s'
      echo $?
      """)
    #expect(result.text == "7\n", "\(result.messages)")
    #expect(result.messages.hasPrefix("rpc-serve: error: "))
    #expect(try store.log("verify").status == 0)
  }
}
