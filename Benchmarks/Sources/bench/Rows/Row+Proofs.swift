import CompactEncoding
import Hypercore
import HypercoreCrypto

extension Row {
  /// Checking proofs that somebody sent.
  static let proofs = [
    Row(
      name: "proof-hash", title: "check one-block proofs, hashes only", aim: .figure(500_000), javascript: 20_000,
      limit: "raw BLAKE2b of the same input"
    ) { workspace in
      let log = ProvenLog(length: 16)
      let proofs = try (0..<16).map { try log.proof(of: $0) }
      let checker = ProofChecker(key: log.key, manifest: log.manifest, tree: log.tree, nodes: NodeTable(log.tree.roots))
      return Pair(
        ours: {
          try repeated(for: workspace.budget, step: proofs.count) {
            for proof in proofs {
              guard try checker.checkHashes(proof) != nil else { throw BenchError("a proof was refused") }
            }
          }
        },
        limit: { RawHash.round([109] + Array(repeating: 73, count: 4), budget: workspace.budget) })
    },
    Row(
      name: "proof-signature", title: "check one-block proofs, with signature", aim: .figure(25_000),
      javascript: 18_000, limit: "raw Ed25519 verify"
    ) { workspace in
      let log = ProvenLog(length: 16)
      let proofs = try (0..<16).map { try log.proof(of: $0, upgrade: true) }
      let checker = ProofChecker(key: log.key, manifest: log.manifest, tree: MerkleTree(), nodes: NodeTable())
      return Pair(
        ours: {
          try repeated(for: workspace.budget, step: proofs.count) {
            for proof in proofs {
              guard try checker.check(proof) != nil else { throw BenchError("a proof was refused") }
            }
          }
        },
        limit: { RawHash.verifying(budget: workspace.budget) })
    },
  ]
}

/// A signed log in memory that can be proven; its length is a power of two.
struct ProvenLog {
  let manifest: Manifest
  let key: Fixed32
  let tree: MerkleTree
  private let levels: UInt64
  private let block = [UInt8](repeating: 0x61, count: 100)
  private let prover: Prover<NodeTable>

  init(length: Int) {
    var generator = SystemRandomNumberGenerator()
    let pair = KeyPair(using: &generator)
    manifest = Manifest(publicKey: pair.publicKey)
    key = manifest.key
    levels = UInt64(length.trailingZeroBitCount)
    var batch = MerkleBatch(MerkleTree())
    batch.append(contentsOf: Array(repeating: block, count: length))
    tree = batch.tree
    let verifier = Verifier(manifest: manifest)
    prover = Prover(
      tree: batch.tree, signature: try? verifier.sign(batch.tree, with: pair), manifest: manifest,
      nodes: NodeTable(batch.nodes))
  }

  /// A proof of one block: up to the root, or for a reader that knows nothing, with the signed head.
  func proof(of index: Int, upgrade: Bool = false) throws -> Proof {
    let request = ProofRequest(
      block: .init(index: UInt64(index), nodes: upgrade ? 0 : levels),
      upgrade: upgrade ? .init(start: 0, length: tree.length) : nil)
    return try prover.prove(request) { _ in block }
  }
}
