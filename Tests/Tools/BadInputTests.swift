import Glibc
import JSON
import TestSupport
import Testing

@Suite struct BadInputTests {
  private let lines = (0..<300).map { "record number \($0)" }

  @Test func aChangedBlockIsNamed() throws {
    let store = try Store.withLog(lines)
    try store.sql("UPDATE blocks SET value = CAST('forged' AS BLOB) WHERE (id & 0xffffffffff) = 123")
    let result = try store.log("verify")
    #expect(result.status == 4)
    #expect(result.messages.hasPrefix("hc-log: error: events: block 123 is the first bad block\n"))
    let json = try JSON(parsing: store.log("verify", "--json").output)
    #expect(json["ok"] == false)
    #expect(json["problems"]?[0]?["block"] == 123)
  }

  @Test func aMissingBlockIsNamed() throws {
    let store = try Store.withLog(lines)
    try store.sql("DELETE FROM blocks WHERE (id & 0xffffffffff) = 200")
    let result = try store.log("verify")
    #expect(result.status == 4)
    #expect(result.messages.contains("block 200 is missing"))
    #expect(try store.log("cat", "events").status != 0)
  }

  @Test func aForgedHeadIsNoticed() throws {
    let store = try Store.withLog(lines)
    try store.sql("UPDATE areas SET signature = zeroblob(length(signature)) WHERE length > 0")
    #expect(try store.log("verify").status == 4)
  }

