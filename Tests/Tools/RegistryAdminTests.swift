import Glibc
import JSON
import TestSupport
import Testing

@Suite struct RegistryAdminTests {
  // MARK: Setting up

  @Test func aFreshRegistryTellsItsKeys() throws {
    let store = Store()
    let first = try store.admin("init")
    #expect(first.status == 0, "\(first.messages)")
    let lines = first.lines
    #expect(lines.count == 6)
    #expect(lines[0] == "Using storage: \(store.path)")
    #expect(lines[1] == "I am an indexer in the autobase.")
    for (line, label) in zip(
      lines[2...], ["Local key: ", "Autobase key: ", "Database view key: ", "RPC server public key: "])
    {
      #expect(line.hasPrefix(label))
      #expect(line.dropFirst(label.count).count == 52, "\(line)")
    }
    // The founder's log is the registry's first.
    let keys = try store.keys()
    #expect(keys["localKey"] == keys["baseKey"])
    #expect(first.text == (try store.admin("init").text), "a second time changes nothing")
    let hex = try JSON(parsing: store.admin("init", "--json", "--hex").output)
    #expect(hex["viewKey"]?.string?.count == 64)
  }

  @Test func theViewKeyStaysWhenEntriesCome() throws {
    let store = Store()
    let keys = try store.founded()
    #expect(try store.admin("add-writer", strangerKey).status == 0)
    #expect(try store.status()["viewKey"] == keys["viewKey"])
  }

  @Test func aNodeOfAnotherRegistryWaitsToBeAdded() throws {
    let (founder, node) = (Store(), Store())
    let base = try #require(try founder.founded()["baseKey"]?.string)
    let result = try node.admin("init", "--bootstrap", base)
    #expect(result.status == 0)
    #expect(result.lines.first == "using bootstrap \(base)")
    #expect(result.lines.contains("I am not yet an indexer in the autobase. Add my local key as a writer."))
    let keys = try node.keys()
    #expect(keys["baseKey"]?.string == base)
    let local = try #require(keys["localKey"]?.string)
    #expect(result.messages.contains("registry-admin add-writer \(local)"))
    #expect(try node.status()["waits"]?[0]?["reason"] == "bootstrap")
    // It cannot add itself.
    #expect(try node.admin("add-writer", local).status == 5)
    #expect(try founder.admin("add-writer", local).status == 0)
    let writers = try #require(try founder.status()["writers"]?.array)
    #expect(writers.count == 2)
    #expect(writers.contains { $0["key"]?.string == local && $0["isIndexer"] == false })
  }

  @Test func anotherBootstrapIsRefused() throws {
    let store = Store()
    let keys = try store.founded()
    let result = try store.admin("init", "--bootstrap", strangerKey)
    #expect(result.status == 5)
    #expect(result.messages.contains(try #require(keys["baseKey"]?.string)))
    #expect(result.text.isEmpty)
    #expect(try store.keys() == keys)
    #expect(try store.admin("init", "--bootstrap", try #require(keys["baseKey"]?.string)).status == 0)
  }

  // MARK: Members

  @Test func writersComeAndGo() throws {
    let store = Store()
    let local = try #require(try store.founded()["localKey"]?.string)
    let dry = try store.admin("add-writer", strangerKey, "--dry-run", "--json")
    #expect(try JSON(parsing: dry.output)["appended"] == false)
    #expect(try store.status()["writers"]?.array?.count == 1)

    #expect(try JSON(parsing: store.admin("add-writer", strangerKey, "--json").output)["appended"] == true)
    let again = try store.admin("add-writer", strangerKey, "--json")
    #expect(again.status == 0)
    #expect(try JSON(parsing: again.output)["appended"] == false)
    #expect(try store.status()["writers"]?.array?.count == 2)

    // The stranger never wrote, so the founder is the only indexer.
    let last = try store.admin("remove-writer", local)
    #expect(last.status == 5)
    #expect(last.messages.contains("last indexer"))
    #expect(try store.admin("remove-writer", strangerKey, "--dry-run").status == 0)
    #expect(try store.admin("remove-writer", strangerKey).status == 0)
    #expect(try store.admin("remove-writer", strangerKey).status == 5)
    let writers = try #require(try store.status()["writers"]?.array)
    #expect(writers.filter { $0["isRemoved"] == true }.map { $0["key"]?.string } == [strangerKey])
    #expect(try store.log("verify").status == 0)
  }

