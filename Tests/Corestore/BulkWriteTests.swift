import CSQLite
import CompactEncoding
import Corestore
import Glibc
import Hypercore
import TestDisk
import TestSupport
import Testing

/// Filling an empty store past its write-ahead log.
@Suite struct BulkWriteTests {
  private struct Undone: Error {}

  private static let blocks = (0..<400).map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 4000) }

  private static func options(_ disk: TestDisk?, isReadOnly: Bool = false) -> StoreOptions {
    var options = StoreOptions(durability: .normal, busyTimeoutMilliseconds: 200)
    options.isReadOnly = isReadOnly
    options.fileSystem = disk?.name
    return options
  }

  private static func fill(_ store: Corestore) throws {
    try store.writeInBulk { try store.get(name: "log").append(blocks) }
  }

  /// The length of the log that is to be filled; nil when it is not there.
  private static func found(_ store: Corestore) throws -> UInt64? {
    guard try store.has(name: "log") else { return nil }
    let log = try store.get(name: "log")
    for index in 0..<log.length { #expect(try log.block(at: index) == blocks[Int(index)]) }
    #expect(try store.health().problems.isEmpty)
    return log.length
  }

  private func size(_ path: String) -> Int {
    var info = stat()
    return stat(path, &info) == 0 ? Int(info.st_size) : -1
  }

  @Test func aNewStoreIsFilledWithoutItsLog() throws {
    let directory = TemporaryDirectory()
    let store = try Corestore(directory: directory.path)
    let path = directory.path + "/store.db"
    var sizes: (log: Int, journal: Int) = (0, 0)
    try store.writeInBulk {
      try store.get(name: "log").append(Self.blocks)
      sizes = (size(path + "-wal"), size(path + "-journal"))
    }
    #expect(sizes.log <= 0)
    #expect(sizes.journal >= 0)
    #expect(size(path + "-journal") == -1)
    #expect(try Self.found(store) == 400)
    // From then on it is a store like any other.
    try store.writeInBulk { _ = try store.get(name: "log").append(block: [1]) }
    #expect(size(path + "-wal") > 0)
    let reader = try Corestore(directory: directory.path, options: Self.options(nil, isReadOnly: true))
    try reader.read {
      #expect(try reader.get(name: "log").length == 401)
      _ = try store.get(name: "log").append(block: [2])
      #expect(try reader.get(name: "log").length == 401)
    }
    #expect(try reader.get(name: "log").length == 402)
    #expect(store.isDurable)
  }

  @Test func whatThrowsLeavesNothing() throws {
    let directory = TemporaryDirectory()
    let store = try Corestore(directory: directory.path)
    #expect(throws: Undone.self) {
      try store.writeInBulk {
        try store.get(name: "log").append(Self.blocks)
        throw Undone()
      }
    }
    #expect(try Self.found(store) == nil)
    try Self.fill(store)
    #expect(try Self.found(Corestore(directory: directory.path)) == 400)
  }

  /// Whoever has the store open reads on.
  @Test func othersAreNotDisturbed() throws {
    let directory = TemporaryDirectory()
    let store = try Corestore(directory: directory.path)
    let other = try Corestore(directory: directory.path)
    try store.writeInBulk {
      try store.get(name: "log").append(Self.blocks)
      #expect(try !other.has(name: "log"))
    }
    #expect(try Self.found(other) == 400)
    _ = try other.get(name: "log").append(block: [1])
    #expect(try store.get(name: "log").length == 401)
  }

  /// Whoever comes meanwhile waits, in vain when it takes longer than he has time, and harms nothing.
  @Test func whoeverComesMeanwhileWaits() throws {
    let directory = TemporaryDirectory()
    let store = try Corestore(directory: directory.path)
    try store.writeInBulk {
      // More than the cache holds, so that pages go to the database's file.
      let log = try store.get(name: "log")
      for _ in 0..<20 { try log.append(Self.blocks) }
      for isReadOnly in [false, true] {
        #expect(throws: StoreError.self) {
          try Corestore(directory: directory.path, options: Self.options(nil, isReadOnly: isReadOnly))
        }
      }
    }
    #expect(try Corestore(directory: directory.path).get(name: "log").length == 8000)
  }

  /// After a power cut at any moment there is all or nothing, for whoever looks first, and all once it was acknowledged.
  @Test(arguments: [false, true]) func aPowerCutLeavesAllOrNothing(isReadOnly: Bool) throws {
    var random = SeededGenerator(seed: 5)
    var (some, none) = (0, 0)
    var cut = 0
    while true {
      let directory = TemporaryDirectory()
      let disk = TestDisk("bulk-\(isReadOnly)-\(cut)")
      var isDone = false
      do {
        let store = try Corestore(directory: directory.path, options: Self.options(disk))
        try store.makeDurable()
        disk.cutPower(after: cut)
        do {
          try Self.fill(store)
          isDone = true
        } catch { #expect(disk.isOff) }
      }
      let ended = !disk.isOff
      try disk.restart(using: &random)
      let store = try Corestore(directory: directory.path, options: Self.options(disk, isReadOnly: isReadOnly))
      let length = try Self.found(store)
      #expect(length == nil || length == 400, "cut at \(cut)")
      #expect(length == 400 || !isDone, "cut at \(cut)")
      if length == nil { none += 1 } else { some += 1 }
      if ended { break }
      cut += cut < 40 ? 1 : 13
    }
    #expect(some > 0 && none > 0)
  }
}
