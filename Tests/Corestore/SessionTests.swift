import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import TestSupport
import Testing

/// What the scripts of the vectors leave out.
@Suite struct SessionTests {
  private func blocks(_ range: Range<Int>) -> [[UInt8]] { range.map { Array("block \($0)".utf8) } }
  private func pair(_ byte: UInt8) -> KeyPair { KeyPair(seed: Fixed32([UInt8](repeating: byte, count: 32))!) }

  private func content(_ log: Hypercore) throws -> [[UInt8]] { try (0..<log.length).map { try log.block(at: $0) } }

  // MARK: Proofs

  /// A reader fetches a log block by block in random order, over truncations.
  @Test(arguments: 0..<6) func aReaderFollows(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let (writer, reader) = (try Corestore.inMemory(), try Corestore.inMemory())
    let source = try writer.get(name: "log")
    let copy = try reader.get(key: source.key)
    #expect(!copy.isWritable)
    for _ in 0..<12 {
      if source.length > 0 && Int.random(in: 0..<4, using: &random) == 0 {
        try source.truncate(to: UInt64.random(in: 0..<source.length, using: &random))
      }
      try source.append(blocks(0..<Int.random(in: 1...9, using: &random)).map { $0 + random.bytes(3) })
      try follow(source, copy)
      #expect(try copy.treeHash() == source.treeHash())
      for index in (0..<source.length).shuffled(using: &random) where try !copy.has(index) {
        let request = ProofRequest(block: .init(index: index, nodes: try copy.missingNodes(block: index)))
        #expect(try copy.apply(source.proof(for: request)))
      }
      #expect(try content(copy) == content(source))
      #expect(copy.contiguousLength == source.length)
      #expect(try copy.head().signature == source.head().signature)
      #expect(copy.manifest == source.manifest)
      // Whoever has all of it can serve it.
      let all = ProofRequest(upgrade: .init(start: 0, length: copy.length), manifest: true)
      #expect(try copy.proof(for: all) == source.proof(for: all))
    }
  }

  private func follow(_ source: Hypercore, _ copy: Hypercore) throws {
    if copy.fork != source.fork {
      let upgrade = ProofRequest(upgrade: .init(start: 0, length: source.length), manifest: true)
      var reorg = try copy.reorg(source.proof(for: upgrade))
      while let want = reorg.want {
        let request = ProofRequest(hash: .init(index: 2 * want.blocks.lowerBound, nodes: want.nodes))
        #expect(try copy.update(&reorg, with: source.proof(for: request)))
      }
      try copy.commit(reorg)
    } else {
      let request = ProofRequest(
        upgrade: .init(start: copy.length, length: source.length - copy.length), manifest: true)
      #expect(try copy.apply(source.proof(for: request)))
    }
    #expect(copy.length == source.length && copy.fork == source.fork)
  }

  @Test func aForgedProofLeavesNothing() throws {
    let source = try Corestore.inMemory().get(name: "log")
    try source.append(blocks(0..<5))
    let copy = try Corestore.inMemory().get(key: source.key)
    let request = ProofRequest(
      block: .init(index: 2, nodes: 0), upgrade: .init(start: 0, length: 5), manifest: true)
    var proof = try source.proof(for: request)
    proof.block?.value[0] ^= 1
    #expect(throws: MerkleError.self) { try copy.apply(proof) }
    #expect(copy.length == 0 && copy.manifest == nil)
    #expect(try copy.get(2) == nil)
    proof.block?.value[0] ^= 1
    #expect(try copy.apply(proof))
    #expect(try copy.get(2) == blocks(0..<5)[2])
    #expect(copy.contiguousLength == 0)
  }

  @Test func aConflictFreezes() throws {
    let (one, other) = (try Corestore.inMemory(), try Corestore.inMemory())
    let (a, b) = (try one.get(keyPair: pair(1)), try other.get(keyPair: pair(1)))
    try a.append([[1], [2]])
    try b.append([[1], [3]])
    let proof = try b.proof(for: ProofRequest(upgrade: .init(start: 0, length: 2)))
    guard case .conflict(length: 2, fork: 0, _) = try a.checkConflict(proof) else {
      Issue.record("no conflict")
      return
    }
    try a.freeze()
    #expect(a.isFrozen)
    #expect(throws: SessionError.frozen) { try a.append([[4]]) }
  }

  // MARK: Several signers

  /// Others told of the signed head before the draft was committed, but not of its blocks.
  @Test(arguments: 1...4 as ClosedRange<UInt64>) func aCommitKeepsBlocksOfAKnownHead(known: UInt64) throws {
    let source = try Corestore.inMemory().get(keyPair: pair(1))
    let log = try Corestore.inMemory().get(key: source.key)
    let draft = try log.session(named: "batch")
    try draft.append(blocks(0..<5))
    try source.append(blocks(0..<Int(known)))
    #expect(try log.apply(source.proof(for: ProofRequest(upgrade: .init(start: 0, length: known), manifest: true))))
    #expect(log.length == known && log.contiguousLength == 0)
    try source.append(Array(blocks(0..<5)[Int(known)...].prefix(known < 4 ? 1 : 0)))
    let length = source.length
    #expect(try log.commit(draft, length: length, signature: source.head().signature) == length)
    #expect(try content(log) == Array(blocks(0..<5).prefix(Int(length))))
    #expect(log.contiguousLength == length)
    #expect(try content(draft) == blocks(0..<5))
    #expect(try log.audit().isSound)
  }

