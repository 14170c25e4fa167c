public import CompactEncoding
internal import HypercoreCrypto

/// A proof that needs no state at its reader: head, manifest and, if wanted, one block (spec 01 §10.6).
///
/// ```
/// discoveryKey(32) ‖ data message with request 0, an upgrade from 0, and the manifest
/// ```
public struct FullyRemoteProof: Hashable, Sendable {
  /// Names the log without telling its key.
  public var discoveryKey: Fixed32
  /// The proof.
  public var proof: Proof

  /// A proof of the log with the given discovery key.
  public init(discoveryKey: Fixed32, proof: Proof) {
    self.discoveryKey = discoveryKey
    self.proof = proof
  }

  /// Makes the proof of a log's head, with a block if one is named.
  ///
  /// - Throws: what ``Prover/prove(_:block:)`` throws.
  public init(
    key: Fixed32, prover: Prover<some NodeReader>, block index: UInt64? = nil, read: (UInt64) throws -> [UInt8]?
  ) throws {
    let request = ProofRequest(
      block: index.map { .init(index: $0, nodes: 0) }, upgrade: .init(start: 0, length: prover.tree.length),
      manifest: true)
    self.init(
      discoveryKey: HypercoreCrypto.discoveryKey(of: key), proof: try prover.prove(request, block: read))
  }

  /// Checks the proof against an empty tree.
  ///
  /// Only logs with one signer qualify, whose signature reads the same everywhere.
  ///
  /// - Parameter key: the core key, when it is known; else it follows from the manifest.
  /// - Returns: the head and, when the proof has one, the block.
  /// - Throws: ``MerkleError``.
  public func check(key: Fixed32? = nil) throws -> CheckedProof {
    guard let manifest = proof.manifest, manifest.signers.count == 1 else { throw MerkleError.invalidManifest }
    guard let upgrade = proof.upgrade, upgrade.start == 0 else { throw MerkleError.invalidUpgrade }
    let key = try key ?? knownKey(of: manifest)
    guard HypercoreCrypto.discoveryKey(of: key) == discoveryKey else { throw MerkleError.invalidManifest }
    if !Verifier(key: key, manifest: manifest).isPlain {
      guard upgrade.signature?.starts(with: [1, 0]) == true else { throw MerkleError.invalidSignature }
    }
    let empty = ProofChecker(key: key, manifest: nil, tree: MerkleTree(fork: proof.fork), nodes: NodeTable())
    guard let checked = try empty.check(proof), checked.batch.isUpgraded else { throw MerkleError.invalidUpgrade }
    return checked
  }

  /// The key that fits both manifest and discovery key: the manifest's hash, or its only signer's public key.
  private func knownKey(of manifest: Manifest) throws(MerkleError) -> Fixed32 {
    for key in [manifest.key, manifest.signers[0].publicKey]
    where HypercoreCrypto.discoveryKey(of: key) == discoveryKey {
      return key
    }
    throw .invalidManifest
  }
}

extension FullyRemoteProof: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.fixed32()
    size.value(DataMessage(request: 0, proof: proof))
  }

  public func encode(into writer: inout Writer) {
    writer.fixed32(discoveryKey)
    writer.value(DataMessage(request: 0, proof: proof))
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    discoveryKey = try reader.fixed32()
    let message: DataMessage = try reader.value()
    guard message.request == 0 else { throw .invalid("A pushed proof answers no request") }
    proof = message.proof
  }
}
