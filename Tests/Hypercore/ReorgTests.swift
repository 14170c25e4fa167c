import CompactEncoding
import Hypercore
import HypercoreCrypto
import HypercoreTestSupport
import JSON
import TestSupport
import Testing

@Suite struct ReorgTests {
  private static func file() throws -> JSON { try Vectors.load("01-reorg") }

  /// The seed, among those the vectors name, of the signer of a core.
  private static func seed(_ isSigner: (Manifest) -> Bool) throws -> Fixed32 {
    let named = try Vectors.load("01-manifests").list("keyPairs").map { try $0.fixed32("seed") }
    let seeds = try named + [Vectors.load("01-proofs").at("core").fixed32("keyPairSeed")]
    return try #require(seeds.first { isSigner(Manifest(publicKey: KeyPair(seed: $0).publicKey)) })
  }

  @Test func everySectionOfTheFileIsRead() throws {
    let known: Set = ["source", "blockRule", "reorgs", "prologue", "fullyRemote", "conflicts"]
    #expect(Set(try Self.file().object?.keys ?? []) == known)
  }

  private static func expect(_ core: TestCore, _ state: JSON) throws {
    #expect(try core.log.tree.length == state.number("length"))
    #expect(try core.log.tree.fork == state.number("fork"))
    #expect(try core.log.tree.byteLength == state.number("byteLength"))
    #expect(try core.log.tree.roots.map(\.index) == state.numbers("roots"))
    #expect(try core.log.tree.hash == state.fixed32("treeHash"))
    #expect(try core.signature == state.optional("signature")?.hex())
    #expect(try core.blocks.keys.sorted() == state.numbers("has"))
  }

