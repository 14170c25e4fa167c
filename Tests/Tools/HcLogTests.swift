import Glibc
import JSON
import TestSupport
import Testing

@Suite struct HcLogTests {
  @Test(arguments: [["-0"], ["--length-prefixed"]])
  func recordsOfAnySizeComeBack(framing: [String]) throws {
    var generator = SeededGenerator(seed: 3)
    let records = [0, 1, 0xfc, 0xfd, 0x1000, 0x10001].map { count in
      generator.bytes(count).map { framing == ["-0"] && $0 == 0 ? 1 : $0 }
    }
    let input: [UInt8] =
      if framing == ["-0"] {
        records.flatMap { $0 + [0] }
      } else {
        records.flatMap { record -> [UInt8] in
          let count = record.count
          let prefix: [UInt8] =
            switch count {
            case ...0xfc: [UInt8(count)]
            case ...0xffff: [0xfd, UInt8(count & 255), UInt8(count >> 8)]
            default: [0xfe, UInt8(count & 255), UInt8(count >> 8 & 255), UInt8(count >> 16), 0]
            }
          return prefix + record
        }
      }
    let store = try Store.withLog([])
    #expect(try store.run("hc-log", ["append", "events"] + framing, input: input).status == 0)
    #expect(try store.run("hc-log", ["cat", "events"] + framing).output == input)
    #expect(try store.log("verify").status == 0)
  }