  @Test func keysOfOtherThingsAreNotWriters() throws {
    let store = Store()
    let keys = try store.founded()
    for name in ["viewKey", "rpcKey"] {
      let result = try store.admin("add-writer", try #require(keys[name]?.string))
      #expect(result.status == 5)
      #expect(result.messages.contains("local key"))
    }
    for text in ["", "abc", String(repeating: "l", count: 52), String(repeating: "0", count: 63)] {
      for verb in [["add-writer", text], ["remove-writer", text], ["init", "--bootstrap", text]] {
        #expect(try store.run("registry-admin", verb).status == 2, "\(verb)")
      }
    }
  }

  @Test func manyAddWritersAtOnce() throws {
    let store = Store()
    _ = try store.founded()
    var generator = SeededGenerator(seed: 41)
    let keys = (0..<6).map { _ in hex(generator.bytes(32)) }
    let running = try keys.map { try store.command("registry-admin", ["add-writer", $0]).start() }
    for command in running { #expect(try command.finish().status == 0) }
    let status = try JSON(parsing: store.admin("status", "--json", "--hex").output)
    let members = Set(status["writers"]?.array?.compactMap { $0["key"]?.string } ?? [])
    #expect(members.isSuperset(of: keys))
    #expect(try store.log("verify").status == 0)
  }

  // MARK: Status

  @Test func manyFoundersAtOnceFoundOneRegistry() throws {
    for _ in 0..<4 {
      let store = Store()
      let running = try (0..<6).map { _ in try store.command("registry-admin", ["init", "--json"]).start() }
      var told: Set<String> = []
      for command in running {
        let result = try command.finish()
        #expect(result.status == 0, "\(result.messages)")
        told.insert(result.text)
      }
      #expect(told.count == 1)
      let status = try store.status()
      #expect(status["writers"]?[0]?["length"] == 1)
      #expect(status["waits"] == [])
      #expect(try store.log("verify").status == 0)
    }
  }

  @Test func foundingSurvivesKills() throws {
    for microseconds in stride(from: 0 as UInt32, to: 60_000, by: 4000) {
      let store = Store()
      let command = try store.command("registry-admin", ["init"]).start()
      usleep(microseconds)
      command.signal(SIGKILL)
      _ = try command.finish()
      #expect(try store.admin("init").status == 0)
      #expect(try store.status()["waits"] == [])
      #expect(try store.admin("doctor").status == 0)
    }
  }

  @Test func statusTellsOfTheRunningNode() throws {
    let store = Store()
    _ = try store.founded()
    #expect(try store.status()["running"] == false)
    // Whoever holds the lock is the node.
    let node = try store.command("hc-log", []).with(
      "flock", ["\(store.path)/node.lock", "sh", "-c", "echo $$ >'\(store.path)/node.lock'; echo held; cat"]
    )
    .start()
    try node.wait { output, _ in output.contains("held") }
    let status = try store.status()
    #expect(status["running"] == true)
    #expect(status["processID"]?.integer ?? 0 > 0)
    let text = try store.admin("status").text
    #expect(text.contains("running"))
    #expect(text.contains("nothing: all is indexed and signed"))
    node.closeInput()
    #expect(try node.finish().status == 0)
    #expect(try store.status()["running"] == false)
  }

  @Test func statusWithoutRegistry() throws {
    let store = try Store.withLog(["one"])
    #expect(try store.admin("status").status == 1)
    #expect(try store.admin("doctor").status == 0)
    let nowhere = Store()
    let result = try nowhere.admin("status")
    #expect(result.status == 7)
    #expect(result.messages.contains("registry-admin init"))
    #expect(access(nowhere.path, F_OK) != 0)
  }

  // MARK: Run

  @Test func runBecomesTheServer() throws {
    let store = Store()
    let bin = store.folder.file("bin")
    let result = try store.shell(
      """
      mkdir bin && cp "$(command -v registry-admin)" bin/ && cd bin
      printf '%s\\n' '#!/bin/sh' 'echo server $$ "$@"' >rpc-serve && chmod +x rpc-serve
      ./registry-admin run --listen 127.0.0.1:0 --open-write -v & echo pid $!; wait
      """)
    #expect(result.status == 0, "\(result.messages)")
    let process = try #require(result.lines.first { $0.hasPrefix("pid ") }).dropFirst(4)
    #expect(result.lines.contains("I am an indexer in the autobase."))
    #expect(
      result.lines.last
        == "server \(process) --storage \(store.path) --sync full --listen 127.0.0.1:0 --open-write -v", "\(bin)")
  }

  /// The whole of it: a node runs, is examined and changed beside its run, and ends when told.
  @Test func aRunningNodeIsAdministered() throws {
    let store = Store()
    let node = try store.command("registry-admin", ["run", "--listen", "127.0.0.1:0", "--sync", "normal"]).start()
    try node.wait { _, errors in errors.contains("listening ") && errors.last == "\n" }
    let address = try #require(
      String(decoding: node.errors, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("listening ") })
    let server = String(address.dropFirst("listening ".count))
    let status = try store.status()
    #expect(status["processID"]?.integer == Int64(node.process))
    #expect(server.hasPrefix(try #require(status["rpcKey"]?.string) + "@"))

    let entry = "{\"name\":\"one\",\"driveKey\":\"\(strangerKey)\",\"type\":\"text\"}"
    let put = try store.run("rpc-call", ["--server", server, "put-entry", entry])
    #expect(put.status == 0, "\(put.messages)")
    #expect(try store.status()["entries"] == 1)
    #expect(try store.admin("add-writer", strangerKey).status == 0)
    let seen = try JSON(parsing: store.run("rpc-call", ["--server", server, "status"]).output)
    #expect(seen["writers"]?.array?.contains { $0["key"]?.string == strangerKey } == true)
    #expect(try store.admin("doctor").status == 0)
    let second = try store.admin("run", "--listen", "127.0.0.1:0")
    #expect(second.status == 5)
    #expect(second.messages.contains("another node is running"))

    node.signal(SIGTERM)
    #expect(try node.finish().status == 0)
    #expect(try store.status()["running"] == false)
    #expect(try store.status()["viewKey"] == status["viewKey"])
    #expect(try store.log("verify").status == 0)
  }