  @Test func aDraftIsCommittedBySeveralSigners() throws {
    let pairs = [pair(1), pair(2), pair(3)]
    let manifest = Manifest(
      allowPatch: true, quorum: 2, signers: pairs.map { Manifest.Signer(publicKey: $0.publicKey) })
    let store = try Corestore.inMemory()
    let log = try store.get(key: manifest.key, manifest: manifest, keyPair: pairs[0])
    #expect(throws: SessionError.notWritable) { try log.append([[1]]) }
    let draft = try log.session(named: "batch")
    try draft.append(blocks(0..<7))
    #expect(draft.signedLength == 0 && draft.length == 7)

    // One signed four blocks, the other six.
    func partial(_ signer: Int, _ signed: UInt64) throws -> PartialSignature? {
      let signature = pairs[signer].sign(try draft.signable(length: signed, fork: 0))
      return try draft.partialSignature(
        signer: UInt64(signer), length: 4, signedLength: signed, signature: signature)
    }
    let partials = [try partial(1, 4), try partial(2, 6)].compactMap { $0 }
    let signature = MultiSignature(assembling: partials).encoded()
    #expect(throws: SessionError.invalidSignature) { try log.commit(draft, length: 5, signature: signature) }
    #expect(log.length == 0)
    #expect(try log.commit(draft, length: 4, signature: signature) == 4)
    #expect(draft.signedLength == 4 && draft.length == 7)
    #expect(try content(draft) == blocks(0..<7))
    #expect(try content(log) == blocks(0..<4))
    #expect(try log.verifier.accepts(MerkleTree(roots: log.roots(), length: 4, fork: 0), signature: signature))

    // A tip that turned out otherwise is thrown away.
    try draft.truncate(to: 5, fork: 0)
    try draft.append([[9]])
    #expect(try content(draft) == blocks(0..<5) + [[9]])
    try draft.catchUp(to: 4)
    #expect(try content(draft) == blocks(0..<4))

    // The next core fixes what there is, and takes the rest over as its own draft.
    let next = Manifest(
      quorum: 1, signers: [.init(publicKey: pairs[0].publicKey)], prologue: .init(hash: try log.treeHash(), length: 4))
    let successor = try store.get(key: next.key, manifest: next, keyPair: pairs[0])
    try successor.copyPrologue(from: log)
    #expect(try content(successor) == blocks(0..<4))
    #expect(try successor.head().signature == nil)
    let moved = try draft.move(to: successor, length: 4)
    try moved.append([[8]])
    // Its fork counts the truncations of the tip, so the key pair alone does not do.
    #expect(throws: SessionError.invalidSignature) { try successor.commit(moved) }
    let single = MultiSignature(single: pairs[0].sign(try moved.signable(fork: 0))).encoded()
    #expect(try successor.commit(moved, signature: single) == 5)
    #expect(throws: MerkleError.prologueTruncated) { try successor.truncate(to: 3) }
  }

