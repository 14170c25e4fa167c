import Autobase
import CompactEncoding
import Corestore
import Glibc
import Hypercore
import HypercoreCrypto
import JSON
import Registry
import RegistryNode
import TestSupport
import Testing

/// What nodes wait for: every name that `registry-admin status` and `ab-linearize status` give it, as far as it can be
/// brought about here, and that nothing is called done which is not.
@Suite(.timeLimit(.minutes(2))) struct WaitTests {
  /// The names of what a node waits for, by two tools.
  private func waits(_ store: Store) throws -> (admin: [JSON], linearize: [JSON]) {
    let status = try JSON(parsing: store.run("ab-linearize", ["status", "--json"]).output)
    return (try store.status()["waits"]?.array ?? [], status["waits"]?.array ?? [])
  }

  private func keys(_ wait: JSON?) -> Set<String> { Set(wait?["from"]?.array?.compactMap(\.string) ?? []) }

  private func node(_ store: Store, _ arguments: [String] = []) throws -> (process: RunningCommand, peer: String) {
    let arguments = ["--listen", "127.0.0.1:0", "--sync", "normal"] + arguments
    let process = try store.command("rpc-serve", arguments).start()
    try process.wait { _, errors in errors.contains("listening ") && errors.last == "\n" }
    let lines = String(decoding: process.errors, as: UTF8.self).split(separator: "\n")
    return (process, String(try #require(lines.first { $0.hasPrefix("listening ") }).dropFirst("listening ".count)))
  }

  private func wait(_ what: String, _ condition: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try !condition() {
      guard ContinuousClock.now < deadline else { throw CommandError("it does not come to this: \(what)") }
      usleep(20_000)
    }
  }

  // MARK: Votes

  @Test func votersAreNamedAsEverywhere() throws {
    let cluster = try RegistryCluster(3)
    try cluster[0].append(.putEntry(cluster.entry("alone")))
    let others: Set = [cluster[1].name, cluster[2].name]
    let (admin, linearize) = try waits(cluster[0].store)
    let wait = try #require(admin.first { $0["reason"] == "votes" }, "\(admin)")
    #expect(keys(wait) == others && wait["needed"] == 1)
    #expect(keys(linearize.first { $0["for"] == "votes" }) == others)
    let text = try cluster[0].store.run("ab-linearize", ["status"]).text
    let names = wait["from"]?.array?.compactMap(\.string) ?? []
    #expect(text.contains("votes from 1 of: " + names.joined(separator: ", ")), "\(text)")
    let hex = try cluster[0].store.run("ab-linearize", ["status", "--hex"]).text
    let hexNames = try names.map { "\(try KeyIdentifier.decode($0))" }.joined(separator: ", ")
    #expect(hex.contains("votes from 1 of: " + hexNames), "\(hex)")
    let late = try cluster[0].store.run("ab-linearize", ["status", "--wait-indexed", "--timeout", "1ms"])
    #expect(late.status == 3 && late.messages.contains(cluster[1].name), "\(late.messages)")
  }

  /// A majority has voted: every one of those named can make it final alone, and nobody else can.
  @Test(arguments: 0..<3) func whoHasNotSeenTheVotesIsNamed(helper: Int) throws {
    let cluster = try RegistryCluster(3)
    try cluster[0].append(.putEntry(cluster.entry("one")))
    try cluster[1].receive(from: cluster[0])
    #expect(try cluster[1].node.base.acknowledge())
    try cluster[0].receive(from: cluster[1])
    let (admin, linearize) = try waits(cluster[0].store)
    let wait = try #require(admin.first { $0["reason"] == "votes" }, "\(admin)")
    #expect(keys(wait) == [cluster[0].name, cluster[2].name] && wait["needed"] == 1)
    #expect(keys(linearize.first { $0["for"] == "votes" }) == keys(wait))
    let indexed = try cluster[0].node.base.status().writers.first { $0.isLocal }?.indexedLength ?? 0
    if helper == 2 {
      try cluster[2].receive(from: cluster[0])
      try cluster[2].receive(from: cluster[1])
    }
    if try cluster[helper].node.base.acknowledge(), helper != 0 { try cluster[0].receive(from: cluster[helper]) }
    let now = try cluster[0].node.base.status().writers.first { $0.isLocal }?.indexedLength ?? 0
    #expect((now > indexed) == (helper != 1))
  }

  /// With no news of the others since the last rest, either of them makes what is open final.
  @Test(arguments: [1, 2]) func eitherOfThoseNamedHelps(helper: Int) throws {
    let cluster = try RegistryCluster(3)
    try cluster[0].append(.putEntry(cluster.entry("one")))
    let wait = try #require(try waits(cluster[0].store).admin.first { $0["reason"] == "votes" })
    #expect(keys(wait).contains(cluster[helper].name) && wait["needed"] == 1)
    func final() throws -> UInt64 { try cluster[0].node.base.status().writers.reduce(0) { $0 + $1.indexedLength } }
    let before = try final()
    try cluster[helper].receive(from: cluster[0])
    #expect(try cluster[helper].node.base.acknowledge())
    try cluster[0].receive(from: cluster[helper])
    #expect(try final() > before)
  }

  // MARK: Logs

  @Test func aForkedLogIsNamed() throws {
    let cluster = try RegistryCluster(2)
    let store = cluster[0].store
    #expect(try store.run("ab-linearize", ["status", "--check"]).status == 0)
    try cluster[0].node.store.get(key: cluster[1].key).freeze()
    let (admin, linearize) = try waits(store)
    #expect(admin.map { $0["reason"] } == ["frozen"] && keys(admin[0]) == [cluster[1].name])
    #expect(linearize.map { $0["for"] } == ["conflict"])
    #expect(linearize[0]["core"]?.string == cluster[1].name)
    let checked = try store.run("ab-linearize", ["status", "--check"])
    #expect(checked.status == 1)
    #expect(checked.text.contains("nothing more of \(cluster[1].name): two conflicting signatures of it were seen"))
    #expect(try store.run("ab-linearize", ["status", "--wait-synced", "--timeout", "1ms"]).status == 3)
    // Nobody waits for whoever was removed.
    let healthy = try RegistryCluster(2)
    try healthy[0].append(.removeWriter(WriterKey(healthy[1].key)))
    try healthy.settle()
    try healthy[0].node.store.get(key: healthy[1].key).freeze()
    #expect(try healthy[0].store.run("ab-linearize", ["status", "--check"]).status == 0)
  }

  @Test func aForeignBlockIsNamed() throws {
    let cluster = try RegistryCluster(2)
    try cluster[1].node.store.get(key: cluster[1].key).append(block: [0xff, 0xff, 0xff])
    try cluster[0].receive(from: cluster[1])
    let (admin, linearize) = try waits(cluster[0].store)
    #expect(admin.map { $0["reason"] } == ["foreign-block"] && keys(admin[0]) == [cluster[1].name])
    #expect(linearize.map { $0["for"] } == ["frozen"])
    #expect(try cluster[0].store.run("ab-linearize", ["status", "--check"]).status == 1)
  }

  /// A node that refers to one which is not here, as somebody sees it who does not order them.
  @Test func aMissingNodeIsNamed() throws {
    let cluster = try RegistryCluster(3)
    try cluster[1].append(.putEntry(cluster.entry("one")))
    try cluster[2].receive(from: cluster[1])
    try cluster[2].append(.putEntry(cluster.entry("two")))
    try cluster[0].receive(cluster[2].key, from: cluster[2])
    let (admin, linearize) = try waits(cluster[0].store)
    let wait = try #require(admin.first { $0["reason"] == "missing-node" }, "\(admin)")
    #expect(keys(wait) == [cluster[1].name])
    #expect(linearize.contains { $0["for"] == "blocks" && $0["by"]?.string == cluster[2].name })
    try cluster[0].receive(cluster[1].key, from: cluster[1])
    #expect(try !waits(cluster[0].store).admin.contains { $0["reason"] == "missing-node" })
  }

  // MARK: Nodes

  /// A peer that is there and has nothing of the registry: not nobody.
  @Test func aPeerOfAnotherRegistryIsNamed() throws {
    let cluster = try RegistryCluster(1)
    let (server, peer) = try node(cluster[0].store)
    let store = Store()
    let wrong = KeyIdentifier.encode(Fixed32([UInt8](repeating: 7, count: 32)) ?? Fixed32())
    #expect(try store.run("registry-admin", ["init", "--bootstrap", wrong]).status == 0)
    let (lost, _) = try node(store, ["--peer", peer])
    try wait("connected") { try store.status()["peers"]?[0]?["connected"] == true }
    let stall = try #require(try waits(store).admin.first { $0["reason"] == "peer" })
    let text = stall["text"]?.string ?? ""
    #expect(
      text.contains(peer) && text.contains("has none of its logs") && !text.contains("none is connected"), "\(text)")
    for process in [lost, server] {
      process.signal(SIGTERM)
      #expect(try process.finish().status == 0)
    }
  }

  /// Whoever was removed need not be there.
  @Test func removedWritersAreNotWaitedFor() throws {
    let cluster = try RegistryCluster(3)
    try cluster[0].append(.removeWriter(WriterKey(cluster[2].key)))
    try cluster.settle()
    let (process, _) = try node(cluster[0].store)
    process.signal(SIGUSR1)
    try process.wait { _, errors in errors.contains("waits for") }
    let text = String(decoding: process.errors, as: UTF8.self)
    #expect(text.contains("\(cluster[1].name) waits for a peer"), "\(text)")
    #expect(!text.contains("\(cluster[2].name) waits for a peer"), "\(text)")
    process.signal(SIGTERM)
    #expect(try process.finish().status == 0)
  }

  @Test func aNodeThatHangsIsNamed() throws {
    let cluster = try RegistryCluster(1)
    let store = cluster[0].store
    let (process, _) = try node(store)
    #expect(try store.admin("status", "--wait-synced", "--timeout", "20s").status == 0)
    process.signal(SIGSTOP)
    defer { process.signal(SIGCONT) }
    // Those who ask wait in line, which is full some time.
    for _ in 0..<24 { #expect(try store.admin("status", "--wait-synced", "--timeout", "1ms").status == 3) }
    let start = ContinuousClock.now
    let result = try store.admin("status", "--wait-synced", "--timeout", "300ms")
    #expect(ContinuousClock.now - start < .seconds(5))
    #expect(result.status == 3 && result.text.isEmpty)
    #expect(result.messages.contains("not synced within 300ms") && result.messages.contains("to answer"))
    let status = try store.status()
    #expect(status["running"] == true && status["synced"] == false)
    #expect(status["waits"]?.array?.map { $0["reason"] } == ["node"])
    #expect(try store.admin("status").text.contains("does not answer"))
    process.signal(SIGCONT)
    #expect(try store.admin("status", "--wait-synced", "--timeout", "20s").status == 0)
    process.signal(SIGTERM)
    #expect(try process.finish().status == 0)
  }

  /// Whether a file system can be mounted here, as root or in a name space of one's own.
  private static let mount: String? = ["unshare -m", "unshare -Urm"].first { way in
    (try? Command("sh", ["-c", "\(way) mount -t tmpfs none /mnt"]).run().status) == 0
  }

  @Test(.enabled(if: mount != nil, "mounting needs root or user name spaces"))
  func aFullDiskIsNamedByAll() throws {
    let store = Store()
    let result = try store.shell(
      """
      mkdir disk && \(Self.mount!) bash -c '
        mount -t tmpfs -o size=4m none disk
        export HYPERTOOLS_STORE=disk/store
        registry-admin init >/dev/null
        mkfifo ready
        rpc-serve --listen unix:socket --open-write --ready-fd 3 2>log 3>ready & server=$!
        read answer <ready
        export HYPERTOOLS_SERVER=$(sed -n "s/^listening //p" log)
        ab-linearize status --check >/dev/null; echo $?
        head -c 8000000 /dev/zero >disk/ballast 2>/dev/null
        ab-linearize status --check >text; echo $?
        grep -o "space on the disk" text
        ab-linearize status --json | jq -c "[.waits[].for]"
        registry-admin status --json | jq -c "[.waits[].reason]"
        rpc-call node-status | jq -r .waits | grep -o "space on the disk"
        printf "{\\"name\\":\\"e\\",\\"driveKey\\":\\"%064d\\",\\"type\\":\\"t\\",\\"description\\":\\"%0800000d\\"}" 7 7 >entry
        rpc-call --batch put-entry <entry >answer; echo $?
        rm disk/ballast
        rpc-call --batch put-entry <entry >/dev/null; echo $?
        kill $server; wait $server; echo $?
      '
      """)
    let expected = """
      0
      1
      space on the disk
      ["disk-full"]
      ["disk-full"]
      space on the disk
      3
      0
      0

      """
    #expect(result.text == expected, "\(result.messages)")
  }
}
