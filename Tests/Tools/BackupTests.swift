import Autobase
import CompactEncoding
import Glibc
import Hypercore
import HypercoreCrypto
import JSON
import Registry
import RegistryNode
import TestSupport
import Testing

/// `registry-admin backup` and `restore`, as operators meet them.
@Suite struct BackupTests {
  private func cluster() throws -> RegistryCluster {
    let cluster = try RegistryCluster(2)
    for i in 0..<5 { try cluster[i % 2].append(.putEntry(cluster.entry("entry \(i)"))) }
    try cluster.settle()
    return cluster
  }

  @Test func aNodeIsRestoredAsAnother() throws {
    let cluster = try cluster()
    let store = cluster[1].store
    let file = store.folder.file("node.backup")
    let made = try JSON(parsing: store.admin("backup", "--json", file).output)
    #expect(made["verified"] == true && made["secrets"] == false)
    #expect(made["localKey"]?.string == cluster[1].name)
    #expect(made["file"]?.string == file)
    // The old node goes on, and is then lost.
    try cluster[1].append(.putEntry(cluster.entry("later")))

    for (number, arguments) in [[], ["--as-writer"]].enumerated() {
      let target = store.folder.file("restored \(number)")
      let dry = try store.run("registry-admin", ["restore", "--storage", target, "--dry-run", file] + arguments)
      #expect(dry.status == 0 && dry.text.contains("sound"), "\(dry.messages)")
      #expect(access(target, F_OK) != 0)
      let result = try store.run("registry-admin", ["restore", "--storage", target, file] + arguments)
      #expect(result.status == 0, "\(result.messages)")
      let status = try JSON(parsing: store.run("registry-admin", ["status", "--storage", target, "--json"]).output)
      let local = try #require(status["localKey"]?.string)
      #expect(local != cluster[1].name)
      #expect(status["writable"] == false && status["entries"] == 5)
      #expect(status["waits"]?[0]?["reason"] == "membership")
      #expect(result.messages.contains("rotate \(cluster[1].name) \(local)") == !arguments.isEmpty)
      #expect(try store.run("registry-admin", ["doctor", "--storage", target]).status == 0)
      #expect(try store.run("hdb-view", ["get", "--store", target, "entry 3"]).status == 0)
      #expect(try store.run("registry-admin", ["add-writer", "--storage", target, strangerKey]).status == 5)
      // Nothing is restored over it.
      let again = try store.run("registry-admin", ["restore", "--storage", target, file])
      #expect(again.status == 5 && again.messages.contains("not empty"))
    }
  }