  @Test func writersSideBySideLoseNothing() throws {
    let store = try Store.withLog([])
    let each = 100
    let writers = try (0..<4).map { number in
      let writer = try store.command("hc-log", ["append", "events", "--batch", "1"]).start()
      return (writer, Array((0..<each).map { "\(number) \($0)\n" }.joined().utf8))
    }
    for (writer, input) in writers { try writer.send(input) }
    for (writer, _) in writers { #expect(try writer.finish().status == 0) }
    let lines = try store.log("cat", "events").lines
    #expect(lines.count == 4 * each)
    for number in 0..<4 {
      #expect(lines.filter { $0.hasPrefix("\(number) ") } == (0..<each).map { "\(number) \($0)" })
    }
    #expect(try store.log("verify").status == 0)
  }

  @Test func whatWasAcknowledgedSurvivesAKill() throws {
    let store = try Store.withLog([])
    let writer = try store.command("hc-log", ["append", "events", "--acks", "--batch", "1"]).start()
    try writer.send(Array((0..<5000).map { "record \($0)\n" }.joined().utf8))
    try writer.wait { output, _ in output.split(separator: "\n").count > 20 }
    writer.signal(SIGKILL)
    let result = try writer.finish()
    #expect(result.status == 128 + SIGKILL)
    let acknowledged = try #require(result.lines.last.flatMap { Int($0) })
    let lines = try store.log("cat", "events").lines
    #expect(lines.count >= acknowledged)
    #expect(lines == lines.indices.map { "record \($0)" })
    #expect(try store.log("verify").status == 0)
  }

  @Test func followGoesOnWithWhatOthersAppend() throws {
    let store = try Store.withLog(["one"])
    let reader = try store.command("hc-log", ["cat", "-f", "events"]).start()
    try reader.wait { output, _ in output == "one\n" }
    _ = try store.log("append", "events", input: Array("two\nthree\n".utf8))
    try reader.wait { output, _ in output == "one\ntwo\nthree\n" }
    reader.signal(SIGTERM)
    #expect(try reader.finish().status == 128 + SIGTERM)
  }

  @Test func aReaderThatLeavesEndsTheWriterQuietly() throws {
    let store = try Store.withLog((0..<20_000).map { "line \($0)" })
    let result = try store.shell("hc-log cat events | head -n 1; echo ${PIPESTATUS[0]}")
    #expect(result.text == "line 0\n141\n")
    #expect(result.messages == "")
  }

  @Test func flagsComeBeforeTheEnvironmentAndThatBeforeTheFile() throws {
    let store = try Store.withLog(["here"])
    #expect(try store.run("hc-log", ["cat", "events"], environment: ["HYPERTOOLS_STORE": "/nonexistent"]).status == 7)
    let found = try store.run(
      "hc-log", ["cat", "events", "-s", store.path], environment: ["HYPERTOOLS_STORE": "/nonexistent"])
    #expect(found.text == "here\n")
    let config = try store.folder.write("config", Array("# mine\nstore = \(store.path)\n".utf8))
    let fromFile = try store.run(
      "hc-log", ["cat", "events"], environment: ["HYPERTOOLS_STORE": "", "HYPERTOOLS_CONFIG": config])
    #expect(fromFile.text == "here\n")
  }

  private static let statuses: [(arguments: [String], status: Int32)] = [
    (["cat"], 2), (["nothing"], 2), (["cat", "--colour", "events"], 2), (["cat", "-r", "x", "events"], 2),
    (["cat", "-0", "--json", "events"], 2), (["append", "--batch", "0", "events"], 2), (["proof", "events"], 2),
    (["append", "--limit", "16M", "events"], 2), (["cat", "missing"], 1), (["cat", "-r", "7", "events"], 1),
    (["proof", "events", "7"], 1), (["create", "events"], 5), (["append", "events", "/nonexistent"], 7),
    (["cat", "--oplog", "events"], 6), (["--help"], 0), (["--version"], 0), (["help", "cat"], 0),
  ]

  @Test(arguments: statuses)
  func statusesAreThoseOfTheTable(arguments: [String], status: Int32) throws {
    let store = try Store.withLog(["one", "two"])
    let result = try store.run("hc-log", arguments)
    #expect(result.status == status, "\(result.messages)")
    if status == 0 {
      #expect(!result.output.isEmpty && result.errors.isEmpty)
    } else {
      #expect(result.messages.hasPrefix("hc-log: error: "))
      for line in result.messages.split(separator: "\n").dropFirst() { #expect(line.hasPrefix("hc-log: hint: ")) }
    }
    #expect(try store.log("cat", "events").text == "one\ntwo\n")
  }

  @Test func binaryDoesNotReachATerminal() throws {
    let store = try Store.withLog([])
    _ = try store.log("append", "--whole", "events", input: [0, 1, 2, 27])
    let refused = try store.shell("script -qec 'hc-log cat --raw events' /dev/null")
    #expect(refused.status == 2)
    #expect(refused.text.contains("refusing to write binary data to the terminal"))
    #expect(!refused.output.contains(0))
    #expect(try store.shell("script -qec 'hc-log cat --raw --binary events' /dev/null").output.contains(0))
  }

  @Test func aFullOutputIsALocalError() throws {
    let store = try Store.withLog(["one"])
    let result = try store.shell("hc-log cat events >/dev/full")
    #expect(result.status == 7)
    #expect(result.messages == "hc-log: error: cannot write to standard output: no space left on device\n")
  }

  @Test func blocksAreDroppedAndDeleted() throws {
    let store = try Store.withLog((0..<200).map { "record \($0)" })
    func record(_ arguments: String...) throws -> JSON {
      try JSON(parsing: store.run("hc-log", arguments + ["--json"]).output)
    }
    let before = try record("info", "events")
    let trial = try record("truncate", "events", "150", "--dry-run")
    #expect(trial["dropped"]?.unsigned == 50 && trial["fork"]?.unsigned == 1)
    #expect(try record("info", "events") == before)
    let done = try record("truncate", "events", "150")
    #expect(done["dropped"]?.unsigned == 50 && done["fork"]?.unsigned == 1)
    #expect(try store.log("cat", "events").lines == (0..<150).map { "record \($0)" })
    #expect(try store.log("truncate", "events", "151").status == 2)

    #expect(try record("clear", "-n", "events", "60..130")["deleted"]?.unsigned == 70)
    #expect(try record("clear", "events", "60..130")["deleted"]?.unsigned == 70)
    // What is gone is counted once.
    #expect(try record("clear", "events", "0..70")["deleted"]?.unsigned == 60)
    #expect(try record("clear", "events", "147..")["deleted"]?.unsigned == 3)
    #expect(try store.log("clear", "events", "--", "-3..").text.hasPrefix("deleted 0 blocks from 147"))
    #expect(try store.log("clear", "events", "500").status == 1)
    #expect(try store.log("cat", "events", "--range", "130..147").lines == (130..<147).map { "record \($0)" })
    #expect(try store.log("cat", "events", "--range", "129").status == 1)
    // The log goes on, and can be checked, as far as it is here.
    #expect(try store.log("append", "events", "--acks", input: Array("more\n".utf8)).lines == ["151"])
    #expect(try store.log("verify", "events").status == 0)
  }

  /// A block that is no message, or a message that is gone, ends a node for good.
  @Test func whatABaseWritesIsItsOwn() throws {
    let registry = try RegistryStore()
    try registry.fill(3)
    let node = registry.store
    let base = try node.log("ls", "--json").lines.map { try JSON(parsing: $0) }
    let views = base.filter { $0["name"]?.string != "registry/local" }.compactMap { $0["key"]?.string }
    #expect(!views.isEmpty)
    for log in ["registry/local"] + views {
      for arguments in [["append", log], ["truncate", log, "1"], ["clear", log, "0"], ["clear", "-n", log, "0"]] {
        let result = try node.run("hc-log", arguments, input: Array("x\n".utf8))
        #expect(result.status == 5, "\(arguments): \(result.messages)")
      }
    }
    #expect(try node.run("ab-linearize", ["status", "--check"]).status == 0)
  }
}