  @Test func oneOfTwoSignersIsEnoughWithAQuorumOfOne() throws {
    let manifest = Manifest(quorum: 1, signers: [pair(1), pair(2)].map { Manifest.Signer(publicKey: $0.publicKey) })
    let log = try Corestore.inMemory().get(key: manifest.key, manifest: manifest, keyPair: pair(2))
    try log.append(blocks(0..<3))
    #expect(
      try log.verifier.accepts(
        MerkleTree(roots: log.roots(), length: 3, fork: 0), signature: log.head().signature))
  }

  @Test func aStaticCopyNeverChanges() throws {
    let store = try Corestore.inMemory()
    let log = try store.get(name: "log")
    #expect(throws: SessionError.storageConflict("Core must have data")) { try store.staticify(log) }
    try log.append(blocks(0..<4))
    let fixed = try store.staticify(log)
    #expect(try content(fixed) == blocks(0..<4))
    #expect(!fixed.isWritable && fixed.manifest?.signers.isEmpty == true)
    try log.append(blocks(4..<6))
    #expect(fixed.length == 4)
    // It proves itself without a signature.
    let copy = try Corestore.inMemory().get(key: fixed.key)
    let request = ProofRequest(upgrade: .init(start: 0, length: 4), manifest: true)
    #expect(try copy.apply(fixed.proof(for: request)))
    #expect(copy.length == 4)
  }

  // MARK: Encryption, transactions, small values

  @Test func encryptedBlocks() throws {
    let store = try Corestore.inMemory()
    let log = try store.get(name: "log")
    log.encryption = DefaultEncryption(encryptionKey: pair(1).publicKey, coreKey: log.key)
    try log.append(blocks(0..<6))
    try log.truncate(to: 3)
    try log.append(blocks(3..<5))
    #expect(try content(log) == blocks(0..<5))
    #expect(log.byteLength == UInt64(blocks(0..<5).reduce(0) { $0 + $1.count }))
    let plain = try store.get(name: "log")
    #expect(try plain.block(at: 4) != log.block(at: 4))
    #expect(plain.byteLength == log.byteLength + 5 * 8)
    let found = try log.seek(bytes: 8)
    #expect(found?.index == 1 && found?.offset == 1)
    #expect(try log.byteOffset(of: 2) == 14)
    #expect(try log.session(named: "draft").block(at: 4) == blocks(4..<5)[0])
  }

  @Test func aFailedInnerTransactionFailsTheOuterOne() throws {
    struct Inner: Error {}
    let store = try Corestore.inMemory()
    let log = try store.get(name: "log")
    #expect(throws: SessionError.transactionFailed) {
      try store.write {
        try log.append([[1]])
        try? store.write {
          try log.append([[2]])
          throw Inner()
        }
      }
    }
    #expect(log.length == 0)
    // One that had not changed anything does no harm.
    try store.write {
      try log.append([[1]])
      try? store.write { throw Inner() }
    }
    #expect(log.length == 1)
    #expect(throws: SessionError.writeInsideRead) { try store.read { try log.append([[1]]) } }
  }

  @Test func eventsComeOnceACommit() throws {
    let store = try Corestore.inMemory()
    let log = try store.get(name: "log")
    var events: [SessionEvent] = []
    log.onEvent = { events.append($0) }
    try store.write {
      try log.append(blocks(0..<4))
      try log.truncate(to: 2)
      try log.append(blocks(0..<1))
      #expect(events.isEmpty)
    }
    #expect(events == [.truncate(length: 2, fork: 1), .append])
    try? store.write {
      try log.append([[1]])
      throw CancellationError()
    }
    #expect(events.count == 2)
    // Another session on the same log reports as well.
    try store.get(name: "log").append([[1]])
    #expect(events.count == 3)
  }

  @Test func anAtomNoticesChangesBehindIt() throws {
    let store = try Corestore.inMemory()
    let log = try store.get(name: "log")
    let atom = store.context.atom()
    let session = try log.session(in: atom)
    try session.append([[1]])
    try log.append([[2]])
    #expect(throws: SessionError.atomConflict(length: 0, fork: 0, foundLength: 1, foundFork: 0)) { try atom.flush() }
    #expect(try content(log) == [[2]])
    atom.discard()
    try session.append([[3]])
    try atom.flush()
    #expect(try content(log) == [[2], [3]])
  }

  @Test func smallValues() throws {
    let directory = TemporaryDirectory()
    for round in 0..<2 {
      let store = try Corestore(directory: directory.path)
      let log = try store.get(name: "log")
      #expect(try log.userData("referrer") == (round == 0 ? nil : [1]))
      try log.setUserData("referrer", [1])
      try log.setUserData("gone", [])
      #expect(try log.userData("gone") == [])
      #expect(try log.userDataKeys() == ["gone", "referrer"])
      try log.setUserData("gone", nil)
      for number in UInt8(0)..<10 { try log.setLocal([number], [number, number]) }
      try log.setLocal([3], nil)
      let entries = try log.locals(from: [2], to: [6], limit: 3)
      #expect(entries.map(\.key) == [[2], [4], [5]])
      #expect(try log.local([4]) == [4, 4])
    }
  }

  @Test func namesAndNamespaces() throws {
    let directory = TemporaryDirectory()
    let store = try Corestore(directory: directory.path)
    let child = store.namespace("child")
    let keys = [try store.get(name: "a").key, try store.get(name: "b").key, try child.get(name: "a").key]
    #expect(Set(keys).count == 3)
    #expect(try store.list() == keys.map { discoveryKey(of: $0) })
    #expect(try store.list(ofNamespace: child.namespace) == [discoveryKey(of: keys[2])])
    #expect(
      try store.aliases(ofNamespace: store.namespace).map { String(decoding: $0.alias.name, as: UTF8.self) } == [
        "a", "b",
      ])
    try store.setAlias("second", for: child.get(name: "a"))
    #expect(try store.get(name: "second").key == keys[2])
    #expect(try store.get(name: "second").isWritable)
    #expect(try store.has(name: "second") && !child.has(name: "second"))
  }

  @Test func healthOfAStore() throws {
    let directory = TemporaryDirectory()
    let store = try Corestore(directory: directory.path)
    let log = try store.get(name: "log")
    try log.append(blocks(0..<100))
    try log.session(named: "draft").append([[1]])
    let health = try store.health()
    #expect(health.problems.isEmpty && health.openSecrets.isEmpty && health.hasPrimaryKey)
    #expect(health.coreCount == 1 && health.draftCount == 1 && health.blockCount == 101)
    #expect(health.walSize > 0 && health.freeDiskSpace > 0 && health.pageCount > 0)
  }
}