  /// The few lines of shell do what `run` does.
  @Test func theScriptRunsANode() throws {
    let store = Store()
    _ = try store.shell(
      "mkdir scripts && cp '\(checkout)/scripts/registry-node' scripts/ && ln -s '\(Command.toolFolder)' bin")
    let founded = try store.founded()
    let base = try #require(founded["baseKey"]?.string)
    let path = store.folder.file("other")
    let node = try store.command("hc-log", []).with(
      store.folder.file("scripts/registry-node"),
      ["--bootstrap", base, "--listen", "127.0.0.1:0", "--storage", path, "--open-write"]
    ).start()
    try node.wait { _, errors in errors.contains("listening ") }
    let output = String(decoding: node.output, as: UTF8.self)
    #expect(output.hasPrefix("using bootstrap \(base)\nUsing storage: \(path)\n"))
    #expect(output.contains("Autobase key: \(base)\n"))
    #expect(try JSON(parsing: store.admin("status", "--json", "--storage", path).output)["running"] == true)
    node.signal(SIGTERM)
    #expect(try node.finish().status == 0)
  }

  @Test func runWithoutServer() throws {
    let store = Store()
    let result = try store.shell(
      """
      mkdir bin && cp "$(command -v registry-admin)" bin/ && PATH=/nowhere bin/registry-admin run
      """)
    #expect(result.status == 7)
    #expect(result.messages.contains("cannot start rpc-serve"))
  }

  // MARK: Doctor

  @Test func aSoundStoreIsFoundSound() throws {
    let store = Store()
    _ = try store.founded()
    for arguments in [["doctor"], ["doctor", "--quick"]] {
      let result = try store.run("registry-admin", arguments + ["--json"])
      #expect(result.status == 0, "\(result.text)")
      let findings = try result.lines.map { try JSON(parsing: $0) }
      #expect(findings.allSatisfy { $0["result"] != "fail" })
      let checks = findings.compactMap { $0["check"]?.string }
      for check in [
        "versions", "folder", "node", "sync", "store", "wal", "disk", "drafts", "seed", "secrets", "logs", "registry",
      ] {
        #expect(checks.contains(check), "\(check)")
      }
    }
  }

  @Test func whatAPowerFailureMayTakeIsTold() throws {
    let store = Store()
    _ = try store.founded()
    #expect(try store.admin("doctor").text.contains("ok    sync      a commit is on disk before anybody hears of it"))
    let result = try store.admin("doctor", "--sync", "normal")
    #expect(result.status == 0)
    #expect(result.text.contains("warn  sync      sync is normal"))
  }

  @Test func frozenLogsAreTold() throws {
    let cluster = try RegistryCluster(2)
    try cluster[0].store.sql("UPDATE cores SET frozen = 1 WHERE key = x'\(cluster[1].key)'")
    let doctor = try cluster[0].admin("doctor")
    #expect(doctor.status == 4)
    #expect(doctor.text.contains("frozen: two conflicting signatures"))
    let status = try cluster[0].store.status()
    let wait = try #require(status["waits"]?.array?.first { $0["reason"] == "frozen" })
    #expect(wait["from"]?[0]?.string == cluster[1].name)
    #expect(try cluster[0].admin("status").text.contains("writer, frozen"))
  }

