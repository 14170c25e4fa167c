import Glibc
import TestSupport
import Testing

/// How programs and those who run them end.
@Suite struct ApplyEndTests {
  private let store = Store()

  private static let verbs: [[String]] = [
    ["view", "--input", "in"], ["follow", "--init", "--once"], ["follow", "--init"],
  ]

  private func prepare() throws {
    let result = try store.run("ab-linearize", ["append", "--local-input", "in", "--create", "a", "b"])
    guard result.status == 0 else { throw CommandError("append: \(result.messages)") }
  }

  /// A program that leaves its own number and that of what it starts, and hangs.
  private var hanging: String { "echo $$ >one; { sleep 79 & echo $! >two; }; mv two three; sleep 79; true" }

  /// The numbers that ``hanging`` left.
  private func numbers() throws -> [pid_t] {
    let deadline = ContinuousClock.now + .seconds(10)
    while access(store.folder.file("three"), F_OK) != 0 {
      guard ContinuousClock.now < deadline else { throw CommandError("the program did not start") }
      usleep(5_000)
    }
    return try ["one", "three"].map { name in
      let text = String(decoding: try readFile(store.folder.file(name)), as: UTF8.self)
      return try #require(pid_t(text.dropLast()))
    }
  }

  /// Whether a process is gone, or only waits to be noticed by its parent.
  private func hasEnded(_ process: pid_t) -> Bool {
    let deadline = ContinuousClock.now + .seconds(5)
    while ContinuousClock.now < deadline {
      guard let bytes = try? readFile("/proc/\(process)/stat") else { return true }
      // "number (name) state …"
      let text = String(decoding: bytes, as: UTF8.self)
      if text.split(separator: ")").last?.hasPrefix(" Z") == true { return true }
      usleep(10_000)
    }
    return false
  }

  @Test(arguments: ApplyEndTests.verbs, [SIGTERM, SIGINT, SIGHUP])
  func aSignalEndsTheProgramToo(verb: [String], signal: Int32) throws {
    try prepare()
    let process = try store.command("ab-linearize", verb + ["--apply", hanging]).start()
    let numbers = try numbers()
    process.signal(signal)
    let result = try process.finish(timeoutMilliseconds: 15_000)
    if verb.contains("--init"), !verb.contains("--once"), signal != SIGHUP {
      // Who follows finishes what is under way, if that takes no longer than a second.
      #expect(result.status == 3 && result.messages.contains("within a second after the signal to end"))
    } else {
      #expect(result.status == 128 + signal, "\(result.messages)")
    }
    for number in numbers { #expect(hasEnded(number)) }
  }

  @Test func theSecondSignalEndsAFollowerAtOnce() throws {
    let process = try store.command("ab-linearize", ["follow", "--init", "--apply", hanging]).start()
    let numbers = try numbers()
    process.signal(SIGTERM)
    usleep(50_000)
    process.signal(SIGTERM)
    #expect(try process.finish().status == 128 + SIGTERM)
    for number in numbers { #expect(hasEnded(number)) }
  }

  @Test(arguments: ApplyEndTests.verbs) func anErrorEndsTheProgramToo(verb: [String]) throws {
    try prepare()
    let result = try store.run("ab-linearize", verb + ["--apply-timeout", "400ms", "--apply", hanging])
    #expect(result.status == 3 && result.messages.contains("wrote no line for 400 ms"), "\(result.messages)")
    for number in try numbers() { #expect(hasEnded(number)) }
  }

  @Test(arguments: ApplyEndTests.verbs) func anEndIsNoticedWhileOthersHoldTheOutput(verb: [String]) throws {
    try prepare()
    let start = ContinuousClock.now
    let result = try store.run("ab-linearize", verb + ["--apply-timeout", "20s", "--apply", "sleep 30 & exit 3"])
    #expect(result.status == 3 && result.messages.contains("ended with status 3; waited for its hello"))
    // What it wrote before is read, and what it said.
    let hello = #"read -r line; echo '{"type":"hello","version":1}'; "#
    let asked = try store.run(
      "ab-linearize",
      verb + (verb[0] == "follow" ? ["--append"] : []) + [
        "--apply-timeout", "20s", "--apply",
        hello + "read -r line; sleep 30 & echo a word >&2; printf 'half a line'; exit 4",
      ], input: Array("a\nb\n".utf8))
    #expect(asked.status == 3 && asked.messages.contains("ended with status 4; waited for its answer to batch 1"))
    #expect(asked.messages.contains("it said: a word"), "\(asked.messages)")
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  /// The last answer counts, although who wrote it is gone when it is read.
  @Test func aLastAnswerIsRead() throws {
    try prepare()
    let program = #"""
      read -r line; echo '{"type":"hello","version":1}'; read -r line
      sleep 30 & echo '{"type":"answer","results":[{"append":["41"]},{}]}'
      """#
    let result = try store.run("ab-linearize", ["view", "--input", "in", "--text", "--apply", program])
    #expect(result.status == 0 && result.lines == ["A"], "\(result.messages)")
  }
}
