internal import CompactEncoding

/// Blocks that a shorter signed head proves.
extension Hypercore {
  /// What became of a proof.
  public enum EarlierOutcome: Hashable, Sendable {
    /// It holds and is stored; length and head are as they were.
    case stored
    /// It is of another fork, or of a longer head.
    case stale
    /// The writer has signed two histories: the log is frozen. The proofs show it to whoever has one of them.
    case conflict([Proof])
  }

  /// Checks a proof of a head that may be shorter than the own one, with a block, and stores what it proves: nodes
  /// and the block, and the signature for others, as one commit.
  ///
  /// For blocks that nobody can prove under the own head. The proof's upgrade starts at a length whose roots are
  /// stored; its nodes have to agree with everything that is stored.
  ///
  /// - Throws: ``MerkleError`` when the proof does not hold, ``SessionError/frozen``, or an error of the storage.
  public func applyEarlier(_ proof: Proof) throws -> EarlierOutcome {
    try write("apply") {
      if core.record.isFrozen { throw SessionError.frozen }
      let main = try mainState
      switch try checker(main).checkEarlier(proof) {
      case .stale: return .stale
      case .conflict(let batch, let node):
        let theirs = Proof(fork: batch.tree.fork, head: batch.tree, signature: batch.signature)
        let ours = try conflictProof(length: FlatTree.rightSpan(node) / 2 + 1, main)
        try freeze()
        return .conflict([ours, theirs].compactMap(\.self))
      case .proven(let batch):
        let block = proof.block.map { StoredBlock(index: $0.index, bytes: $0.value[...]) }
        try main.store(block.map { [$0] } ?? [], nodes: batch.nodes)
        if batch.tree.length < main.length {
          try main.insertEarlier(.init(length: batch.tree.length, signature: batch.signature))
        }
        return .stored
      }
    }
  }

  /// The log was found to have two signed histories: freezes it.
  ///
  /// - Parameter index: the node in which they differ.
  /// - Returns: proofs for whoever has the other history, as far as they can be made.
  public func freeze(contradictedAt index: UInt64) throws -> [Proof] {
    try write("write") {
      let own = try conflictProof(length: FlatTree.rightSpan(index) / 2 + 1, mainState)
      try freeze()
      return own.map { [$0] } ?? []
    }
  }

  /// Whether an upgrade from `length` to the head can be proven.
  public func provesUpgrade(from length: UInt64) throws -> Bool {
    try read("prove") { _ in
      let main = try mainState
      return try hasRoots(of: length) && main.hasNodes(from: length, to: main.length)
    }
  }

  /// A proof of the first `length` blocks from nothing, under the own head or else under a shorter one.
  private func conflictProof(length: UInt64, _ main: LogState) throws -> Proof? {
    for prover in try [prover(main)] + earlierProvers(main) {
      let length = min(length, prover.tree.length)
      if let proof = try? prover.prove(.init(upgrade: .init(start: 0, length: length)), block: { _ in nil }) {
        return proof
      }
    }
    return nil
  }

  /// What answers requests for shorter heads, the shortest first.
  func earlierProvers(_ main: LogState) throws -> [Prover<LogState>] {
    try main.earlierHeads().heads.compactMap { head in
      guard let tree = try? main.tree(at: head.length) else { return nil }
      return Prover(
        tree: tree, signature: head.signature, manifest: core.verifier.isCompat ? nil : core.manifest, nodes: main)
    }
  }
}

extension Proof {
  /// The proof of a head from nothing.
  init(fork: UInt64, head: MerkleTree, signature: [UInt8]?) {
    self.init(
      fork: fork,
      upgrade: Upgrade(start: 0, length: head.length, nodes: head.roots, signature: signature))
  }
}
