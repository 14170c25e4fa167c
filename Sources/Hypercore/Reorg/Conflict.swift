internal import CompactEncoding

/// Whether somebody signed two different logs of the same length and fork (spec 01 §11.4).
public enum ConflictVerdict: Hashable, Sendable {
  /// The two logs agree, or cannot be compared.
  case none
  /// The proof does not hold; it says nothing.
  case invalid
  /// Both are signed and differ. `own` is the own proof, to be shown to every peer.
  case conflict(length: UInt64, fork: UInt64, own: Proof)
}

extension ProofChecker {
  /// Compares a peer's proof of an upgrade from 0 with the own log.
  ///
  /// - Parameter signature: the own head's.
  /// - Throws: ``MerkleError/missingNode(_:)`` when the own log lacks the nodes to compare, or an error of the storage.
  public func checkConflict(_ proof: Proof, signature: [UInt8]?) throws -> ConflictVerdict {
    guard let upgrade = proof.upgrade, upgrade.start == 0 else { return .none }
    guard let manifest, proof.fork == tree.fork, upgrade.length <= tree.length else { return .none }
    let empty = ProofChecker<NodeTable>(
      key: key, manifest: manifest, tree: MerkleTree(fork: proof.fork), nodes: NodeTable())
    do {
      guard try empty.check(proof)?.batch.isUpgraded == true else { return .invalid }
    } catch {
      return .invalid
    }
    let theirs = try MerkleTree(roots: upgrade.nodes, length: upgrade.length, fork: proof.fork)
    let ours = try MerkleTree(length: upgrade.length, fork: tree.fork, from: nodes)
    guard theirs.hash != ours.hash else { return .none }
    let prover = Prover(tree: tree, signature: signature, manifest: manifest, nodes: nodes)
    let own = try prover.prove(.init(upgrade: .init(start: 0, length: upgrade.length))) { _ in nil }
    guard (try? empty.check(own)) != nil else { return .none }
    return .conflict(length: upgrade.length, fork: tree.fork, own: own)
  }
}
