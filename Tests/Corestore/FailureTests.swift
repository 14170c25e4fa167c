import CSQLite
import CompactEncoding
import Corestore
import Glibc
import Hypercore
import HypercoreCrypto
import TestSupport
import Testing

/// Bad files, full disks, missing rights: a clear error each, and an intact store.
@Suite struct FailureTests {
  private let directory = TemporaryDirectory()
  private var file: String { directory.path + "/store.db" }

  /// A store with some logs, checkpointed and closed.
  private func prepare(blocks: Int = 200) throws {
    let store = try Corestore(directory: directory.path)
    let log = try store.get(name: "log")
    try log.append((0..<blocks).map { Array("block \($0)".utf8) })
    try store.get(name: "other").append([[1]])
  }

  private func sql(_ text: String) throws {
    var handle: OpaquePointer?
    defer { sqlite3_close_v2(handle) }
    guard sqlite3_open(file, &handle) == SQLITE_OK, sqlite3_exec(handle, text, nil, nil, nil) == SQLITE_OK else {
      throw CommandError(String(cString: sqlite3_errmsg(handle)))
    }
  }

  private func storeError(_ body: () throws -> Void) -> StoreError? {
    do { try body() } catch { return error as? StoreError }
    return nil
  }

  @Test func aMissingStoreIsNamed() {
    let options = StoreOptions(create: false)
    let error = storeError { _ = try Corestore(directory: directory.path + "/none", options: options) }
    #expect(error == .missing(path: directory.path + "/none/store.db"))
    let reading = StoreOptions(isReadOnly: true)
    let second = storeError { _ = try Corestore(directory: directory.path + "/none", options: reading) }
    #expect(second == error)
    #expect(access(directory.path + "/none", F_OK) != 0)
  }