  @Test func reorgs() throws {
    let rows = try Self.file().list("reorgs")
    #expect(!rows.isEmpty)
    for row in rows {
      let key = try row.fixed32("key")
      var writer = try TestCore(
        seed: Self.seed { $0.key == key }, blocks: vectorBlocks(0..<row.number("writerBefore")))
      var reader = TestCore(readerOf: writer, knowsManifest: true)
      reader.log = writer.log
      reader.signature = writer.signature
      for (index, block) in writer.log.blocks.enumerated() { reader.blocks[UInt64(index)] = block }
      reader.log.blocks = []
      try Self.expect(reader, row.at("readerBefore"))

      let cut = try row.number("truncatedTo")
      try writer.truncate(to: cut)
      let fork = writer.log.tree.fork
      try writer.append((cut..<row.number("writerAfter")).map { Array("fork\(fork)-\($0)".utf8) })

      var reorg: Reorg?
      let steps = try row.list("steps")
      #expect(!steps.isEmpty)
      for step in steps {
        let message = try DataMessage(decoding: step.hex("responseEncoded"))
        #expect(try writer.prove(step.at("request").request()) == message.proof)
        if reorg == nil {
          reorg = try reader.checker.reorg(message.proof)
        } else {
          #expect(try reorg?.update(with: message.proof, stored: reader.log.nodes) == true)
        }
        #expect(try reorg?.ancestors == step.number("ancestors"))
        #expect(try reorg?.isFinished == step.flag("finished"))
        if let want = step.optional("want") {
          #expect(try reorg?.want?.blocks == want.number("start")..<want.number("end"))
          #expect(try reorg?.want?.nodes == want.number("nodes"))
        } else {
          #expect(reorg?.want == nil)
        }
      }
      reader.commit(try #require(reorg))
      try Self.expect(reader, row.at("readerAfter"))
      #expect(try reader.log.tree == MerkleTree(length: writer.log.tree.length, fork: fork, from: reader.log.nodes))
    }
  }

  @Test func prologue() throws {
    let rows = try Self.file().list("prologue")
    #expect(!rows.isEmpty)
    for row in rows {
      let manifest = try Manifest(decoding: row.hex("manifest"))
      #expect(try manifest.key == row.fixed32("key"))
      let prologue = try #require(manifest.prologue)
      var core = try TestCore(
        seed: Self.seed { $0.signers == manifest.signers }, manifest: manifest, blocks: [])
      let steps = try row.list("steps")
      #expect(!steps.isEmpty)
      for step in steps { try Self.run(step, &core, prologue) }
    }
  }

  private static func run(_ step: JSON, _ core: inout TestCore, _ prologue: Manifest.Prologue) throws {
    if let request = step.optional("request") {
      let message = try DataMessage(decoding: step.hex("responseEncoded"))
      #expect(try core.prove(request.request()) == message.proof)
      #expect(try core.prove(step.at("effectiveRequest").request()) == message.proof)
      #expect(try message.proof.upgrade?.start == step.number("upgradeStart"))
      #expect(try message.proof.upgrade?.length == step.number("upgradeLength"))
      return
    }
    let op = try step.text("op")
    let numbers = op.split { !$0.isNumber }.compactMap { UInt64($0) }
    if op.hasPrefix("append"), let expected = step.optional("error")?.string {
      let error = #expect(throws: MerkleError.self) { try prologue.checkAppend(to: numbers[0]) }
      #expect(error?.description == expected)
    } else if op.hasPrefix("append") {
      try prologue.checkAppend(to: numbers[1])
      try core.append(vectorBlocks(core.log.tree.length..<numbers[1]))
      core.has(core.log.tree.length)
      try expect(core, step.at("state"))
    } else if op.hasPrefix("copyPrologue") {
      let source = TestLog(length: prologue.length + 3)
      core.log = TestLog(length: prologue.length)
      #expect(try prologue.tree(from: source.nodes) == core.log.tree)
      #expect(throws: MerkleError.self) { try prologue.tree(from: NodeTable()) }
      #expect(throws: MerkleError.prologueMismatch) {
        try prologue.tree(from: TestLog([[UInt8]](repeating: [1], count: Int(prologue.length))).nodes)
      }
      core.signature = nil
      core.has(prologue.length)
      #expect(Verifier(key: core.key, manifest: core.manifest).accepts(core.log.tree, signature: nil))
      try expect(core, step.at("state"))
    } else if op.hasPrefix("truncate") {
      let error = #expect(throws: MerkleError.self) { try prologue.checkTruncation(to: numbers[0]) }
      #expect(try error?.description == step.text("error"))
    } else if op.hasPrefix("reader"), let expected = step.optional("error")?.string {
      // An honest log without prologue answers as a dishonest one with it would.
      var reader = TestCore(readerOf: core, knowsManifest: true)
      let short = prologue.length - 1
      let liar = Prover(tree: core.log.tree, signature: core.signature, manifest: nil, nodes: core.log.nodes)
      let proof = try liar.prove(.init(upgrade: .init(start: 0, length: short))) { _ in nil }
      let error = #expect(throws: MerkleError.self) { try reader.apply(proof) }
      #expect(error?.description == expected)
      #expect(try error?.code == step.text("code"))
      #expect(try reader.log.tree.length == step.number("length"))
    } else if op.hasPrefix("reader") {
      var reader = TestCore(readerOf: core, knowsManifest: true)
      let proof = try core.prove(.init(upgrade: .init(start: 0, length: core.log.tree.length)))
      #expect(try reader.apply(proof) == step.flag("applied"))
      #expect(try reader.log.tree.length == step.number("length"))
    } else {
      Issue.record("unknown op \(op)")
    }
  }

  @Test func fullyRemote() throws {
    let rows = try Self.file().list("fullyRemote")
    #expect(!rows.isEmpty)
    for row in rows {
      let bytes = try row.hex("encoded")
      let proof = try FullyRemoteProof(decoding: bytes)
      #expect(proof.encoded() == bytes)
      let checked = try proof.check()
      let tree = checked.batch.tree
      let writer = try TestCore(
        seed: Self.seed { $0 == proof.proof.manifest }, blocks: vectorBlocks(0..<tree.length))
      #expect(tree == writer.log.tree)
      #expect(checked.block?.value == proof.proof.block.map { vectorBlock($0.index) })
      #expect(try proof.check(key: writer.key).batch.tree == tree)
      let made = try FullyRemoteProof(key: writer.key, prover: writer.prover, block: proof.proof.block?.index) {
        writer.log.block(at: $0)
      }
      #expect(made.encoded() == bytes)
      expectNoChangeAccepted(bytes, everyBit: true) { changed in
        let other = try FullyRemoteProof(decoding: changed)
        let result = try other.check()
        // Bytes that do not matter: the request's number and range, and a longer form of the same values.
        return result.batch.tree != tree || result.block != checked.block || other.discoveryKey != proof.discoveryKey
      }
    }
  }

