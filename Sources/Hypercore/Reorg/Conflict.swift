internal import CompactEncoding

/// Whether somebody signed two different logs of the same length and fork (spec 01 §11.4).
public enum ConflictVerdict: Hashable, Sendable {
  /// The two logs agree, or cannot be compared.
  case none
  /// The proof does not hold; it says nothing.
  case invalid
  /// Both are signed and differ. `own` is the own proof, or else the other one, to be shown to every peer.
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
    guard let length = try differingLength(theirs) else { return .none }
    let prover = Prover(tree: tree, signature: signature, manifest: manifest, nodes: nodes)
    let own: Proof
    do {
      own = try prover.prove(.init(upgrade: .init(start: 0, length: length))) { _ in nil }
    } catch MerkleError.missingNode {
      // Blocks were proven under a shorter head than the own one, which does not reach down there. The other proof
      // tells those who have the same.
      return .conflict(length: upgrade.length, fork: tree.fork, own: proof)
    }
    guard (try? empty.check(own)) != nil else { return .none }
    return .conflict(length: length, fork: tree.fork, own: own)
  }

  /// A length at which the own log differs from another one of the same fork that is not longer; nil when they agree.
  private func differingLength(_ theirs: MerkleTree) throws -> UInt64? {
    do {
      let ours = try MerkleTree(length: theirs.length, fork: tree.fork, from: nodes)
      return theirs.hash == ours.hash ? nil : theirs.length
    } catch MerkleError.missingNode(let index) {
      for root in theirs.roots {
        if let known = try nodes.node(at: root.index), known.hash != root.hash {
          return FlatTree.nextLeaf(root.index) / 2
        }
      }
      throw MerkleError.missingNode(index)
    }
  }
}