  @Test func aNewerSchemaIsRefused() throws {
    try prepare()
    try sql("PRAGMA user_version = 99")
    for options in [StoreOptions(), StoreOptions(isReadOnly: true)] {
      let error = storeError { _ = try Corestore(directory: directory.path, options: options) }
      guard case .newerSchema(_, found: 99, _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(error?.category == .incompatible)
    }
    try sql("PRAGMA user_version = 1")
    #expect(try Corestore(directory: directory.path).get(name: "log").length == 200)
  }

  @Test func otherFilesAreRefused() throws {
    try directory.write("store.db", Array(repeating: 7, count: 10_000))
    let noDatabase = storeError { _ = try Corestore(directory: directory.path) }
    #expect(noDatabase?.category == .integrity)
    unlink(file)
    try sql("CREATE TABLE somebody_elses(x)")
    let otherTables = storeError { _ = try Corestore(directory: directory.path) }
    #expect(otherTables?.category == .integrity)
    try sql("INSERT INTO somebody_elses VALUES(1)")
  }

  /// Whatever byte is flipped, reading everything ends in the right answer or an error, never in a crash or in other
  /// content.
  @Test func flippedBytes() throws {
    try prepare()
    let whole = try readFile(file)
    var random = SeededGenerator(seed: 5)
    var noticed = 0
    for round in 0..<150 {
      var bytes = whole
      let position = round < 100 ? round : Int.random(in: 0..<bytes.count, using: &random)
      bytes[position] ^= UInt8.random(in: 1...255, using: &random)
      for name in ["store.db-wal", "store.db-shm"] { unlink(directory.path + "/" + name) }
      try directory.write("store.db", bytes)
      do {
        let store = try Corestore(directory: directory.path, options: StoreOptions(create: false))
        let log = try store.get(name: "log", create: false)
        try verify(log)
        _ = try store.health()
      } catch let error as StoreError {
        #expect(!error.description.isEmpty)
        noticed += 1
      } catch {
        noticed += 1
      }
    }
    #expect(noticed > 0)
  }

  /// Reads all blocks and compares them with the signed head.
  private func verify(_ log: Hypercore) throws {
    var batch = MerkleBatch(MerkleTree(fork: log.fork))
    for index in 0..<log.length { batch.append(try log.block(at: index)) }
    let head = try log.head()
    guard batch.tree.hash == head.rootHash, log.verifier.accepts(batch.tree, signature: head.signature) else {
      throw SessionError.corrupt("found by the tree")
    }
    #expect(log.length == 200)
    for index in 0..<log.length { #expect(try log.block(at: index) == Array("block \(index)".utf8)) }
  }

  @Test func truncatedFiles() throws {
    try prepare(blocks: 2000)
    let whole = try readFile(file)
    for count in stride(from: 0, to: whole.count, by: 4096 * 7 + 100) {
      for name in ["store.db-wal", "store.db-shm"] { unlink(directory.path + "/" + name) }
      try directory.write("store.db", Array(whole[..<count]))
      do {
        let store = try Corestore(directory: directory.path, options: StoreOptions(create: false))
        for record in try store.cores() {
          let log = try store.get(key: record.key)
          for index in 0..<log.length { _ = try log.block(at: index) }
        }
        // An empty file is an empty store; the primary key beside it is still the one.
        #expect(count == 0)
      } catch let error as StoreError {
        #expect(error.category == .integrity, "\(count) bytes: \(error)")
      }
    }
  }

  @Test func aFullDiskUndoesTheTransaction() throws {
    guard Command.isRoot else { return try aFullFileUndoesTheTransaction() }
    let mount = directory.path + "/small"
    mkdir(mount, 0o755)
    guard try Command("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", mount]).run().status == 0 else {
      return try aFullFileUndoesTheTransaction()
    }
    defer { _ = try? Command("umount", ["-l", mount]).run() }
    let store = try Corestore(directory: mount)
    let log = try store.get(name: "log")
    let block = [UInt8](repeating: 7, count: 10_000)
    var stored: UInt64 = 0
    let error = storeError { while stored < 1000 { stored = try log.append([block]) } }
    #expect(error?.category == .localIO)
    guard case .diskFull = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(log.length == stored && stored > 10)
    #expect(try log.block(at: stored - 1) == block)
    #expect(try store.health().problems.isEmpty)
    // With space again, it goes on.
    _ = try Command("mount", ["-o", "remount,size=16m", mount]).run()
    #expect(try log.append([block]) == stored + 1)
  }

  /// The same without the right to mount: the file itself may not grow.
  private func aFullFileUndoesTheTransaction() throws {
    let storage = try SQLiteStorage(directory: directory.path)
    let store = try Corestore(storage: storage, secrets: MemorySecrets())
    let log = try store.get(name: "log")
    try storage.limitPages(50)
    var stored: UInt64 = 0
    let error = storeError { while stored < 1000 { stored = try log.append([[UInt8](repeating: 7, count: 10_000)]) } }
    guard case .diskFull = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(log.length == stored)
    try storage.limitPages(5000)
    #expect(try log.append([[1]]) == stored + 1)
  }

  @Test func aFullFile() throws { try aFullFileUndoesTheTransaction() }

  @Test func aDirectoryWithoutRights() throws {
    try prepare()
    guard Command.isRoot else { return }
    // Readable for everybody, writable for root.
    for path in ["", "/store.db", "/notify"] { chmod(directory.path + path, path.isEmpty ? 0o755 : 0o644) }
    let helper = try Command.tool("store-helper")
    let reader = try Command(helper, ["open", directory.path, "read", "65534"]).run()
    #expect(reader.text == "length 200\n", "\(reader.text)")
    let writer = try Command(helper, ["open", directory.path, "write", "65534"]).run()
    #expect(writer.text.hasPrefix("error localIO: "), "\(writer.text)")
    #expect(writer.text.contains(directory.path))
    #expect(try Corestore(directory: directory.path).get(name: "log").length == 200)
  }

  @Test func aStoreOpenedForReadingIsNotWritten() throws {
    try prepare()
    let store = try Corestore(directory: directory.path, options: StoreOptions(isReadOnly: true))
    let log = try store.get(name: "log")
    #expect(log.length == 200)
    #expect(try log.block(at: 7) == Array("block 7".utf8))
    #expect(throws: SessionError.notWritable) { try log.append([[1]]) }
    #expect(throws: SessionError.storageEmpty) { try store.get(name: "new") }
    #expect(throws: (any Error).self) { try store.write { try log.setUserData("x", [1]) } }
  }

  @Test func secretsAreApart() throws {
    try prepare()
    let pair = KeyPair(seed: Fixed32([UInt8](repeating: 9, count: 32))!)
    do {
      let store = try Corestore(directory: directory.path)
      let log = try store.get(keyPair: pair)
      #expect(log.isWritable)
      #expect(try store.health().openSecrets.isEmpty)
      #expect(try store.get(key: log.key).isWritable)
    }
    for name in ["seed", pair.publicKey.description] {
      var info = stat()
      #expect(stat(directory.path + "/secrets/" + name, &info) == 0)
      #expect(info.st_mode & 0o777 == 0o600)
    }
    let database = try readFile(file)
    let seed = try readFile(directory.path + "/secrets/seed")
    #expect(!database.contains(seed))
    #expect(!database.contains(Array(pair.secretKey[..<32])))

    // A copy without secrets reads everything and writes nothing.
    _ = try Command("mv", [directory.path + "/secrets", directory.path + "/elsewhere"]).run()
    do {
      let store = try Corestore(directory: directory.path)
      let log = try store.get(name: "log")
      #expect(log.length == 200)
      #expect(!log.isWritable)
      #expect(throws: StoreError.secretsMissing(path: directory.path + "/secrets")) { try store.get(name: "new") }
    }
    // Another store's secrets are noticed.
    let other = TemporaryDirectory()
    _ = try Corestore(directory: other.path)
    _ = try Command("cp", ["-r", other.path + "/secrets", directory.path + "/secrets"]).run()
    #expect(throws: StoreError.otherPrimaryKey(path: directory.path + "/secrets")) {
      try Corestore(directory: directory.path)
    }
    _ = try Command("rm", ["-r", directory.path + "/secrets"]).run()
    _ = try Command("mv", [directory.path + "/elsewhere", directory.path + "/secrets"]).run()
    #expect(try Corestore(directory: directory.path).get(name: "log").isWritable)
  }
}

extension Command {
  /// Whether the tests run as root.
  static var isRoot: Bool { getuid() == 0 }
}

extension Array where Element == UInt8 {
  /// Whether `other` occurs in it.
  func contains(_ other: [UInt8]) -> Bool { firstRange(of: other) != nil }
}