  @Test func conflicts() throws {
    let rows = try Self.file().list("conflicts")
    #expect(!rows.isEmpty)
    for row in rows {
      let a = try DataMessage(decoding: row.hex("proofA")).proof
      let b = try DataMessage(decoding: row.hex("proofB")).proof
      let manifest = try #require(b.manifest ?? a.manifest)
      let key = try row.fixed32("key")
      #expect(manifest.matches(key))
      for (own, other) in [(a, b), (b, a)] {
        let empty = ProofChecker(key: key, manifest: manifest, tree: MerkleTree(fork: own.fork), nodes: NodeTable())
        let batch = try #require(try empty.check(own)).batch
        let checker = ProofChecker(key: key, manifest: manifest, tree: batch.tree, nodes: NodeTable(batch.nodes))
        let verdict = try checker.checkConflict(other, signature: batch.signature)
        guard case .conflict(let length, let fork, let shown) = verdict else {
          #expect(try !row.flag("result"))
          continue
        }
        #expect(try row.flag("result"))
        #expect(try [length, fork] == row.numbers("event"))
        #expect(shown.upgrade == own.upgrade)
        #expect(try checker.checkConflict(own, signature: batch.signature) == .none)
        var bad = other
        bad.upgrade?.signature?[10] ^= 1
        #expect(try checker.checkConflict(bad, signature: batch.signature) == .invalid)
        bad = other
        bad.fork += 1
        #expect(try checker.checkConflict(bad, signature: batch.signature) == .none)
      }
    }
  }

  /// Any writer history, any reader: the search ends at the true common prefix.
  @Test(arguments: 0..<120 as Range<UInt64>) func randomHistories(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var writer = try TestCore(seed: Fixed32(), blocks: vectorBlocks(0..<UInt64.random(in: 0...40, using: &random)))
    var reader = TestCore(readerOf: writer, knowsManifest: true)
    reader.log = writer.log
    var shared = writer.log.tree.length
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let cut = UInt64.random(in: 0...writer.log.tree.length, using: &random)
      shared = min(shared, cut)
      try writer.truncate(to: cut)
      let fork = writer.log.tree.fork
      try writer.append((0..<Int.random(in: 1...20, using: &random)).map { Array("fork\(fork)-\($0)".utf8) })
    }
    let length = writer.log.tree.length
    var reorg = try reader.checker.reorg(writer.prove(.init(upgrade: .init(start: 0, length: length))))
    var rounds = 0
    while let want = reorg.want {
      rounds += 1
      try #require(rounds < 60, "seed \(seed)")
      let block = UInt64.random(in: want.blocks, using: &random)
      let answer = try writer.prove(.init(hash: .init(index: 2 * block, nodes: want.nodes)))
      #expect(try reorg.update(with: answer, stored: reader.log.nodes), "seed \(seed)")
    }
    #expect(reorg.ancestors == shared, "seed \(seed)")
    reader.commit(reorg)
    #expect(reader.log.tree == writer.log.tree)
    for node in reader.log.nodes.nodes.values { #expect(writer.log.nodes.node(at: node.index) == node, "seed \(seed)") }
  }

  @Test func ignoresAnswersToOtherQuestions() throws {
    var writer = try TestCore(seed: Fixed32(), blocks: vectorBlocks(0..<40))
    var reader = TestCore(readerOf: writer, knowsManifest: true)
    reader.log = writer.log
    let stale = try writer.prove(.init(hash: .init(index: 0, nodes: 5)))
    try writer.truncate(to: 21)
    try writer.append([[1]])
    var reorg = try reader.checker.reorg(writer.prove(.init(upgrade: .init(start: 0, length: 22))))
    let want = reorg.want
    #expect(try reorg.update(with: stale, stored: reader.log.nodes) == false)
    #expect(reorg.want == want)
    var open = try writer.prove(.init(upgrade: .init(start: 0, length: 22)))
    open.hash = .init(index: 1000, nodes: [TreeNode(index: 1000, size: 0, hash: Fixed32())])
    #expect(throws: MerkleError.forkNotVerifiable) { try reader.checker.reorg(open) }
    #expect(throws: MerkleError.forkNotVerifiable) { try reader.checker.reorg(Proof(fork: 2)) }
  }
}

extension TestCore {
  /// Marks the blocks below `length` as stored.
  mutating func has(_ length: UInt64) {
    for index in 0..<length { blocks[index] = log.block(at: index) }
  }

  /// Takes over a finished reorg.
  mutating func commit(_ reorg: Reorg) {
    let batch = reorg.batch
    #expect(batch.isCommittable(onto: log.tree))
    log.nodes.truncate(to: batch.ancestors)
    log.nodes.insert(batch.nodes)
    log.tree = batch.tree
    log.blocks = []
    blocks = blocks.filter { $0.key < batch.ancestors }
    signature = batch.signature
  }
}
