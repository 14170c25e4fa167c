import CompactEncoding
import Corestore
import Glibc
import Hypercore
import StoreBackup
import TestSupport
import Testing

/// Backups: written, read, mangled, restored.
@Suite struct BackupTests {
  private let directory = TemporaryDirectory()

  private func store(blocks: Int = 20) throws -> Corestore {
    let store = try Corestore(directory: directory.path + "/store", options: StoreOptions(durability: .normal))
    try store.get(name: "log").append((0..<blocks).map { Array("block \($0)".utf8) })
    try store.get(name: "other").append([[1], [2]])
    return store
  }

  private func backup(_ store: Corestore, hasSecrets: Bool = false) throws -> (bytes: [UInt8], manifest: BackupManifest)
  {
    var bytes: [UInt8] = []
    let log = try store.get(name: "log").key
    let manifest = try BackupWriter(
      store, directory: directory.path + "/store", temporaryFolder: directory.path, hasSecrets: hasSecrets
    ).write(created: 1_700_000_000_000, software: "test 1", labels: { _ in .init(local: log) }) { bytes += $0 }
    return (bytes, manifest)
  }

  private func reader(_ bytes: [UInt8], piece: Int = 1000) throws -> BackupReader {
    var position = 0
    return try BackupReader { buffer in
      let count = min(buffer.count, piece, bytes.count - position)
      buffer.copyBytes(from: bytes[position..<position + count])
      position += count
      return count
    }
  }

  @Test func whatIsWrittenIsRead() throws {
    let store = try store()
    let (bytes, manifest) = try backup(store)
    for piece in [1, 7, 1 << 20] {
      let reader = try reader(bytes, piece: piece)
      #expect(reader.manifest == manifest)
      var size: UInt64 = 0
      try reader.read { file, chunk in
        #expect(file.name == "store.db")
        size += UInt64(chunk.count)
      }
      #expect(size == manifest.files[0].size)
    }
    #expect(manifest.logs.map(\.length) == [20, 2])
    #expect(manifest.localLog?.length == 20)
    #expect(!manifest.hasSecrets)
    // No temporary file stays.
    #expect(try Command("ls", ["-A", directory.path]).run().text == "store\n")
    let tar = directory.path + "/archive"
    try directory.write("archive", bytes)
    if try Command("sh", ["-c", "command -v zstd"]).run().status == 0 {
      let listing = try Command("tar", ["--zstd", "-tf", tar]).run()
      #expect(listing.text == "manifest.json\nstore.db\n", "\(listing.messages)")
    }
  }

  @Test func aRestoredStoreIsAnotherNode() throws {
    let store = try store()
    let old = try store.get(name: "log")
    let bytes = try backup(store).bytes
    try store.get(name: "log").append([[9]])
    let target = directory.path + "/restored"
    let fresh = try Restoration(reader(bytes), to: target).asNewNode { try $0.primaryKey() }
    #expect(fresh != (try store.primaryKey()))
    let restored = try Corestore(directory: target)
    let log = try restored.get(name: "log")
    #expect(log.key == old.key && log.length == 20 && !log.isWritable)
    #expect(try log.block(at: 19) == Array("block 19".utf8))
    #expect(throws: SessionError.notWritable) { try log.append([[1]]) }
    let new = try restored.renew(name: "log")
    #expect(new.isWritable && new.length == 0 && new.key != old.key)
    #expect(try restored.get(name: "log").key == new.key)
    #expect(try restored.get(key: old.key).length == 20)
    // The old secrets do not bring the writer back.
    _ = try Command("cp", ["-rf", directory.path + "/store/secrets/seed", target + "/secrets/seed"]).run()
    #expect(throws: StoreError.self) { try Corestore(directory: target) }
    #expect(throws: BackupError.self) { try Restoration(reader(bytes), to: target) }
    #expect(try store.health().problems.isEmpty)
  }

