import Hypercore
import TestSupport
import Testing

@testable import Corestore

@Suite struct MigrationTests {
  private let directory = TemporaryDirectory()

  private func open() throws -> Database {
    try Database(path: directory.path + "/store.db", mode: .create, busyTimeoutMilliseconds: 1000)
  }

  /// Every version commits by itself: a migration that fails or is interrupted goes on at the version it had reached.
  @Test func aMigrationGoesOnWhereItStopped() throws {
    do { _ = try Corestore(directory: directory.path).get(name: "log").append([[1]]) }
    let first = "CREATE TABLE added(x); INSERT INTO added VALUES(1)"
    let steps = [1: first, 2: "INSERT INTO added VALUES(2); INSERT INTO missing VALUES(1)"]
    #expect(throws: StoreError.self) { try SQLiteStorage.migrate(open(), to: 3, steps: steps) }
    #expect(try open().integer("PRAGMA user_version") == 2)
    #expect(try open().integer("SELECT count(*) FROM added") == 1)

    let mended = [1: first, 2: "INSERT INTO added VALUES(2)"]
    try SQLiteStorage.migrate(open(), to: 3, steps: mended)
    try SQLiteStorage.migrate(open(), to: 3, steps: mended)
    #expect(try open().integer("PRAGMA user_version") == 3)
    #expect(try open().integer("SELECT count(*) FROM added") == 2)
    #expect(try open().integer("SELECT count(*) FROM blocks") == 1)
    // The program of today does not touch it.
    #expect(throws: StoreError.newerSchema(path: directory.path + "/store.db", found: 3, supported: 1)) {
      try Corestore(directory: directory.path)
    }
  }

  @Test func aVersionWithoutAWayIsRefused() throws {
    do { _ = try Corestore(directory: directory.path) }
    #expect(throws: StoreError.self) { try SQLiteStorage.migrate(open(), to: 2, steps: [:]) }
    #expect(try open().integer("PRAGMA user_version") == 1)
  }
}
