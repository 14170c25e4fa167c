import CompactEncoding
import Hypercore
import HypercoreCrypto
import TestSupport
import Testing

@Suite struct ProofPropertyTests {
  private static func randomBlocks(_ count: Int, _ random: inout SeededGenerator) -> [[UInt8]] {
    (0..<count).map { _ in random.bytes(Int.random(in: 0...40, using: &random)) }
  }

  /// Random logs, random requests of readers that know random parts: what can be proven is accepted, and the reader
  /// ends at the writer's tree, with nodes that are the writer's.
  @Test(arguments: 0..<150 as Range<UInt64>) func readersFollow(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var writer = try TestCore(
      seed: Fixed32(random.bytes(32))!, blocks: Self.randomBlocks(.random(in: 1...40, using: &random), &random))
    var reader = TestCore(readerOf: writer)
    for _ in 0..<12 {
      if Bool.random(using: &random) {
        try writer.append(Self.randomBlocks(.random(in: 1...9, using: &random), &random))
      }
      let (known, length) = (reader.log.tree.length, writer.log.tree.length)
      var request = ProofRequest(manifest: reader.manifest == nil)
      if known < length, known == 0 || Bool.random(using: &random) {
        let end = UInt64.random(in: known + 1...length, using: &random)
        request.upgrade = .init(start: known, length: end - known)
      }
      let limit = request.upgrade.map { $0.start + $0.length } ?? known
      let target = UInt64.random(in: 0..<limit, using: &random)
      let nodes = try reader.log.tree.missingNodes(below: 2 * target, in: reader.log.nodes)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: request.block = .init(index: target, nodes: nodes)
      case 1: request.hash = .init(index: 2 * target, nodes: nodes)
      case 2: request.seek = .init(bytes: .random(in: 0...writer.log.tree.byteLength, using: &random))
      default: break
      }
      let message = DataMessage(request: 1, proof: try writer.prove(request))
      let proof = try DataMessage(decoding: message.encoded()).proof
      #expect(proof == message.proof)
      #expect(try reader.apply(proof), "seed \(seed), \(request)")
      if request.upgrade != nil { #expect(reader.log.tree == writer.log.tree, "seed \(seed), \(request)") }
      if let block = request.block { #expect(reader.blocks[block.index] == writer.log.block(at: block.index)) }
      if request.block != nil || request.hash != nil {
        #expect(try reader.log.tree.missingNodes(below: 2 * target, in: reader.log.nodes) == 0, "seed \(seed)")
      }
      for node in reader.log.nodes.nodes.values {
        #expect(writer.log.nodes.node(at: node.index) == node, "seed \(seed)")
      }
    }
  }

  /// Seeks agree with counting bytes, and the nodes of a seek proof are enough for the reader to find the block.
  @Test(arguments: 0..<50 as Range<UInt64>) func seeksAgreeWithCounting(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let padding = UInt64.random(in: 0...3, using: &random)
    let blocks = (0..<Int.random(in: 1...40, using: &random)).map { _ in
      random.bytes(Int(padding) + .random(in: 1...20, using: &random))
    }
    let writer = try TestCore(seed: Fixed32(), blocks: blocks)
    let length = writer.log.tree.length
    let total = writer.log.tree.byteLength - padding * length
    for bytes in 0...total {
      var (index, rest) = (0, bytes)
      while index < blocks.count, rest >= UInt64(blocks[index].count) - padding {
        rest -= UInt64(blocks[index].count) - padding
        index += 1
      }
      let expected = MerkleTree.SeekResult.found(index: UInt64(index), offset: rest)
      #expect(try writer.log.tree.seek(bytes: bytes, padding: padding, in: writer.log.nodes) == expected)
      var reader = TestCore(readerOf: writer)
      let request = ProofRequest(
        seek: .init(bytes: bytes, padding: padding), upgrade: .init(start: 0, length: length), manifest: true)
      #expect(try reader.apply(writer.prove(request)), "seed \(seed)")
      let found = try reader.log.tree.seek(bytes: bytes, padding: padding, in: reader.log.nodes)
      if bytes > 0, rest == 0, bytes < total {
        // The answer may stop at the subtree that ends where the block begins.
        continue
      }
      #expect(found == expected, "seed \(seed), \(bytes)")
    }
  }

  /// No request makes the prover trap or spin, and whatever it answers is accepted.
  @Test(arguments: 0..<80 as Range<UInt64>) func anyRequestEnds(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let writer = try TestCore(
      seed: Fixed32(), blocks: Self.randomBlocks(.random(in: 0...40, using: &random), &random))
    func number() -> UInt64 {
      switch Int.random(in: 0..<5, using: &random) {
      case 0: UInt64.random(in: 0...maximumSafeInteger, using: &random)
      case 1: maximumSafeInteger - UInt64.random(in: 0...3, using: &random)
      default: UInt64.random(in: 0...90, using: &random)
      }
    }
    for _ in 0..<50 {
      var request = ProofRequest(manifest: Bool.random(using: &random))
      if Bool.random(using: &random) { request.block = .init(index: number(), nodes: number()) }
      if Bool.random(using: &random) { request.hash = .init(index: number(), nodes: number()) }
      if Bool.random(using: &random) { request.seek = .init(bytes: number(), padding: number()) }
      if Bool.random(using: &random) { request.upgrade = .init(start: number(), length: number()) }
      let proof: Proof
      do { proof = try writer.prove(request) } catch { continue }
      var reader = TestCore(readerOf: writer, knowsManifest: true)
      if writer.log.tree.length > 0 {
        let start = proof.upgrade?.start ?? writer.log.tree.length
        reader.log = TestLog(Array(writer.log.blocks[..<Int(start)]))
      }
      #expect(try reader.apply(proof), "seed \(seed), \(request)")
      #expect(reader.log.tree.length == 0 || reader.log.tree == writer.log.tree)
    }
  }

  /// No flipped bit and no cut of an answer makes a reader believe anything that is not the writer's.
  @Test func mangledProofsTeachNothing() throws {
    let writer = try TestCore(seed: Fixed32(), blocks: vectorBlocks(0..<21))
    let requests: [ProofRequest] = [
      .init(upgrade: .init(start: 0, length: 21), manifest: true),
      .init(upgrade: .init(start: 0, length: 5), manifest: true),
      .init(block: .init(index: 9, nodes: 0), upgrade: .init(start: 0, length: 21), manifest: true),
      .init(block: .init(index: 9, nodes: 4)),
      .init(hash: .init(index: 18, nodes: 2)),
      .init(block: .init(index: 2, nodes: 2), seek: .init(bytes: 30)),
      .init(seek: .init(bytes: 100), upgrade: .init(start: 0, length: 21), manifest: true),
    ]
    for request in requests {
      var reader = TestCore(readerOf: writer)
      if request.upgrade == nil {
        #expect(try reader.apply(writer.prove(.init(upgrade: .init(start: 0, length: 21), manifest: true))))
        if request.seek != nil || request.hash != nil { reader.log = writer.log }
      }
      let bytes = DataMessage(request: 1, proof: try writer.prove(request)).encoded()
      expectNoChangeAccepted(bytes, everyBit: true) { changed in
        var state = reader
        guard try state.apply(DataMessage(decoding: changed).proof) else { return false }
        // An accepted answer may have lost a part, or name a range differently; it must not teach anything wrong.
        let blocksHold = state.blocks.allSatisfy { vectorBlock($0.key) == $0.value }
        let hashesHold = state.log.nodes.nodes.values.allSatisfy {
          writer.log.nodes.node(at: $0.index)?.hash == $0.hash
        }
        let headHolds = state.log.tree == reader.log.tree || state.log.tree == writer.log.tree
        return !(blocksHold && hashesHold && headHolds)
      }
    }
  }

  /// A parent's hash covers only the sum of its children's sizes: shifted ones must not replace what is stored.
  @Test func shiftedSizesDoNotReplaceStoredNodes() throws {
    let writer = try TestCore(seed: Fixed32(), blocks: vectorBlocks(0..<21))
    var proof = try writer.prove(.init(hash: .init(index: 1, nodes: 1)))
    let nodes = try #require(proof.hash?.nodes)
    proof.hash?.nodes = [
      TreeNode(index: nodes[0].index, size: nodes[0].size + 1, hash: nodes[0].hash),
      TreeNode(index: nodes[1].index, size: nodes[1].size - 1, hash: nodes[1].hash),
    ]
    var reader = TestCore(readerOf: writer, knowsManifest: true)
    reader.log = writer.log
    #expect(throws: MerkleError.checksumMismatch(index: 1)) { try reader.apply(proof) }
  }

  /// Random nodes, indexes and sizes in otherwise well-formed answers: no crash, no acceptance of a new head.
  @Test(arguments: 0..<60 as Range<UInt64>) func inventedProofsEnd(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let writer = try TestCore(seed: Fixed32(), blocks: vectorBlocks(0..<21))
    func number() -> UInt64 {
      Bool.random(using: &random)
        ? .random(in: 0...50, using: &random) : .random(in: 0...maximumSafeInteger, using: &random)
    }
    func nodes() -> [TreeNode] {
      (0..<Int.random(in: 0...6, using: &random)).map { _ in
        let index = number()
        if let node = writer.log.nodes.node(at: index), Bool.random(using: &random) { return node }
        return TreeNode(index: index, size: number(), hash: Fixed32(random.bytes(32))!)
      }
    }
    for _ in 0..<100 {
      var proof = Proof(fork: 0)
      if Bool.random(using: &random) { proof.block = .init(index: number(), value: random.bytes(3), nodes: nodes()) }
      if Bool.random(using: &random) { proof.hash = .init(index: number(), nodes: nodes()) }
      if Bool.random(using: &random) { proof.seek = .init(bytes: number(), nodes: nodes()) }
      if Bool.random(using: &random) {
        proof.upgrade = .init(
          start: number(), length: number(), nodes: nodes(), additionalNodes: nodes(), signature: writer.signature)
      }
      for known in [0, 1, 7, 16, 21] as [UInt64] {
        var reader = TestCore(readerOf: writer, knowsManifest: true)
        reader.log = TestLog(length: known)
        let before = reader.log.tree
        _ = try? reader.apply(proof)
        #expect(reader.log.tree == before || reader.log.tree == writer.log.tree, "seed \(seed)")
        _ = try? reader.checker.reorg(proof)
        _ = try? reader.checker.checkConflict(proof, signature: nil)
      }
    }
  }
}