  /// A damaged file ends in an error or, where nothing that was asked for is hit, in the right answer.
  @Test func flippedBytesNeverGoUnnoticed() throws {
    let store = try Store.withLog(lines)
    try store.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    let whole = try readFile(store.database)
    let expected = try store.log("cat", "events").output
    var generator = SeededGenerator(seed: 19)
    for round in 0..<60 {
      var bytes = whole
      let index = Int.random(in: bytes.indices, using: &generator)
      bytes[index] ^= UInt8.random(in: 1...255, using: &generator)
      try store.folder.write("store/store.db", bytes)
      let verified = try store.log("verify")
      let read = try store.log("cat", "events")
      for result in [verified, read] {
        #expect([0, 1, 4, 6, 7].contains(result.status), "round \(round), byte \(index): \(result.messages)")
      }
      // What verify lets pass reads as it was written, or not at all.
      if verified.status == 0, read.status == 0 { #expect(read.output == expected, "round \(round), byte \(index)") }
    }
  }

  @Test(arguments: [0, 1, 99, 100, 4096, 5000, 20_000])
  func aTruncatedStoreIsNoticed(length: Int) throws {
    let store = try Store.withLog(lines)
    try store.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    let whole = try readFile(store.database)
    try store.folder.write("store/store.db", Array(whole.prefix(length)))
    for arguments in [["verify"], ["cat", "events"], ["ls"]] {
      let result = try store.run("hc-log", arguments)
      #expect([1, 4, 7].contains(result.status), "\(arguments), \(length): \(result.status) \(result.messages)")
      #expect(result.messages.hasPrefix("hc-log: error: "))
    }
  }

  @Test func aNewerStoreIsRefused() throws {
    let store = try Store.withLog(["one"])
    try store.sql("PRAGMA user_version = 99")
    let before = try readFile(store.database)
    for arguments in [["cat", "events"], ["append", "events"], ["create", "more"], ["verify"]] {
      let result = try store.run("hc-log", arguments, input: [97, 10])
      #expect(result.status == 6, "\(arguments): \(result.messages)")
      #expect(result.messages.contains("99"))
    }
    #expect(try readFile(store.database) == before)
  }

  @Test func somebodyElsesDatabaseIsRefused() throws {
    let store = Store()
    _ = try store.shell("mkdir store && sqlite3 store/store.db 'CREATE TABLE t(x); PRAGMA user_version = 1'")
    #expect(try store.log("ls").status == 4)
    try store.folder.write("store/store.db", Array("not a database at all, but long enough to look like one".utf8))
    #expect(try store.log("ls").status == 4)
  }

  @Test func storesThatCannotBeThere() throws {
    let store = Store()
    for path in ["/proc/nothing/store", "/dev/null"] {
      let result = try store.log("create", "events", "-s", path)
      #expect(result.status == 7, "\(path): \(result.messages)")
    }
    #expect(try store.log("cat", "events").status == 7)
  }

  @Test func recordsOverTheLimitEndTheInputButNothingElse() throws {
    let store = try Store.withLog([])
    let result = try store.log(
      "append", "events", "--limit", "4", "--batch", "1", input: Array("one\ntoolong\ntwo\n".utf8))
    #expect(result.status == 2)
    #expect(result.messages.contains("record 2 of standard input is larger than 4 bytes"))
    #expect(try store.log("cat", "events").text == "one\n")
    #expect(try store.log("verify").status == 0)
  }

  @Test func proofsThatWereTamperedWithAreNeverAccepted() throws {
    let store = try Store.withLog(lines)
    let proof = try store.log("proof", "events", "123")
    let record = try JSON(parsing: proof.output)
    let hex = Array(try #require(record["proof"]?.string).utf8)
    let last = hex.count - 140
    var generator = SeededGenerator(seed: 23)
    for round in 0..<100 {
      var mangled = hex
      // Around the manifest's start, where fields stand that checking could pass over, every digit has its turn.
      let index = round < 20 ? last - 10 + round : Int.random(in: mangled.indices, using: &generator)
      mangled[index] = mangled[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
      let text = "{\"proof\":\"\(String(decoding: mangled, as: UTF8.self))\"}\n"
      let result = try store.log("proof", "--check", input: Array(text.utf8))
      #expect(result.status == 4, "digit \(index): \(result.status) \(result.text)")
    }
    for text in ["", "{}", "[]", "{\"proof\":\"0\"}", "{\"proof\":12}", "\u{0}"] {
      #expect(try store.log("proof", "--check", input: Array(text.utf8)).status == 2)
    }
    #expect(try store.log("proof", "--check", input: Array("{\"proof\":\"00\"}".utf8)).status == 4)
    let other = String(repeating: "y", count: 52)
    #expect(try store.log("proof", "--check", "--key", other, input: proof.output).status == 4)
    #expect(try store.log("proof", "--check", input: proof.output).text == lines[123] + "\n")
  }

  /// Whether a file system can be mounted here, as root or in a name space of one's own.
  private static let mount: String? = ["unshare -m", "unshare -Urm"].first { way in
    (try? Command("sh", ["-c", "\(way) mount -t tmpfs none /mnt"]).run().status) == 0
  }

  @Test(.enabled(if: mount != nil, "mounting needs root or user name spaces"))
  func aFullDiskLosesNothing() throws {
    let store = Store()
    let result = try store.shell(
      """
      mkdir disk store
      \(Self.mount!) bash -c '
        mount -t tmpfs -o size=2m none disk
        export HYPERTOOLS_STORE=disk/store
        hc-log create events >/dev/null
        yes "a line of text that fills the disk" | head -n 200000 | hc-log append events --acks >acks
        echo status $?
        hc-log verify && echo sound
        length=$(hc-log info --json events | jq .length)
        [ "$length" -ge "$(tail -n 1 acks)" ] && echo complete
      '
      """)
    #expect(result.text == "status 7\nsound\ncomplete\n", "\(result.messages)")
    #expect(result.messages.contains("no space left"))
  }

  @Test(.enabled(if: mount != nil, "mounting needs root or user name spaces"))
  func aReadOnlyDiskIsToldClearly() throws {
    let store = try Store.withLog(["one"])
    try store.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    let result = try store.shell(
      """
      \(Self.mount!) bash -c '
        mount --bind store store && mount -o remount,ro,bind store
        hc-log cat events; echo $?
        echo two | hc-log append events; echo $?
        hc-log create more; echo $?
      '
      """)
    #expect(result.text == "one\n0\n7\n7\n", "\(result.messages)")
    #expect(result.messages.contains("cannot be written"))
    #expect(try store.log("cat", "events").text == "one\n")
  }
}
