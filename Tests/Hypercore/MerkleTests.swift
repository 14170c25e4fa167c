import CompactEncoding
import Hypercore
import HypercoreCrypto
import HypercoreTestSupport
import JSON
import TestSupport
import Testing

@Suite struct MerkleTests {
  private static func file() throws -> JSON { try Vectors.load("01-merkle") }

  @Test func leaves() throws {
    let leaves = try Self.file().list("leaves")
    #expect(!leaves.isEmpty)
    for leaf in leaves {
      let i = try leaf.number("i")
      let block = try leaf.hex("value")
      #expect(vectorBlock(i) == block)
      #expect(try TreeNode(block: block, at: i).hash == leaf.fixed32("hash"))
    }
  }

  @Test func parents() throws {
    let file = try Self.file()
    let parents = try file.nodes("parents")
    #expect(!parents.isEmpty)
    let count = parents.map { FlatTree.rightSpan($0.index) / 2 + 1 }.max() ?? 0
    let log = TestLog(length: count)
    for parent in parents { #expect(log.nodes.node(at: parent.index) == parent) }
  }

  @Test func lengths() throws {
    let lengths = try Self.file().list("lengths")
    #expect(!lengths.isEmpty)
    for row in lengths {
      let length = try row.number("length")
      let log = TestLog(length: length)
      #expect(log.tree.length == length)
      #expect(try log.tree.byteLength == row.number("byteLength"))
      #expect(try log.tree.roots == row.nodes("roots"))
      #expect(try log.tree.hash == row.fixed32("treeHash"))
      #expect(log.nodes.nodes.count == 2 * Int(length) - length.nonzeroBitCount)
      let read = try MerkleTree(length: length, fork: 0, from: log.nodes)
      #expect(read == log.tree)
      #expect(try MerkleTree(roots: log.tree.roots, length: length, fork: 0) == log.tree)
    }
  }

  @Test func emptyTreeHash() throws {
    #expect(MerkleTree().hash.description == "bb30a42c1e62f0afda5f0a4e8a562f7a13a24cea00ee81917b86b89e801314aa")
  }

  @Test func longBlocksHashLikeShortOnes() {
    for count in [0, 1, 118, 119, 1014, 1015, 1016, 5000, 1 << 20] {
      let block = [UInt8](repeating: 7, count: count)
      var size = Size()
      size.uint(0)
      let prefix = Writer.bytes(count: 9) { writer in
        writer.uint8(0)
        writer.uint64(UInt64(count))
      }
      #expect(MerkleHash.leaf(block) == Blake2b.hash([prefix, block]))
    }
  }

  @Test func truncationEqualsTheShorterLog() throws {
    for length in 0...33 as ClosedRange<UInt64> {
      for cut in 0...length {
        var log = TestLog(length: length)
        try log.truncate(to: cut)
        let shorter = TestLog(length: cut)
        #expect(log.tree.roots == shorter.tree.roots)
        #expect(log.tree.byteLength == shorter.tree.byteLength)
        #expect(log.tree.fork == 1)
        #expect(log.nodes.nodes == shorter.nodes.nodes, "\(length) to \(cut)")
        log.append([[1], [2, 3]])
        #expect(log.tree.hash == TestLog(vectorBlocks(0..<cut) + [[1], [2, 3]]).tree.hash)
      }
    }
  }

  @Test func oneBatchMayAppendTruncateAndAppend() throws {
    let log = TestLog(length: 11)
    var batch = MerkleBatch(log.tree)
    batch.append(contentsOf: vectorBlocks(11..<20))
    try batch.truncate(to: 14, fork: 1, from: log.nodes)
    #expect(batch.ancestors == 11)
    batch.append(contentsOf: vectorBlocks(14..<25))
    let whole = TestLog(length: 25)
    #expect(batch.tree.roots == whole.tree.roots)
    try batch.truncate(to: 6, fork: 2, from: log.nodes)
    #expect(batch.ancestors == 6)
    #expect(batch.nodes.isEmpty)
    #expect(batch.tree.roots == TestLog(length: 6).tree.roots)
    #expect(throws: MerkleError.notATruncation(to: 7, length: 6)) {
      try batch.truncate(to: 7, fork: 3, from: log.nodes)
    }
  }

  @Test func commitsOntoTheStateItWasMadeFor() {
    let log = TestLog(length: 5)
    var batch = MerkleBatch(log.tree)
    #expect(batch.isCommittable(onto: log.tree))
    #expect(batch.isCommittable(onto: TestLog(length: 6).tree))
    batch.append([1])
    #expect(batch.isCommittable(onto: log.tree))
    #expect(!batch.isCommittable(onto: TestLog(length: 6).tree))
    var forked = log.tree
    forked.fork = 1
    #expect(!batch.isCommittable(onto: forked))
  }

  @Test func rootsMustFitTheLength() {
    let tree = TestLog(length: 11).tree
    #expect(throws: MerkleError.self) { try MerkleTree(roots: tree.roots, length: 12, fork: 0) }
    #expect(throws: MerkleError.self) { try MerkleTree(roots: tree.roots, length: 10, fork: 0) }
    #expect(throws: MerkleError.missingNode(7)) { try MerkleTree(length: 11, fork: 0, from: NodeTable()) }
  }
}
