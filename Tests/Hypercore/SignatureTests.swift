import CompactEncoding
import Hypercore
import HypercoreCrypto
import HypercoreTestSupport
import JSON
import TestSupport
import Testing

@Suite struct SignatureTests {
  private static func file() throws -> JSON { try Vectors.load("01-signatures") }

  /// The tree that a case is about: blocks by the rule, checked against the case's tree hash.
  private static func tree(_ row: JSON) throws -> MerkleTree {
    var tree = TestLog(length: try row.number("length")).tree
    tree.fork = try row.number("fork")
    #expect(try tree.hash == row.fixed32("treeHash"))
    return tree
  }

  /// Key pairs of the vectors: the seeds are 32 equal bytes.
  private static func keyPair(_ publicKey: Fixed32) throws -> KeyPair {
    for pair in try Vectors.load("01-manifests").list("keyPairs") {
      let pair = KeyPair(seed: try pair.fixed32("seed"))
      if pair.publicKey == publicKey { return pair }
    }
    throw VectorError("no key pair for \(publicKey)")
  }

  @Test func everySectionOfTheFileIsRead() throws {
    let known: Set = [
      "source", "blockRule", "signables", "signatures", "multisig", "verify", "signableLength", "hypercore_signable",
    ]
    #expect(Set(try Self.file().object?.keys ?? []) == known)
    // An empty section would need a reader once it is filled.
    #expect(try Self.file().list("signables").isEmpty)
  }

  @Test func signatures() throws {
    let rows = try Self.file().list("signatures")
    #expect(!rows.isEmpty)
    for row in rows {
      let name = try row.text("name")
      let manifest = try Manifest(decoding: row.hex("manifestEncoded"))
      let tree = try Self.tree(row)
      let signable = try row.hex("signable")
      // Nothing but the size of what is signed tells the legacy form.
      let verifier = try Verifier(key: row.fixed32("key"), manifest: manifest, isLegacy: signable.count == 48)
      #expect(try verifier.isCompat == row.flag("compat"), "\(name)")
      #expect(verifier.signable().bytes(for: tree) == signable, "\(name)")
      let signature = try row.hex("signature")
      let pair = try Self.keyPair(manifest.signers[0].publicKey)
      #expect(try verifier.sign(tree, with: pair) == signature, "\(name)")
      #expect(try verifier.verify(tree, signature: signature) == row.flag("verifies"), "\(name)")
      #expect(!verifier.accepts(tree, signature: nil), "\(name)")
      Self.mangle(signature, verifier, tree)
    }
  }

  /// No changed byte and no cut of a signature is accepted, save where the encoding has several forms of one value.
  private static func mangle(_ signature: [UInt8], _ verifier: Verifier, _ tree: MerkleTree) {
    for position in signature.indices {
      #expect(!verifier.accepts(tree, signature: Array(signature[..<position])), "cut at \(position)")
      var changed = signature
      changed[position] ^= 1 << (position % 8)
      if verifier.accepts(tree, signature: changed) {
        // What may change: the patch of a log that ignores patches, and nodes that no signer needs.
        func signatures(_ bytes: [UInt8]) -> [[UInt8]]? {
          let multi =
            verifier.version == 0
            ? (try? MultiSignatureV0(decoding: bytes))?.signature : try? MultiSignature(decoding: bytes)
          return multi?.proofs.prefix(Int(verifier.quorum)).map(\.signature)
        }
        #expect(signatures(changed) != nil && signatures(changed) == signatures(signature), "byte \(position)")
        #expect(!verifier.isPlain)
      }
    }
  }

  @Test func multisig() throws {
    let rows = try Self.file().list("multisig")
    #expect(!rows.isEmpty)
    for row in rows {
      let name = try row.text("name")
      let manifest = try Manifest(decoding: row.hex("manifestEncoded"))
      let verifier = try Verifier(key: row.fixed32("key"), manifest: manifest)
      let tree = try Self.tree(row)
      let signature = try row.hex("signature")
      let partials = try row.optional("partials").map { _ in try row.list("partials").map(Self.partial) }
      if let partials {
        let bytes =
          manifest.version == 0
          ? MultiSignatureV0(assembling: partials, length: tree.length).encoded()
          : MultiSignature(assembling: partials).encoded()
        #expect(bytes == signature, "\(name)")
        for partial in partials {
          try Self.remake(partial, tree: tree, verifier: verifier, name: name)
        }
      } else {
        // The parts are in the signature itself.
        let multi = try MultiSignatureV0(decoding: signature)
        #expect(multi.encoded() == signature, "\(name)")
        for proof in multi.signature.proofs {
          let partial = PartialSignature(signer: proof.signer, signature: proof.signature, patch: proof.patch)
          try Self.remake(partial, tree: tree, verifier: verifier, name: name)
        }
      }
      if let signable = row.optional("signable") {
        #expect(try verifier.signable().bytes(for: tree) == signable.hex(), "\(name)")
      }
      #expect(try verifier.verify(tree, signature: signature) == row.flag("verifies"), "\(name)")
      Self.mangle(signature, verifier, tree)
    }
  }