  @Test func aRestoredNodeTakesItsPlace() throws {
    let cluster = try RegistryCluster(3)
    try cluster[2].append(.putEntry(cluster.entry("before")))
    try cluster.settle()
    let store = cluster[2].store
    let file = store.folder.file("node.backup")
    #expect(try store.admin("backup", file).status == 0)
    // Something that nobody else has seen of the lost node.
    try cluster[2].append(.putEntry(cluster.entry("unseen")))
    let new = Store()
    let result = try new.admin("restore", "--as-writer", "--json", file)
    #expect(result.status == 0, "\(result.messages)")
    let key = try #require(try JSON(parsing: result.output)["localKey"]?.string)
    let rotated = try cluster[0].admin("rotate", cluster[2].name, key)
    #expect(rotated.status == 0, "\(rotated.messages)")
    let node = try cluster.join(new)
    try cluster.settle([0, 1, 3])
    for member in [cluster[0], cluster[1], node] {
      let indexers = try member.node.base.status().indexers
      #expect(indexers.contains(node.key) && !indexers.contains(cluster[2].key) && indexers.count == 3)
    }
    try node.append(.putEntry(cluster.entry("after")))
    try cluster.settle()
    for name in ["before", "after"] { #expect(try cluster[0].node.view.get(name) != nil) }
    #expect(try cluster[0].node.view.get("unseen") == nil)
    #expect(try node.node.status().viewKey == cluster[0].node.status().viewKey)
  }

  @Test func aWriterIsNotResurrected() throws {
    let cluster = try cluster()
    let store = cluster[1].store
    let (plain, secret) = (store.folder.file("plain"), store.folder.file("secret"))
    #expect(try store.admin("backup", plain).status == 0)
    #expect(try store.admin("backup", "--with-secrets", secret).status == 0)
    var info = stat()
    #expect(stat(secret, &info) == 0 && info.st_mode & 0o777 == 0o600)
    let piped = try store.admin("backup", "--with-secrets", "-")
    #expect(piped.status == 5 && piped.output.isEmpty)
    let length = cluster[1].node.base.local?.length ?? 0
    let target = store.folder.file("restored")
    func restore(_ arguments: String...) throws -> Command.Result {
      try store.run("registry-admin", ["restore", "--storage", target] + arguments)
    }
    for arguments in [
      ["--resurrect", plain, "--beyond", "0", "--force"], ["--resurrect", secret],
      ["--resurrect", "--force", secret], ["--resurrect", "--beyond", "\(length)", secret],
      ["--resurrect", "--force", "--beyond", "\(length + 1)", secret],
    ] {
      let result = try store.run("registry-admin", ["restore", "--storage", target] + arguments)
      #expect(result.status == 5, "\(arguments)")
      #expect(result.messages.contains("hint: "), "\(result.messages)")
      #expect(access(target, F_OK) != 0)
    }
    for arguments in [["--force"], ["--beyond", "3"], ["--as-writer", "--resurrect"]] {
      #expect(try store.run("registry-admin", ["restore", "--storage", target, plain] + arguments).status == 2)
    }
    let result = try restore("--resurrect", "--force", "--beyond", "\(length)", secret)
    #expect(result.status == 0, "\(result.messages)")
    let status = try JSON(parsing: store.run("registry-admin", ["status", "--storage", target, "--json"]).output)
    #expect(status["localKey"]?.string == cluster[1].name && status["writable"] == true)
    #expect(stat(target + "/secrets/seed", &info) == 0 && info.st_mode & 0o777 == 0o600)
  }

  @Test func damagedArchivesAreNotTaken() throws {
    let store = Store()
    _ = try store.founded()
    let file = store.folder.file("node.backup")
    #expect(try store.admin("backup", file).status == 0)
    let whole = try readFile(file)
    let target = store.folder.file("restored")
    func restore(_ bytes: [UInt8]) throws -> Command.Result {
      try store.run("registry-admin", ["restore", "--storage", target, "-"], input: bytes)
    }
    for count in [0, 1, 500, whole.count / 2, whole.count - 1] {
      let result = try restore(Array(whole[..<count]))
      #expect(result.status == 4, "\(count) bytes: \(result.messages)")
      #expect(count == 0 || result.messages.contains("after \(count) bytes"), "\(result.messages)")
    }
    for position in [0, 30, whole.count / 3, whole.count - 3] {
      var bytes = whole
      bytes[position] ^= 0x55
      let result = try restore(bytes)
      #expect(result.status == 4, "byte \(position): \(result.messages)")
    }
    var bytes = whole
    bytes[whole.count / 2] ^= 0x55
    #expect(try restore(bytes).messages.contains("in store.db"))
    #expect(access(target, F_OK) != 0)
    #expect(try restore(whole).status == 0)
    #expect(try store.run("registry-admin", ["restore", "--storage", target + "/no/such", file]).status == 7)
    #expect(try store.run("registry-admin", ["restore", "--storage", target + "2", file + ".none"]).status == 7)
  }

  @Test func backupsOfWhatIsNotThere() throws {
    let store = Store()
    #expect(try store.admin("backup", store.folder.file("x")).status == 7)
    #expect(access(store.folder.file("x"), F_OK) != 0)
    _ = try store.founded()
    #expect(try store.admin("backup", store.folder.file("no/folder/x")).status == 7)
    let logs = try Store.withLog(["one", "two"])
    #expect(try logs.admin("backup", logs.folder.file("x")).status == 0)
    #expect(
      try logs.admin("restore", "--storage", logs.folder.file("y"), "--as-writer", logs.folder.file("x")).status == 5)
    #expect(try logs.admin("restore", "--storage", logs.folder.file("y"), logs.folder.file("x")).status == 0)
    #expect(try logs.run("hc-log", ["cat", "--store", logs.folder.file("y"), "events"]).text == "one\ntwo\n")
  }

  /// Whatever the moment at which it is killed, what was to be made is there as a whole or not at all.
  @Test func killsLeaveAllOrNothing() throws {
    let store = Store()
    _ = try store.founded()
    for (number, microseconds) in stride(from: 0 as UInt32, to: 48_000, by: 6000).enumerated() {
      let file = store.folder.file("backup \(number)")
      let backup = try store.command("registry-admin", ["backup", file]).start()
      usleep(microseconds)
      backup.signal(SIGKILL)
      _ = try backup.finish()
      let isThere = access(file, F_OK) == 0
      let target = store.folder.file("restored \(number)")
      if !isThere { #expect(try store.admin("backup", file).status == 0) }
      let restore = try store.command("registry-admin", ["restore", "--storage", target, file]).start()
      usleep(microseconds)
      restore.signal(SIGKILL)
      _ = try restore.finish()
      if access(target, F_OK) != 0 { #expect(try store.admin("restore", "--storage", target, file).status == 0) }
      #expect(try store.admin("doctor", "--quick", "--storage", target).status == 0)
      #expect(try JSON(parsing: store.admin("status", "--json", "--storage", target).output)["running"] == false)
    }
    #expect(try store.admin("doctor").status == 0)
  }

  /// Backups while a node writes: each one is restored and sound.
  @Test func backupsBesideALoad() throws {
    let store = Store()
    _ = try store.founded()
    _ = try store.log("create", "load")
    var loop = try store.command("hc-log", [])
    loop.program = "/bin/bash"
    loop.arguments = ["-c", "for i in $(seq 40); do echo $i | hc-log append load; done"]
    loop.environment["PATH"] = "\(Command.toolFolder):/usr/bin:/bin"
    let load = try loop.start()
    for round in 0..<3 {
      let file = store.folder.file("backup \(round)")
      #expect(try store.admin("backup", file).status == 0)
      let target = store.folder.file("restored \(round)")
      #expect(try store.admin("restore", "--storage", target, file).status == 0)
      #expect(try store.admin("doctor", "--storage", target).status == 0)
    }
    #expect(try load.finish().status == 0)
    #expect(try store.log("verify").status == 0)
  }
}
