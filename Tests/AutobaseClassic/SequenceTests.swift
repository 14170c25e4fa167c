import AutobaseClassic
import CompactEncoding
import Hypercore
import Testing

/// Streams in `for try await`.
@Suite struct SequenceTests {
  private func scene() throws -> TestBase {
    let scene = TestBase(3)
    try scene.fork(scene.a, 1)
    try scene.merge(scene.b)
    try scene.fork(scene.c, 2)
    try scene.merge(scene.a)
    return scene
  }

  @Test func `A live sequence is woken when something is appended`() async throws {
    let scene = try scene()
    var options = ReadStream.Options()
    options.isLive = true
    var values: [String] = []
    var toAppend = ["b", "a", "b"]
    for try await node in scene.base.readSequence(options) {
      values.append(TestBase.text(node))
      if values.count >= 5 {
        if toAppend.isEmpty { break }
        try scene.merge(toAppend.removeFirst() == "a" ? scene.a : scene.b)
      }
    }
    #expect(values.suffix(3) == ["b1", "a2", "b2"])
  }

  @Test func `A live sequence sleeps, and ends when the base is closed`() async throws {
    let scene = try scene()
    try await withSleepingReader(scene) { scene.base.close() }
  }

  @Test func `A live sequence sleeps, and goes on when an input joins`() async throws {
    let scene = try scene()
    try await withSleepingReader(scene) {
      let late = TestBase.log(4)
      try scene.base.addInput(late)
      try scene.base.append(Array("end".utf8), clock: CausalClock(), input: late)
    }
  }

  @Test func `Sequences have entries fetched that are not here`() async throws {
    let scene = try scene()
    let logs = scene.logs.map { SparseLog($0, missing: Set(0..<$0.length)) }
    let base = ClassicAutobase(inputs: logs)
    var fetched = 0
    let fetch: MissingEntryHook = { key, seq in
      fetched += 1
      #expect(logs.first { $0.key == key }?.missing.remove(seq) != nil)
    }
    var nodes: [InputNode] = []
    for try await node in base.readSequence(onMissing: fetch) { nodes.append(node) }
    #expect(isLegal(nodes))
    #expect(nodes.count == 5)
    #expect(fetched == 5)
    for log in logs { log.missing = Set(0..<log.length) }
    var count = 0
    for try await _ in base.causalSequence(onMissing: fetch) { count += 1 }
    #expect(count == 5)
    for log in logs { log.missing = Set(0..<log.length) }
    await #expect(throws: ClassicError.self) { for try await _ in base.causalSequence() {} }
  }

  @Test func `A map changes what is given`() async throws {
    let scene = try scene()
    var values: [String] = []
    let sequence = scene.base.readSequence(map: { TestBase.text($0).uppercased() })
    for try await value in sequence { values.append(value) }
    #expect(values.sorted() == ["A0", "A1", "B0", "C0", "C1"])
  }

  @Test func `A task that waits can be cancelled`() async throws {
    let scene = try scene()
    try await withSleepingReader(scene, cancels: true) {}
  }

  @MainActor private func withSleepingReader(
    _ scene: TestBase, cancels: Bool = false, _ body: () throws -> Void
  ) async throws {
    var isDone = false
    let task = Task {
      var options = ReadStream.Options()
      options.isLive = true
      for try await node in scene.base.readSequence(options) where TestBase.text(node) == "end" { break }
      isDone = true
    }
    for _ in 0..<20 { await Task.yield() }
    #expect(!isDone)
    try body()
    if cancels {
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    } else {
      try await task.value
    }
    #expect(isDone != cancels)
  }
}
