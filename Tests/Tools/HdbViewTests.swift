import Autobase
import CompactEncoding
import Corestore
import Glibc
import HypercoreCrypto
import JSON
import Registry
import RegistryNode
import TestSupport
import Testing

@Suite struct HdbViewTests {
  @Test func recordsAreFoundByNameAndByIndex() throws {
    let registry = try RegistryStore()
    try registry.fill(30)
    let got = try registry.view("get", "model-0007", "--json", "--hex")
    #expect(got.status == 0, "\(got.messages)")
    let entry = RegistryStore.entry(7)
    let record = try JSON(parsing: got.text)
    #expect(record["name"]?.string == entry.name)
    #expect(record["driveKey"]?.string == entry.driveKey.description)
    #expect(record["owner"]?.string == entry.owner)
    for same in [["--key", "name=model-0007"], ["{\"name\":\"model-0007\"}"]] {
      #expect(try registry.store.run("hdb-view", ["get", "--json", "--hex"] + same).text == got.text)
    }
    #expect(try registry.view("find", "--drive-key", entry.driveKey.description, "--json", "--hex").text == got.text)
    #expect(try names(registry.view("find", "--type", "text", "--json")) == (0..<10).map { name(3 * $0) })
    #expect(
      try names(registry.view("find", "entry-by-owner", "ann", "-n", "4", "-r", "--json"))
        == [28, 26, 24, 22].map(name))
    #expect(
      try names(
        registry.view(
          "find", "@registry/entry-by-owner", "owner=bob", "--gt", "name=model-0003", "--lte", "model-0007", "--json"))
        == [5, 7].map(name))
    #expect(
      try names(registry.view("scan", "--gte", "model-0003", "--lt", "model-0006", "--json")) == [3, 4, 5].map(name))
    #expect(try registry.view("count").text == "30\n")
    #expect(try registry.view("count", "--owner", "bob", "--json").text == "{\"count\":15}\n")
  }

  @Test func everythingIsPrintedForPeopleToo() throws {
    let registry = try RegistryStore()
    try registry.append(
      .putEntry(Entry(name: "a", driveKey: RegistryStore.entry(0).driveKey, type: "x\n\u{1b}[2J", owner: "o")))
    let got = try registry.view("get", "a").lines
    #expect(got.map { $0.split(separator: " ").first.map(String.init) } == ["name", "driveKey", "type", "owner"])
    #expect(got[2] == "type      x\\n\\u{1b}[2J")
    let rows = try registry.view("scan").lines
    #expect(rows.count == 2 && rows[0].hasPrefix("NAME  DRIVE KEY  ") && rows[1].hasPrefix("a     yyyy"))
    #expect(try registry.view("history").lines.count == 1)
    #expect(try registry.view("diff", "0").text.hasPrefix("+ a driveKey="))
    #expect(try registry.view("scan", "--raw").lines.count == 4)
    #expect(try registry.view("schema").lines.contains("index 2 @registry/entry-by-type by type string, name string"))
  }

  @Test func earlierVersionsStayReadable() throws {
    let registry = try RegistryStore()
    try registry.fill(10)
    let before = try info(registry)
    let length = try #require(before["length"]?.unsigned)
    try registry.append(.deleteEntry(EntryName("model-0003")), .putEntry(RegistryStore.entry(4, version: 2)))
    try registry.append(.putEntry(RegistryStore.entry(10)))
    #expect(try registry.view("get", "model-0003").status == 1)
    #expect(try registry.view("get", "model-0003", "--at", "\(length)").status == 0)
    #expect(try registry.view("count", "--at", "\(length)").text == "10\n")
    #expect(
      try JSON(parsing: registry.view("info", "--json", "--at", "\(length)").text)["treeHash"] == before["treeHash"])
    #expect(try registry.view("count", "--at", "0").text == "0\n")

    let inside = try registry.view("count", "--at", "\(length - 1)")
    #expect(inside.status == 2 && inside.messages.contains("inside a transaction"))
    #expect(try registry.view("count", "--at", "100000").status == 1)

    let diff = try registry.view("diff", "\(length)", "--json")
    #expect(diff.status == 1)
    let differences = try diff.lines.map { try JSON(parsing: $0) }
    #expect(differences.map { $0["before"]?["name"]?.string } == ["model-0003", "model-0004", nil])
    #expect(differences.map { $0["after"]?["name"]?.string } == [nil, "model-0004", "model-0010"])
    #expect(differences[1]["after"]?["description"]?.string == "version 2")
    let same = try registry.view("diff", "\(length)", "\(length)")
    #expect(same.status == 0 && same.output.isEmpty)
  }

  @Test func historyTellsEveryChangeInOrder() throws {
    let registry = try RegistryStore()
    try registry.append(.putEntry(RegistryStore.entry(0)), .putEntry(RegistryStore.entry(1)))
    try registry.append(.deleteEntry(EntryName("model-0000")), .deleteEntry(EntryName("nothing")))
    try registry.append(.putEntry(RegistryStore.entry(1)), .putEntry(RegistryStore.entry(1, version: 2)))
    let changes = try registry.view("history", "--json").lines.map { try JSON(parsing: $0) }
    #expect(changes.map { $0["op"]?.string } == ["put", "put", "del", "put"])
    #expect(changes.map { $0["value"]?["name"]?.string } == [0, 1, 0, 1].map(name))
    let blocks = changes.compactMap { $0["seq"]?.unsigned }
    #expect(blocks == blocks.sorted() && blocks.count == 4)
    #expect(try registry.view("history", "-r", "-n", "1", "--json").text == changes[3].text() + "\n")
    #expect(try registry.view("history", "model-0000", "--json").lines.count == 2)
    #expect(
      try registry.view("history", "--range", "\(blocks[1])..\(blocks[2])", "--json").text == changes[1].text() + "\n")
  }

  @Test func watchPrintsWhatOthersCommit() throws {
    let registry = try RegistryStore()
    try registry.fill(3)
    let watch = try registry.store.command("hdb-view", ["watch", "--json", "--count", "4", "--at", "0"]).start()
    try watch.wait { output, _ in output.split(separator: "\n").count == 3 }
    try registry.append(.deleteEntry(EntryName("model-0001")))
    let result = try watch.finish()
    #expect(result.status == 0)
    let changes = try result.lines.map { try JSON(parsing: $0) }
    #expect(changes.map { $0["op"]?.string } == ["put", "put", "put", "del"])
    #expect(try registry.view("watch", "--timeout", "10ms").status == 0)
    #expect(try registry.view("watch", "--timeout", "10ms", "--count", "1").status == 3)
  }

  @Test func whatIsAskedWronglyIsSaid() throws {
    let registry = try RegistryStore()
    try registry.fill(2)
    let empty = Store()
    #expect(try empty.run("hdb-view", ["count"]).status == empty.log("ls").status)
    _ = try empty.log("create", "events")
    let none = try empty.run("hdb-view", ["count"])
    #expect(none.status == 1 && none.messages.contains("registry-admin init"))
    _ = try empty.log("append", "events", input: [0x61, 0x0a])
    #expect(try empty.run("hdb-view", ["count", "--view", "events"]).status == 6)
    for arguments in [
      ["get"], ["get", "{"], ["get", "{}"], ["get", "a", "--key", "name=a"], ["find"], ["find", "no-such", "a"],
      ["find", "entry-by-type", "a", "b", "c"], ["find", "--drive-key", "zz"], ["find", "--type", "a", "--owner", "b"],
      ["count", "--at", "-1"], ["scan", "--gt", "a", "--gte", "b"], ["scan", "--raw", "--gt", "zz"],
      ["scan", "-n", "-1"],
      ["diff"], ["watch", "--count", "0"], ["schema", "no-such"],
    ] { #expect(try registry.store.run("hdb-view", arguments).status == 2, "\(arguments)") }
    #expect(try registry.view("find", "--type", "nothing").status == 1)
    #expect(try registry.view("history", "--range", "9999").status == 1)
  }

  @Test func damagedBlocksEndWithStatus4() throws {
    let registry = try RegistryStore()
    try registry.fill(5)
    try registry.store.sql("update blocks set value = x'ff' where id in (select id from blocks order by id desc)")
    let result = try registry.view("scan")
    #expect(result.status == 4, "\(result.messages)")
  }

  @Test func anyDatabaseIsReadByItsOwnFiles() throws {
    let registry = try RegistryStore()
    try registry.fill(4)
    let folder = registry.store.folder
    for name in ["schema", "db", "dispatch"] {
      try folder.write("\(name).json", try registry.view("schema", name).output)
    }
    let key = try #require(info(registry)["viewKey"]?.string)
    let specification = ["--spec", folder.path, "--view", key]
    #expect(try registry.store.run("hdb-view", ["count"] + specification).text == "4\n")
    #expect(try registry.store.run("hdb-view", ["info", "--json"] + specification).status == 0)
    #expect(try registry.view("schema", "--spec", folder.path).text == registry.view("schema").text)
    try folder.write("db.json", Array("{".utf8))
    #expect(try registry.view("schema", "--spec", folder.path).status == 2)
    try folder.write("db.json", Array("{\"version\":0,\"schema\":[{\"name\":\"x\"}]}".utf8))
    #expect(try registry.view("schema", "--spec", folder.path).status == 6)
    #expect(try registry.view("schema", "--spec", folder.path + "/nowhere").status == 7)
  }

  // MARK: Helpers

  private func name(_ number: Int) -> String { RegistryStore.entry(number).name }

  private func names(_ result: Command.Result) throws -> [String] {
    try result.lines.map { try JSON(parsing: $0).text("name") }
  }

  private func info(_ registry: RegistryStore) throws -> JSON {
    try JSON(parsing: registry.view("info", "--json").text)
  }

  /// Reading needs no secrets: those may rest elsewhere.
  @Test func withoutSecretsAllCanBeRead() throws {
    let registry = try RegistryStore()
    try registry.fill(3)
    let key = KeyIdentifier.encode(try registry.node.store.keyPair(named: "public-key").publicKey)
    #expect(try registry.store.status()["rpcKey"]?.string == key)
    #expect(rename(registry.store.path + "/secrets", registry.store.folder.file("elsewhere")) == 0)
    #expect(try registry.view("count").text == "3\n")
    #expect(try registry.view("info").status == 0)
    let status = try registry.store.status()
    #expect(status["entries"] == 3 && status["rpcKey"] == .null && status["localKey"] != .null)
    let text = try registry.store.run("registry-admin", ["status"])
    #expect(text.status == 0 && text.text.contains("not known: the store's secrets are missing"), "\(text.messages)")
    #expect(try registry.store.run("registry-admin", ["doctor"]).text.contains("everything is indexed and signed"))
    #expect(try registry.store.run("rpc-serve", ["--listen", "127.0.0.1:0"]).status == 5)
  }
}