  @Test func secretsThatOthersCanReadAreTold() throws {
    let store = Store()
    _ = try store.founded()
    chmod(store.path + "/secrets/seed", 0o644)
    let result = try store.admin("doctor")
    #expect(result.status == 0)
    #expect(result.text.contains("warn  secrets   \(store.path)/secrets/seed has mode 644"))
    #expect(result.text.contains("hint: chmod 600 "))
    rename(store.path + "/secrets", store.path + "/elsewhere")
    let without = try store.admin("doctor")
    #expect(without.status == 7)
    #expect(without.text.contains("fail  seed"))
    // What is stored can be read; writing needs them.
    #expect(try store.admin("status").status == 0)
    #expect(try store.admin("add-writer", strangerKey).status == 5)
  }

  @Test func everyFlippedPageIsFound() throws {
    let store = Store()
    _ = try store.founded()
    _ = try store.admin("add-writer", strangerKey)
    try store.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    let whole = try readFile(store.database)
    let size = 4096
    #expect(whole.count % size == 0 && whole.count > size)
    for page in 0..<whole.count / size {
      var bytes = whole
      for i in page * size..<(page + 1) * size { bytes[i] ^= 0xff }
      try store.folder.write("store/store.db", bytes)
      let result = try store.admin("doctor")
      #expect(result.status == 4, "page \(page): \(result.text)")
      #expect(result.text.contains("fail  "))
      for verb in [["status"], ["init"], ["add-writer", strangerKey]] {
        let status = try store.run("registry-admin", verb).status
        // What is not touched by a verb does not stop it.
        #expect([0, 4].contains(status), "page \(page), \(verb): \(status)")
        try store.folder.write("store/store.db", bytes)
      }
    }
  }

  @Test func aChangedBlockIsFound() throws {
    let store = Store()
    _ = try store.founded()
    try store.sql("UPDATE areas SET signature = zeroblob(length(signature)) WHERE length > 0 AND signature NOT NULL")
    for arguments in [["doctor"], ["doctor", "--quick"]] {
      let result = try store.run("registry-admin", arguments)
      #expect(result.status == 4)
      #expect(result.text.contains("fail  log"))
    }
  }

  @Test func aNewerStoreIsLeftAlone() throws {
    let store = Store()
    _ = try store.founded()
    try store.sql("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)")
    let before = try readFile(store.database)
    for verb in [["doctor"], ["status"], ["init"], ["add-writer", strangerKey], ["run"]] {
      let result = try store.run("registry-admin", verb)
      #expect(result.status == 6, "\(verb): \(result.text) \(result.messages)")
      #expect((result.text + result.messages).contains("99"))
    }
    #expect(try readFile(store.database) == before)
  }

  @Test(.enabled(if: Store.mount != nil, "mounting needs root or user name spaces"))
  func aReadOnlyFolderIsToldClearly() throws {
    let store = Store()
    _ = try store.founded()
    try store.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    let result = try store.shell(
      """
      mkdir empty
      \(Store.mount!) bash -c '
        for folder in store empty; do mount --bind $folder $folder && mount -o remount,ro,bind $folder; done
        registry-admin doctor >findings; echo $?
        registry-admin status >/dev/null; echo $?
        registry-admin add-writer \(strangerKey); echo $?
        registry-admin init --storage empty/store; echo $?
        registry-admin schema build empty/spec --from \(checkout)/examples/registry-schema.json; echo $?
      '
      grep -c "^fail  folder" findings
      """)
    #expect(result.text == "7\n0\n7\n7\n7\n1\n", "\(result.messages)")
    #expect(result.messages.contains("cannot be written"))
    #expect(try store.admin("doctor").status == 0)
  }
}

/// A key that belongs to nobody.
let strangerKey = String(repeating: "y", count: 51) + "o"

private func hex(_ bytes: [UInt8]) -> String {
  bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}

extension Store {
  func admin(_ arguments: String...) throws -> Command.Result { try run("registry-admin", arguments) }

  /// Founds a registry and returns its keys.
  func founded() throws -> JSON {
    let result = try admin("init", "--json")
    if result.status != 0 { throw CommandError("init: \(result.messages)") }
    return try JSON(parsing: result.output)
  }

  func keys() throws -> JSON { try founded() }

  func status() throws -> JSON {
    let result = try admin("status", "--json")
    if result.status != 0 { throw CommandError("status: \(result.messages)") }
    return try JSON(parsing: result.output)
  }

  /// The way to mount a file system here, as root or in a name space of one's own.
  static let mount: String? = ["unshare -m", "unshare -Urm"].first { way in
    (try? Command("sh", ["-c", "\(way) mount -t tmpfs none /mnt"]).run().status) == 0
  }
}

extension Command {
  /// The same environment for another program.
  fileprivate func with(_ program: String, _ arguments: [String]) -> Command {
    var command = self
    command.program = program
    command.arguments = arguments
    return command
  }
}