  private static func partial(_ row: JSON) throws -> PartialSignature {
    PartialSignature(
      signer: try row.number("signer"), signature: try row.hex("signature"), patch: try row.number("patch"),
      nodes: row.optional("nodes") == nil ? [] : try row.nodes("nodes"))
  }

  /// Signs the longer log as that signer and makes the contribution from it anew.
  private static func remake(_ partial: PartialSignature, tree: MerkleTree, verifier: Verifier, name: String) throws {
    let signer = Int(partial.signer)
    var log = TestLog(length: tree.length + partial.patch)
    log.tree.fork = tree.fork
    let signature = try verifier.sign(log.tree, with: keyPair(verifier.manifest.signers[signer].publicKey))
    let made = try PartialSignature(
      signer: partial.signer, from: tree.length, to: log.tree.length, signature: signature, nodes: log.nodes)
    #expect(made?.signature == partial.signature, "\(name)")
    #expect(made?.patch == partial.patch)
    if !partial.nodes.isEmpty || partial.patch == 0 { #expect(made == partial, "\(name)") }
    let wrapped = MultiSignature(single: signature, signer: 7).encoded()
    let unwrapped = try PartialSignature(
      signer: partial.signer, from: tree.length, to: log.tree.length, signature: wrapped, nodes: log.nodes)
    #expect(unwrapped == made)
    let short = try PartialSignature(
      signer: 0, from: log.tree.length + 1, to: log.tree.length, signature: signature, nodes: log.nodes)
    #expect(short == nil)
  }

  @Test func verify() throws {
    let rows = try Self.file().list("verify")
    #expect(!rows.isEmpty)
    for row in rows {
      let name = try row.text("name")
      let manifest = try Manifest(decoding: row.hex("manifestEncoded"))
      let verifier = try Verifier(key: row.fixed32("key"), manifest: manifest)
      let tree = try Self.tree(row)
      let signature = try row.optional("signature").map { try $0.hex() }
      if let expected = try row.at("result").bool {
        #expect(try verifier.verify(tree, signature: signature) == expected, "\(name)")
        #expect(verifier.accepts(tree, signature: signature) == expected, "\(name)")
      } else {
        let expected = try row.text("result")
        let error = #expect(throws: DecodingError.self, "\(name)") { try verifier.verify(tree, signature: signature) }
        if let error { #expect("throws: \(error)".hasPrefix(expected), "\(name)") }
        #expect(!verifier.accepts(tree, signature: signature), "\(name)")
      }
    }
  }

  @Test func signableLength() throws {
    let rows = try Self.file().list("signableLength")
    #expect(!rows.isEmpty)
    for row in rows {
      let length = MultiSignature.signableLength(try row.numbers("lengths"), quorum: try row.number("quorum"))
      #expect(try length == row.number("out"))
    }
  }

  @Test func hypercoreSignable() throws {
    let row = try Self.file().at("hypercore_signable")
    let tree = try Self.tree(row)
    let verifier = try Verifier(key: row.fixed32("key"), manifest: nil)
    #expect(try Signable.core(row.fixed32("key")).bytes(for: tree) == row.hex("signable"))
    #expect(verifier.isCompat)
    for pair in try Vectors.load("01-manifests").list("keyPairs") {
      let manifest = Manifest(publicKey: try pair.fixed32("publicKey"))
      guard try manifest.key == row.fixed32("key") else { continue }
      #expect(Verifier(manifest: manifest).accepts(tree, signature: try row.hex("storedSignature")))
      return
    }
    Issue.record("no key pair belongs to the core")
  }

  /// Parts and nodes may be as many as a message holds: nodes are not gone through for each part.
  @Test(.timeLimit(.minutes(1))) func manyPartsAndNodes() throws {
    let keyPair = KeyPair(seed: Fixed32())
    let count = 1_000
    let manifest = Manifest(
      allowPatch: true, quorum: UInt64(count),
      signers: [Manifest.Signer](repeating: .init(publicKey: keyPair.publicKey), count: count))
    var batch = MerkleBatch(MerkleTree())
    batch.append(contentsOf: [[1], [2]])
    let tree = batch.tree
    batch.append([3])
    let signature = keyPair.sign(Verifier(manifest: manifest).signable().bytes(for: batch.tree))
    let stray = TreeNode(index: 1 << 40, size: 1, hash: Fixed32())
    let multi = MultiSignature(
      proofs: (0..<count).map { .init(signer: UInt64($0), signature: signature, patch: 1) },
      nodes: [TreeNode](repeating: stray, count: 100_000) + [TreeNode(block: [3], at: 2)])
    #expect(Verifier(manifest: manifest).accepts(tree, signature: multi.encoded()))
  }

  /// Parts of version 0 that contradict each other about the length are written so that they can be read.
  @Test func contradictingStarts() throws {
    let signature = [UInt8](repeating: 0, count: 64)
    let largest = Writer.bytes(count: 9) { $0.uint(maximumSafeInteger) }
    let parts = [1, 0] + signature + largest + largest + [0] + [1, 1] + signature + largest + [0, 0]
    let multi = try MultiSignatureV0(decoding: [2] + parts + [0])
    #expect(multi.signature.proofs.map(\.patch) == [maximumSafeInteger, 0])
    #expect(try MultiSignatureV0(decoding: multi.encoded()).signature == multi.signature)
  }
}
