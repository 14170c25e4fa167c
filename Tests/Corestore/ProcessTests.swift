import Corestore
import Glibc
import Hypercore
import TestSupport
import Testing

/// Several processes on one store.
@Suite struct ProcessTests {
  private let directory = TemporaryDirectory()

  private func helper(_ arguments: String...) throws -> RunningCommand {
    var words = arguments
    words.insert(directory.path, at: 1)
    return try Command(Command.tool("store-helper"), words).start()
  }

  private func expectSound(_ log: Hypercore) throws {
    var batch = MerkleBatch(MerkleTree(fork: log.fork))
    for index in 0..<log.length { batch.append(try log.block(at: index)) }
    #expect(try batch.tree.hash == log.treeHash())
    #expect(try log.verifier.accepts(batch.tree, signature: log.head().signature))
  }

  /// Numbers that a process printed: what it was told is on disk.
  private func acknowledged(_ output: [UInt8]) -> Int {
    String(decoding: output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: true).compactMap {
      Int($0)
    }
    .last ?? 0
  }

  @Test func manyWritersOfOneLog() throws {
    let writers = try (0..<4).map { _ in try helper("append", "log", "200", "5") }
    for writer in writers { #expect(try writer.finish().status == 0) }
    let store = try Corestore(directory: directory.path)
    let log = try store.get(name: "log")
    #expect(log.length == 800)
    try expectSound(log)
    // Each writer's blocks are all there, in its order, and each batch in one piece.
    var next: [Substring: Int] = [:]
    for index in 0..<log.length {
      let parts = String(decoding: try log.block(at: index), as: UTF8.self).split(separator: " ")
      let writer = Substring(String(parts[0]))
      #expect(Int(parts[1]) == next[writer, default: 0])
      next[writer, default: 0] += 1
    }
    #expect(next.count == 4 && next.values.allSatisfy { $0 == 200 })
  }

  @Test func manyWritersOfTwoLogs() throws {
    let writers = try (0..<3).map { _ in try helper("pair", "100") }
    let store = try Corestore(directory: directory.path)
    let (a, b) = (try store.get(name: "a"), try store.get(name: "b"))
    while a.length < 300 {
      try store.read {
        #expect(a.length == b.length)
        guard a.length > 0 else { return }
        let isSame = try a.block(at: a.length - 1) == b.block(at: a.length - 1)
        #expect(isSame)
      }
    }
    for writer in writers { #expect(try writer.finish().status == 0) }
    try expectSound(a)
    try expectSound(b)
  }

  /// Killed at any moment, a process leaves everything it reported, and nothing by halves.
  @Test(arguments: 0..<6) func nothingAcknowledgedIsLost(round: Int) throws {
    var random = SeededGenerator(seed: UInt64(round))
    var least = 0
    for _ in 0..<4 {
      let writer = try helper("pair", "0")
      try writer.wait { output, _ in output.utf8.count { $0 == 10 } >= 1 }
      usleep(UInt32.random(in: 0...60_000, using: &random))
      writer.signal(SIGKILL)
      let result = try writer.finish()
      #expect(result.status == 128 + SIGKILL)
      // The output ends at a line or inside of one; only whole lines count.
      let whole = result.output[...(result.output.lastIndex(of: 10) ?? 0)]
      least += acknowledged(Array(whole))

      let store = try Corestore(directory: directory.path)
      let (a, b) = (try store.get(name: "a"), try store.get(name: "b"))
      #expect(a.length >= UInt64(least))
      #expect(a.length == b.length)
      try expectSound(a)
      try expectSound(b)
      #expect(try store.health().problems.isEmpty)
      least = Int(a.length)
    }
  }

  @Test func aWaitingProcessIsWoken() throws {
    let store = try Corestore(directory: directory.path)
    let log = try store.get(name: "log")
    let waiter = try helper("wait", "log", "3")
    try waiter.wait { output, _ in output.contains("ready") }
    let start = ContinuousClock.now
    for _ in 0..<3 {
      try log.append([[1]])
      usleep(20_000)
    }
    let result = try waiter.finish()
    #expect(result.status == 0)
    #expect(result.text.contains("woken"))
    // Far below the second of the poll that is its net.
    #expect(start.duration(to: .now) < .seconds(1))
  }

  @Test func aChangeByAnotherProcessIsSeen() throws {
    let store = try Corestore(directory: directory.path)
    let log = try store.get(name: "log")
    try log.append([[0]])
    #expect(try helper("append", "log", "10", "2").finish().status == 0)
    #expect(log.length == 11)
    try log.append([[1]])
    #expect(log.length == 12)
    try expectSound(log)
  }

  @Test func aBusyStoreIsATemporaryError() throws {
    let holder = try helper("hold", "1500")
    try holder.wait { output, _ in output.contains("locked") }
    let options = StoreOptions(busyTimeoutMilliseconds: 50)
    let store = try Corestore(directory: directory.path, options: options)
    do {
      _ = try store.get(name: "log").append([[1]])
      Issue.record("the lock was not held")
    } catch let error as StoreError {
      #expect(error.category == .temporary)
      #expect(error.description.contains(directory.path))
    }
    // Readers do not wait.
    #expect(try store.list().isEmpty)
    #expect(try holder.finish().status == 0)
    #expect(try store.get(name: "log").append([[1]]) == 1)
  }
}
