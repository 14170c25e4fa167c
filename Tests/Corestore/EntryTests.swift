import CompactEncoding
import Corestore
import Hypercore
import TestSupport
import Testing

/// Many proven blocks and nodes at once, in both storages.
@Suite struct EntryTests {
  /// Batches in any order, some twice: what is stored is the log, and both storages agree.
  @Test(arguments: 0..<6 as Range<UInt64>) func proofsInAnyOrder(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let source = try Corestore.inMemory().get(name: "log")
    let count = UInt64.random(in: 1...100, using: &random)
    try source.append((0..<count).map { [UInt8](repeating: UInt8($0 & 0xff), count: Int($0 % 50)) })
    let directory = TemporaryDirectory()
    for store in [try Corestore.inMemory(), try Corestore(directory: directory.path)] {
      let log = try store.get(key: source.key)
      try log.apply(source.proof(for: .init(upgrade: .init(start: 0, length: count), manifest: true)))
      let verifier = BlockVerifier(log)
      var order = (0..<count).shuffled(using: &random)
      order += order.prefix(10)
      while !order.isEmpty {
        let batch = order.prefix(Int.random(in: 1...30, using: &random))
        order.removeFirst(batch.count)
        try store.write {
          try verifier.refresh()
          for index in batch {
            let nodes = try log.missingNodes(block: index)
            let proof = try source.proof(for: .init(block: .init(index: index, nodes: nodes)))
            let block = try #require(proof.block)
            #expect(try verifier.add(block: index, block.value[...], siblings: block.nodes[...]) == .proven)
          }
          try verifier.store()
        }
      }
      #expect(log.contiguousLength == count)
      for index in 0..<count where try log.get(index) != source.get(index) { Issue.record("block \(index) differs") }
      for index in 0..<2 * count - 1 where FlatTree.rightSpan(index) < 2 * count {
        if try log.treeNode(at: index) != source.treeNode(at: index) { Issue.record("node \(index) differs") }
      }
      let words = try log.storedBlockWords(from: 0, wordCount: 4)
      #expect(words.reduce(0) { $0 + $1.nonzeroBitCount } == Int(count))
    }
  }

  /// A proof that counts on another one waits; one that does not hold is refused and leaves nothing.
  @Test func waitingAndRefused() throws {
    let source = try Corestore.inMemory().get(name: "log")
    try source.append((0..<8).map { [UInt8($0)] })
    let store = try Corestore.inMemory()
    let log = try store.get(key: source.key)
    try log.apply(source.proof(for: .init(upgrade: .init(start: 0, length: 8), manifest: true)))
    let verifier = BlockVerifier(log)
    try store.write {
      try verifier.refresh()
      #expect(try verifier.add(block: 1, [1], siblings: []) == .waits)
      #expect(try verifier.add(block: 9, [9], siblings: []) == .waits)
      let first = try #require(try source.proof(for: .init(block: .init(index: 0, nodes: 3))).block)
      #expect(throws: MerkleError.checksumMismatch(index: 7)) {
        try verifier.add(block: 0, [1], siblings: first.nodes[...])
      }
      #expect(try verifier.add(block: 0, first.value[...], siblings: first.nodes[...]) == .proven)
      #expect(throws: MerkleError.checksumMismatch(index: 2)) { try verifier.add(block: 1, [7], siblings: []) }
      #expect(try verifier.add(block: 1, [1], siblings: []) == .proven)
      #expect(verifier.pendingCount == 2)
      try verifier.store()
    }
    #expect(try log.has(0..<2))
    #expect(try !log.has(2))
  }
}
