import Corestore
import Glibc
import Hypercore
import Synchronization
import TestSupport
import Testing

@Suite struct CommitQueueTests {
  private struct Refused: Error {}
  private let directory = TemporaryDirectory()

  @Test func callersShareCommitsAndEachIsAnswered() async throws {
    let queue = try CommitQueue(directory: directory.path)
    let lengths = try await withThrowingTaskGroup(of: UInt64.self) { group in
      for number in 0..<200 {
        group.addTask {
          try await queue.run { store in try store.get(name: "log").append(block: Array("\(number)".utf8)) }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    // Everybody got the length of an append of his own.
    #expect(lengths.sorted() == Array(1...200))
    queue.close()
    let log = try Corestore(directory: directory.path).get(name: "log")
    let numbers = try (0..<log.length).map { String(decoding: try log.block(at: $0), as: UTF8.self) }
    #expect(Set(numbers) == Set((0..<200).map(String.init)))
  }

  @Test func aFailingJobFailsAlone() async throws {
    let queue = try CommitQueue(directory: directory.path, options: StoreOptions(durability: .normal))
    // The first job keeps the thread busy until all others wait, so that they share a transaction.
    let gate = Gate()
    async let first: UInt64 = queue.run { store in
      gate.wait()
      return try store.get(name: "log").append([[0]])
    }
    let failures = await withTaskGroup(of: Int.self) { group in
      for number in 0..<20 {
        group.addTask {
          do {
            try await queue.run { store in
              try store.get(name: "log").append([[1]])
              if number % 5 == 0 { throw Refused() }
            }
            return 0
          } catch {
            return error is Refused ? 1 : 100
          }
        }
      }
      group.addTask {
        usleep(50_000)
        gate.open()
        return 0
      }
      return await group.reduce(0, +)
    }
    _ = try await first
    #expect(failures == 4)
    #expect(try queue.perform { try $0.get(name: "log").length } == 17)
    queue.close()
  }

  @Test func aClosedQueueRefuses() throws {
    let queue = try CommitQueue(directory: directory.path)
    #expect(try queue.perform { try $0.get(name: "log").append([[1]]) } == 1)
    queue.close()
    queue.close()
    #expect(throws: StoreError.closed) { try queue.perform { try $0.get(name: "log").append([[1]]) } }
  }

  @Test func openingFailuresAreThrown() {
    let options = StoreOptions(create: false)
    #expect(throws: StoreError.missing(path: directory.path + "/none/store.db")) {
      try CommitQueue(directory: directory.path + "/none", options: options)
    }
  }

  /// Holds a thread until it is opened.
  private final class Gate: Sendable {
    private let isOpen = Mutex(false)
    func open() { isOpen.withLock { $0 = true } }
    func wait() { while !isOpen.withLock({ $0 }) { usleep(1000) } }
  }
}
