import Corestore
import Hypercore
import TestSupport
import Testing

/// What is known to be on disk, whoever committed it.
@Suite struct DurabilityTests {
  private let directory = TemporaryDirectory()

  private func open(_ durability: StoreOptions.Durability = .full) throws -> Corestore {
    try Corestore(directory: directory.path, options: StoreOptions(durability: durability))
  }

  @Test func aFullCommitIsDurable() throws {
    let store = try open()
    let log = try store.get(name: "log")
    for _ in 0..<3 {
      try log.append([[1]])
      #expect(store.isDurable)
    }
    #expect(try store.read { store.isDurable })
  }

  @Test func aStoreThatDoesNotWaitIsMadeDurable() throws {
    let store = try open(.normal)
    let log = try store.get(name: "log")
    for _ in 0..<3 {
      try log.append([[1]])
      #expect(!store.isDurable)
      try store.makeDurable()
      #expect(store.isDurable)
    }
  }

  @Test func aRelaxedCommitWaitsForAFullOne() throws {
    let store = try open()
    let log = try store.get(name: "log")
    try store.write(durability: .relaxed) { try log.setUserData("note", [1]) }
    #expect(!store.isDurable)
    try store.makeDurable()
    #expect(store.isDurable)
    try store.write(durability: .relaxed) { try log.setUserData("note", [2]) }
    try store.write { try log.setUserData("note", [3]) }
    #expect(store.isDurable)
    // The inner ones of a relaxed transaction are relaxed, unless they say otherwise.
    try store.write(durability: .relaxed) { try store.write { try log.setUserData("note", [4]) } }
    #expect(!store.isDurable)
    try store.write(durability: .relaxed) { try store.write(durability: .full) { try log.setUserData("note", [5]) } }
    #expect(store.isDurable)
  }

  @Test func whatIsSignedHereIsNeverRelaxed() throws {
    let store = try open()
    let log = try store.get(name: "log")
    try store.write(durability: .relaxed) { try log.append([[1], [2]]) }
    #expect(store.isDurable)
    try store.write(durability: .relaxed) { try log.truncate(to: 1) }
    #expect(store.isDurable)
    let atom = store.context.atom()
    try log.session(in: atom).append([[3]])
    try store.write(durability: .relaxed) { try atom.flush() }
    #expect(store.isDurable)
    // A draft is not signed.
    try store.write(durability: .relaxed) { try log.session(named: "draft").append([[4]]) }
    #expect(!store.isDurable)
    // A transaction that was undone leaves no demand behind.
    struct Undone: Error {}
    #expect(throws: Undone.self) {
      try store.write(durability: .relaxed) {
        try log.append([[5]])
        throw Undone()
      }
    }
    try store.write(durability: .relaxed) { try log.setUserData("note", [1]) }
    #expect(!store.isDurable)
  }

  @Test func othersCommitsCount() throws {
    let (store, other) = (try open(), try open(.normal))
    let log = try store.get(name: "log")
    let same = try other.get(name: "log")
    try log.append([[1]])
    #expect(store.isDurable && !other.isDurable)
    try same.append([[2]])
    #expect(!store.isDurable && !other.isDurable)
    try store.makeDurable()
    #expect(store.isDurable && !other.isDurable)
    try same.append([[3]])
    // Waits for the other's as well.
    try log.append([[4]])
    #expect(store.isDurable)
    #expect(throws: SessionError.writeInsideRead) { try store.read { try store.makeDurable() } }
    let reader = try Corestore(directory: directory.path, options: StoreOptions(isReadOnly: true))
    try reader.makeDurable()
    #expect(reader.isDurable)
  }

  @Test func memoryHasNothingToWaitFor() throws {
    let store = try Corestore.inMemory()
    try store.write(durability: .relaxed) { try store.get(name: "log").append([[1]]) }
    #expect(store.isDurable)
    try store.makeDurable()
  }
}
