import CompactEncoding
import Hypercore
import HypercoreCrypto
import TestSupport
import Testing

@Suite struct AuditTests {
  private static func core(_ length: UInt64) throws -> TestCore {
    try TestCore(seed: Fixed32(), blocks: vectorBlocks(0..<length))
  }

  private static func audit(_ core: TestCore) throws -> Audit {
    let head = Audit.Head(
      length: core.log.tree.length, fork: core.log.tree.fork, treeHash: core.log.tree.hash, signature: core.signature)
    return try Audit(of: head, under: Verifier(key: core.key, manifest: core.manifest), nodes: core.log.nodes) {
      core.blocks[$0]
    } firstBlock: { range in
      core.blocks.keys.filter { range.contains($0) }.min()
    }
  }

  @Test(arguments: 0...40 as ClosedRange<UInt64>) func soundLogs(length: UInt64) throws {
    var core = try Self.core(length)
    core.has(length)
    let audit = try Self.audit(core)
    #expect(audit.isSound && audit.faults.isEmpty && audit.firstBadBlock == nil)
    #expect(audit.checkedBlocks == length && audit.checkedBytes == core.log.tree.byteLength)
    #expect(audit.missingBlocks == 0)
  }

  @Test(arguments: [1, 2, 11, 40] as [UInt64]) func namesTheFirstBadBlock(length: UInt64) throws {
    for bad in 0..<length {
      var core = try Self.core(length)
      core.has(length)
      for index in stride(from: length - 1, through: bad, by: -3) { core.blocks[index]?.append(0) }
      core.blocks[bad] = [1, 2, 3]
      let audit = try Self.audit(core)
      #expect(audit.firstBadBlock == bad)
    }
  }

  @Test func namesDamagedNodes() throws {
    var core = try Self.core(11)
    core.has(11)
    for node in core.log.nodes.nodes.values {
      var damaged = core
      let other = TreeNode(index: node.index, size: node.size, hash: Fixed32())
      damaged.log.nodes.insert([other])
      let audit = try Self.audit(damaged)
      #expect(!audit.isSound)
      let block = try #require(audit.firstBadBlock)
      #expect(FlatTree.contains(node.index, 2 * block) || FlatTree.isLeaf(node.index) && 2 * block == node.index)
    }
    var damaged = core
    damaged.signature?[10] ^= 1
    #expect(try Self.audit(damaged).faults == [.signature])
    damaged = core
    damaged.manifest?.quorum = 2
    #expect(try Self.audit(damaged).faults == [.manifest, .signature])
    damaged = core
    damaged.log.tree.fork = 3
    #expect(try Self.audit(damaged).faults == [.signature])
  }

  @Test func partsOfALog() throws {
    let writer = try Self.core(40)
    var reader = TestCore(readerOf: writer)
    #expect(try reader.apply(writer.prove(.init(upgrade: .init(start: 0, length: 40), manifest: true))))
    #expect(try reader.apply(writer.prove(.init(block: .init(index: 3, nodes: 5)))))
    var audit = try Self.audit(reader)
    #expect(audit.isSound && audit.checkedBlocks == 1 && audit.missingBlocks == 39)
    reader.blocks[30] = [1]
    audit = try Self.audit(reader)
    #expect(audit.faults == [.unverifiableBlock(index: 30)] && audit.firstBadBlock == 30)
  }

  @Test func absurdLengthsEndAtOnce() throws {
    let head = Audit.Head(length: maximumSafeInteger, fork: 0, signature: nil)
    let audit = try Audit(of: head, under: nil, nodes: NodeTable()) { _ in nil }
    #expect(audit.faultCount == 53 && audit.firstBadBlock == 0)
  }
}
