import Glibc
import JSON
import TestSupport
import Testing

/// `hc-log export` and `hc-log import`.
@Suite struct ArchiveToolTests {
  /// A store with two logs, and an archive of both.
  private func archived() throws -> Store {
    let store = try Store.withLog((0..<2000).map { "record number \($0) of many" })
    _ = try store.log("create", "files")
    _ = try store.log("append", "--whole", "files", "/bin/sh", "/bin/ls")
    let result = try store.log("export", "--output", "all.hca", "--json")
    #expect(result.status == 0 && result.lines.count == 2, "\(result.messages)")
    return store
  }

  private func key(_ store: Store, _ name: String) throws -> String {
    try JSON(parsing: store.log("info", "--json", name).text).text("key")
  }

  @Test func archivesComeBackThroughFilesAndPipes() throws {
    let store = try archived()
    let result = try store.shell(
      """
      set -e
      hc-log import -s file all.hca >/dev/null
      hc-log export | hc-log import -s pipe >/dev/null
      cat all.hca | cat | hc-log import -s pipe - >/dev/null
      for copy in file pipe; do
        hc-log verify -s $copy
        hc-log export -s $copy | zstd -dc >$copy.content
        for log in $(hc-log ls --json | jq -r .key); do
          hc-log cat --raw -s $copy $log | cmp - <(hc-log cat --raw $log)
          hc-log cat --raw --archive all.hca $log | cmp - <(hc-log cat --raw $log)
        done
      done
      cmp file.content pipe.content
      hc-log cat --archive all.hca events -r 1997.. | tail -n 1
      hc-log cat --archive all.hca --frames events | hc-log stream | tail -n 1
      hc-log export events | hc-log import -s named --name copies/events --json | jq -c '[.length, .blocks, .lengthBefore]'
      hc-log cat -s named copies/events -r 0
      hc-log ls --archive all.hca --json | jq -c '[.name, .length]'
      hc-log import -s nowhere --dry-run all.hca | wc -l
      test ! -e nowhere
      """)
    #expect(result.status == 0, "\(result.messages)")
    #expect(
      result.lines == [
        "record number 1999 of many", #"{"type":"end","records":2001}"#, "[2000,2000,null]", "record number 0 of many",
        #"["events",2000]"#, #"["files",2]"#, "3",
      ], "\(result.text)")
  }

  @Test func archivesExtendAndNeverShorten() throws {
    let store = try archived()
    let before = try store.log("cat", "events").output
    _ = try store.log("append", "events", input: Array("and one more\n".utf8))
    #expect(try store.log("export", "-o", "more.hca", "events").status == 0)
    let own = try store.log("import", "all.hca", "--json")
    #expect(own.status == 0 && own.lines.allSatisfy { $0.contains("\"blocks\":0") })
    #expect(try store.log("cat", "events").output.count == before.count + 13)
    _ = try store.log("import", "-s", "copy", "all.hca")
    for (arguments, blocks) in [(["--dry-run"], "1"), ([], "1"), ([], "0")] {
      let result = try store.run("hc-log", ["import", "-s", "copy", "--json", "more.hca"] + arguments)
      #expect(result.status == 0)
      #expect(
        result.text.contains(#""lengthBefore":\#(blocks == "1" ? 2000 : 2001),"blocks":\#(blocks)"#), "\(result.text)")
    }
    #expect(try store.shell("hc-log cat -s copy \(try key(store, "events")) | tail -n 1").text == "and one more\n")
  }

  /// One writer on two copies of its store: what the archive holds contradicts what is here.
  @Test func contradictionsAreRefusedAndBothAreTold() throws {
    let store = try archived()
    let result = try store.shell(
      """
      cp -r store twin
      echo here | hc-log append events
      printf 'there\\nand there\\n' | hc-log append -s twin events
      hc-log export -s twin -o twin.hca
      hc-log import twin.hca; echo $?
      hc-log import --dry-run twin.hca 2>/dev/null; echo $?
      hc-log export -o here.hca events
      hc-log import -s twin here.hca 2>/dev/null; echo $?
      hc-log cat events | tail -n 1
      hc-log cat -s twin events | tail -n 1
      hc-log import -s fresh twin.hca >/dev/null; hc-log import -s fresh here.hca 2>/dev/null; echo $?
      """)
    #expect(result.lines == ["4", "4", "4", "here", "and there", "4"], "\(result.text)")
    #expect(result.messages.contains("2001 blocks here") && result.messages.contains("2002 blocks in the archive"))
  }

  @Test func damageIsToldByItsPlaceAndNothingIsTaken() throws {
    let store = try archived()
    let whole = try readFile(store.folder.file("all.hca"))
    var generator = SeededGenerator(seed: 31)
    let places =
      (0..<10).map { $0 * whole.count / 10 } + [1, 4, 17, 40, whole.count - 1, whole.count - 9, whole.count - 30]
    for place in places {
      var bytes = whole
      bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      let result = try store.log("import", "-s", "other", input: bytes)
      #expect([4, 6].contains(result.status), "byte \(place): \(result.status) \(result.messages)")
      #expect(
        result.messages.contains("damaged from byte") || result.messages.contains("ends too early")
          || result.messages.contains("not an archive"), "byte \(place): \(result.messages)")
      if let told = result.messages.firstMatch(of: /from byte (\d+) on, in (.*?):/), let byte = Int(told.1) {
        // What is told is the beginning of the section with the damage, or where what follows no longer fits.
        #expect(byte <= whole.count && !told.2.isEmpty, "byte \(place): \(result.messages)")
      }
      let cut = try store.log("import", "-s", "other", input: Array(whole[..<place]))
      #expect(cut.status == 4, "\(place) bytes: \(cut.messages)")
    }
    #expect(try store.run("hc-log", ["ls", "-s", "other"]).lines.count <= 1)
    // In the middle of the second log: it is named, and so are the blocks.
    let offset = try #require(
      store.log("import", "-s", "other", input: Array(whole[..<(whole.count - 4000)])).messages
        .firstMatch(of: /after (\d+) bytes, in (\w{52}) from block (\d+) on/))
    #expect(Int(offset.1) == whole.count - 4000)
    #expect(String(offset.2) == (try key(store, "files")))
    // A sound file of another kind, and one of a later version.
    #expect(try store.shell("echo hello | hc-log import -s other").status == 4)
    #expect(try store.shell("echo hello | zstd | hc-log import -s other").status == 4)
    #expect(try store.shell("printf 'hc-archive\\2' >later && zstd -qc later | hc-log import -s other").status == 6)
    #expect(try store.shell("hc-log cat --archive store/store.db events").status == 4)
    #expect(try store.shell("hc-log import -s other missing.hca").status == 7)
  }

  /// Half as much memory as there are blocks, with all that a process has besides, is enough.
  @Test(.enabled(if: getenv("HYPERTOOLS_LONG") != nil))
  func memoryDoesNotGrowWithTheLog() throws {
    let store = Store()
    let result = try store.shell(
      """
      set -e
      hc-log create big >key
      yes 'so many bytes' | tr -d '\\n' | head -c 900000000 | fold -w 65536 | hc-log append --sync normal big
      ulimit -v 450000
      hc-log export big | hc-log import -s other --json | jq .blocks
      hc-log export -o big.hca big
      hc-log cat -s other $(cat key) | tail -c 5
      """)
    #expect(result.status == 0, "\(result.messages)")
    #expect(result.lines.first == "13733")
  }

  /// Killed at any time, an import leaves all or nothing, and the next one does it all.
  @Test func aKilledImportLeavesNothing() throws {
    let store = try Store.withLog([])
    let lines = (0..<30_000).map { "record number \($0)\n" }.joined()
    _ = try store.log("append", "events", "--batch", "10000", input: Array(lines.utf8))
    _ = try store.log("export", "-o", "all.hca", "events")
    let key = try key(store, "events")
    var generator = SeededGenerator(seed: 14)
    var killed = 0
    for round in 0..<8 {
      let running = try store.command("hc-log", ["import", "-s", "other", "all.hca"]).start()
      usleep(UInt32.random(in: 1000...120_000, using: &generator))
      running.signal(SIGKILL)
      let ended = try running.finish()
      if ended.status != 0 { killed += 1 }
      let found = try store.run("hc-log", ["info", "-s", "other", "--json", key])
      if found.status == 0 {
        #expect(try JSON(parsing: found.text).number("length") == 30_000, "round \(round)")
        _ = try store.shell("rm -r other")
      }
    }
    #expect(killed > 0)
    #expect(try store.run("hc-log", ["import", "-s", "other", "all.hca"]).status == 0)
    #expect(try store.run("hc-log", ["verify", "-s", "other"]).status == 0)
    #expect(
      try store.shell("hc-log cat -s other \(key) | cmp - <(hc-log cat events) && ls -A other | grep -c import").text
        == "0\n")
  }
}
