import CompactEncoding
import Corestore
import Hypercore
import HypercoreArchive
import TestSupport
import Testing

@Suite struct ArchiveTests {
  /// Blocks of all kinds of sizes.
  static func blocks(_ count: Int, _ generator: inout SeededGenerator, limit: Int = 40) -> [[UInt8]] {
    (0..<count).map { _ in
      (0..<Int.random(in: 0...limit, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
  }

  @Test(arguments: [0, 1, 2, 3, 7, 8, 100, 1000])
  func aLogComesBackAsItWas(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    let store = try Corestore.inMemory()
    let log = try store.get(name: "a")
    try log.append(Self.blocks(count, &generator))
    let box = try ArchiveBox.export([log], in: store)
    #expect(try ArchiveBox.export([log], in: store).bytes == box.bytes, "the same log gives the same archive")
    try box.check(pieces: 7)

    let other = try Corestore.inMemory()
    let outcomes = try box.importing(into: other)
    #expect(outcomes.count == 1 && outcomes[0].blocks == UInt64(count) && outcomes[0].lengthBefore == nil)
    let copy = try other.get(key: log.key)
    #expect(try LogContent(copy) == LogContent(log))
    #expect(try copy.head().signature == log.head().signature)
    #expect(copy.manifest == log.manifest)
    #expect(try copy.audit().faults.isEmpty)
    // What was taken in can be taken out again, and once more changes nothing.
    #expect(try ArchiveBox.export([copy], in: other).bytes == box.bytes)
    #expect(try box.importing(into: other)[0].blocks == 0)
    if count > 0 { #expect(try copy.proof(for: ProofRequest(block: .init(index: 0, nodes: 0))).block != nil) }

    let file = try ArchiveFile(box)
    let archived = try #require(file.log(key: log.key))
    #expect(archived.length == log.length && file.logs.count == 1)
    for index in 0..<log.length { #expect(try archived.block(at: index) == log.block(at: index)) }
    #expect(throws: LogError.self) { try archived.block(at: log.length) }
  }

  @Test func manyLogsAndLargeBlocks() throws {
    var generator = SeededGenerator(seed: 4)
    let store = try Corestore.inMemory()
    let names = ["a", "b", "c", "d"]
    let logs = try names.map { try store.get(name: $0) }
    try logs[0].append(Self.blocks(300, &generator, limit: 20_000))
    try logs[1].append([[UInt8](repeating: 7, count: 3 << 20), [1], [UInt8](repeating: 9, count: 1 << 20)])
    try logs[3].append(Self.blocks(66_000, &generator, limit: 0))
    try logs[3].truncate(to: 65_990)
    let box = try ArchiveBox.export(logs, in: store)
    let other = try Corestore.inMemory()
    try box.importing(into: other)
    for log in logs { #expect(try LogContent(other.get(key: log.key)) == LogContent(log)) }
    let file = try ArchiveFile(box)
    #expect(file.logs.map(\.key) == logs.map(\.key))
    for index in stride(from: UInt64(65_989), through: 3, by: -9_973) {
      #expect(try file.logs[3].block(at: index) == logs[3].block(at: index))
    }
    #expect(try file.logs[1].block(at: 0).count == 3 << 20)
  }

  @Test(arguments: 0..<8)
  func sparseLogsStaySparse(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let store = try Corestore.inMemory()
    let log = try store.get(name: "a")
    try log.append(Self.blocks(Int.random(in: 1...200, using: &generator), &generator))
    let whole = try ArchiveBox.export([log], in: store)
    let partial = try Corestore.inMemory()
    try whole.importing(into: partial)
    let copy = try partial.get(key: log.key)
    for _ in 0..<3 {
      let start = UInt64.random(in: 0..<log.length, using: &generator)
      try copy.clear(start..<min(log.length, start + UInt64.random(in: 1...60, using: &generator)))
    }
    let box = try ArchiveBox.export([copy], in: partial)
    let third = try Corestore.inMemory()
    try box.importing(into: third)
    let sparse = try third.get(key: log.key)
    #expect(try LogContent(sparse) == LogContent(copy), "seed \(seed)")
    // Every block that is there can be proven to others.
    for index in 0..<log.length where try sparse.has(index) {
      #expect(try sparse.fullyRemoteProof(block: index).proof.block != nil, "seed \(seed)")
    }
    let archived = try #require(ArchiveFile(box).logs.first)
    for index in 0..<log.length { #expect(try archived.has(index) == copy.has(index), "seed \(seed)") }
    // The rest comes from an archive that has it.
    try whole.importing(into: third)
    #expect(try LogContent(sparse) == LogContent(log), "seed \(seed)")
    #expect(try sparse.audit().faults.isEmpty)
  }

  /// Blocks that were taken under an older head, and whose way up to the newer one is not known.
  @Test func blocksThatCannotBeProvenAreLeftOut() throws {
    var generator = SeededGenerator(seed: 15)
    let store = try Corestore.inMemory()
    let log = try store.get(name: "a")
    try log.append(Self.blocks(40, &generator))
    let head = try LogExport(log, in: store, name: nil).head
    let other = try Corestore.inMemory()
    let copy = try other.get(manifest: #require(log.manifest))
    func stored(_ range: ClosedRange<UInt64>) throws -> [StoredBlock] {
      try range.map { StoredBlock(index: $0, bytes: try log.block(at: $0)[...]) }
    }
    let blocks = try stored(8...15)
    let indexes = RangeProof.nodeIndexes(of: 8..<16, length: 40)
    let proof = try indexes.map { try #require(try log.treeNode(at: $0)) }
    let nodes = try RangeProof.check(blocks.map(\.bytes), from: 8, with: proof, in: head.tree)
    try other.write {
      try copy.store(proven: blocks, nodes: nodes + proof)
      try copy.store(proven: try stored(16...18) + stored(37...37), nodes: [])
      try copy.adopt(head.tree, signature: head.signature)
    }
    let file = try ArchiveFile(ArchiveBox.export([copy], in: other))
    let archived = try #require(file.logs.first)
    #expect((0..<40).filter { archived.has($0) } == Array(8...15))
    for index in 8...15 as ClosedRange<UInt64> { #expect(try archived.block(at: index) == log.block(at: index)) }
  }

  @Test func anArchiveOfTheStoreItself() throws {
    let store = try Corestore.inMemory()
    let log = try store.get(name: "a")
    try log.append([[1], [2], [3]])
    let three = try ArchiveBox.export([log], in: store)
    try log.append([[4], [5]])
    let before = try LogContent(log)
    // Shorter, and as long: nothing new.
    for box in [three, try ArchiveBox.export([log], in: store)] {
      let outcome = try box.importing(into: store)[0]
      #expect(outcome.blocks == 0 && outcome.length == 5 && outcome.lengthBefore == 5)
      #expect(try LogContent(log) == before)
    }
    #expect(log.isWritable)
    try log.append(block: [6])
  }

  @Test(arguments: [0, 1, 2, 3, 4, 63, 64, 65, 199])
  func longerArchivesExtend(length: Int) throws {
    var generator = SeededGenerator(seed: 77)
    let blocks = Self.blocks(200, &generator)
    let store = try Corestore.inMemory()
    let log = try store.get(name: "a")
    try log.append(Array(blocks[..<length]))
    let short = try ArchiveBox.export([log], in: store)
    try log.append(Array(blocks[length...]))
    let long = try ArchiveBox.export([log], in: store)
    let other = try Corestore.inMemory()
    try short.importing(into: other)
    let dry = try long.importing(into: other, isDryRun: true)[0]
    #expect(dry.blocks == UInt64(200 - length))
    let copy = try other.get(key: log.key)
    #expect(copy.length == UInt64(length))
    #expect(try long.importing(into: other)[0].blocks == UInt64(200 - length))
    #expect(try LogContent(copy) == LogContent(log))
    #expect(try copy.audit().faults.isEmpty)
  }

  @Test func contradictionsAreRefused() throws {
    func log(_ blocks: [[UInt8]], fork: UInt64 = 0) throws -> (Corestore, Hypercore) {
      let store = try Corestore.inMemory(primaryKey: Fixed32())
      let log = try store.get(name: "a")
      try log.append(blocks)
      for _ in 0..<fork { try log.truncate(to: log.length - 1) }
      return (store, log)
    }
    func archive(_ made: (Corestore, Hypercore)) throws -> ArchiveBox { try ArchiveBox.export([made.1], in: made.0) }
    let here = try log([[1], [2], [3]])
    let before = try LogContent(here.1)
    for blocks: [[UInt8]] in [
      [[1], [2], [4]], [[9]], [[1], [2], [4], [5], [6]], [[1], [9], [3], [4], [5], [6], [7], [8]],
    ] {
      let error = #expect(throws: ArchiveError.self) { try archive(log(blocks)).importing(into: here.0) }
      guard case .conflict = error else {
        Issue.record("\(blocks): \(String(describing: error))")
        continue
      }
      #expect(try LogContent(here.1) == before)
    }
    for other in [try log([[1], [2], [3], [4]], fork: 1), try log([[1], [2]], fork: 1)] {
      let error = #expect(throws: ArchiveError.self) { try archive(other).importing(into: here.0) }
      guard case .otherFork = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(try LogContent(here.1) == before)
    }
    // A refusal of one log undoes the others, too.
    let (store, first) = try log([[9]])
    let other = try store.get(name: "b")
    try other.append(block: [1])
    let both = try ArchiveBox.export([other, first], in: store)
    #expect(throws: ArchiveError.self) { try both.importing(into: here.0) }
    #expect(try !here.0.has(key: other.key))
  }

  @Test func everyDamagedByteIsNoticed() throws {
    var generator = SeededGenerator(seed: 8)
    let store = try Corestore.inMemory()
    let logs = [try store.get(name: "a"), try store.get(name: "b")]
    try logs[0].append(Self.blocks(12, &generator))
    try logs[1].append(Self.blocks(3, &generator))
    let box = try ArchiveBox.export(logs, in: store)
    let target = try Corestore.inMemory()
    for index in box.bytes.indices {
      for bit in [UInt8.random(in: 0..<8, using: &generator), 3, 4] {
        var bytes = box.bytes
        bytes[index] ^= 1 << bit
        let damaged = ArchiveBox(bytes)
        #expect(throws: ArchiveError.self, "byte \(index), bit \(bit)") { try damaged.importing(into: target) }
        _ = try? ArchiveFile(damaged).logs.map { log in try (0..<log.length).map { try log.block(at: $0) } }
      }
      let short = ArchiveBox(Array(box.bytes[..<index]))
      let error = #expect(throws: ArchiveError.self) { try short.check() }
      if index > 20, case .truncated(let offset, _) = error { #expect(offset <= UInt64(index)) }
      #expect(throws: ArchiveError.self) { try ArchiveFile(short) }
    }
    #expect(throws: ArchiveError.self) { try ArchiveBox(box.bytes + [0]).check() }
    #expect(throws: ArchiveError.self) { try ArchiveBox(box.bytes + box.bytes).check() }
    #expect(try target.cores().isEmpty)
  }
}