  @Test func secretsComeOnlyWhenAskedFor() throws {
    let store = try store()
    let (bytes, manifest) = try backup(store, hasSecrets: true)
    #expect(manifest.hasSecrets)
    let seed = try readFile(directory.path + "/store/secrets/seed")
    let target = directory.path + "/restored"
    #expect(try Restoration(reader(bytes), to: target).asNewNode { try $0.primaryKey() }.bytes != seed)
    mkdir(directory.path + "/second", 0o755)
    try Restoration(reader(bytes), to: directory.path + "/second/").asItWas { _ in }
    let restored = try Corestore(directory: directory.path + "/second")
    #expect(try restored.primaryKey().bytes == seed)
    #expect(try restored.get(name: "log").isWritable)
    #expect(try restored.health().openSecrets.isEmpty)
    // Not in the archive without them.
    let plain = try Command("zstd", ["-dc"], input: backup(store).bytes).run()
    #expect(plain.status != 0 || !plain.output.contains(seed))
  }

  @Test func everyMangledByteIsNoticed() throws {
    let (bytes, manifest) = try backup(store(blocks: 3))
    var random = SeededGenerator(seed: 11)
    var noticed = 0
    let positions = (0..<64).map { $0 } + (0..<300).map { _ in Int.random(in: 0..<bytes.count, using: &random) }
    for position in positions {
      var mangled = bytes
      mangled[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      do {
        let reader = try reader(mangled)
        try reader.read()
        // What means nothing may change: as the size of the window that a reader needs.
        #expect(reader.manifest == manifest, "byte \(position)")
      } catch is BackupError {
        noticed += 1
      }
    }
    #expect(noticed > positions.count - 10)
  }

  @Test func everyTruncationIsNoticed() throws {
    let bytes = try backup(store(blocks: 3)).bytes
    for count in stride(from: 0, to: bytes.count, by: 97) {
      #expect(throws: BackupError.self, "\(count) of \(bytes.count) bytes") {
        try reader(Array(bytes[..<count])).read()
      }
    }
    #expect(throws: BackupError.self) { try reader(bytes + [0]).read() }
    #expect(throws: BackupError.self) { try reader(bytes + bytes).read() }
  }

  @Test func aFailedRestoreLeavesNothing() throws {
    let bytes = try backup(store()).bytes
    let target = directory.path + "/restored"
    do {
      try Restoration(reader(Array(bytes.dropLast(9))), to: target).asNewNode { _ in }
      Issue.record("it was taken")
    } catch let error as BackupError {
      guard case .truncated(let offset, _) = error else { throw error }
      #expect(offset == UInt64(bytes.count - 9))
    }
    #expect(try Command("ls", ["-A", directory.path]).run().text == "store\n")
  }

  @Test func backupsBesideWritersAreOneState() throws {
    let store = try store()
    let (a, b) = (try store.get(name: "a"), try store.get(name: "b"))
    let path = directory.path + "/store"
    let writer = try Command(Command.tool("store-helper"), ["pair", path, "0"]).start()
    try writer.wait { output, _ in !output.isEmpty }
    for _ in 0..<5 {
      let (bytes, _) = try backup(store)
      let target = directory.path + "/restored"
      try Restoration(reader(bytes), to: target).asNewNode { restored in
        let lengths = try [a, b].map { try restored.get(key: $0.key).length }
        #expect(lengths[0] == lengths[1])
        for record in try restored.cores() {
          let audit = try restored.get(key: record.key).audit()
          #expect(audit.faults.isEmpty)
        }
      }
      _ = try Command("rm", ["-r", target]).run()
    }
    writer.signal(SIGKILL)
    _ = try writer.finish()
    #expect(a.length == b.length && a.length > 0)
  }

  @Test func otherFilesAreNoBackups() throws {
    for bytes in [[], Array("hello".utf8), [UInt8](repeating: 0, count: 5000)] as [[UInt8]] {
      #expect(throws: BackupError.self) { _ = try reader(bytes) }
    }
    let tar = try Command("sh", ["-c", "tar cf - -C / etc/hostname | zstd -c"]).run()
    if tar.status == 0, !tar.output.isEmpty {
      #expect(throws: BackupError.self) { _ = try reader(tar.output) }
    }
  }
}

extension Array where Element == UInt8 {
  fileprivate func contains(_ other: [UInt8]) -> Bool { firstRange(of: other) != nil }
}
