internal import CompactEncoding

/// Proofs made from and stored into a log (spec 01 §10–§12.3). They always concern the default state.
extension Hypercore {
  /// Answers a peer's request.
  ///
  /// A newer head that the own one's tree does not reach from there may be one of the shorter ones that
  /// ``applyEarlier(_:)`` has stored.
  ///
  /// - Throws: ``MerkleError`` when the request makes no sense here or something it needs is not stored.
  public func proof(for request: ProofRequest) throws -> Proof {
    try read("prove") { _ in
      let main = try mainState
      do {
        return try prover(main).prove(request) { try main.block(at: $0) }
      } catch MerkleError.missingNode(let index) where request.upgrade != nil {
        for prover in try earlierProvers(main) {
          if let proof = try? prover.prove(request, block: { try main.block(at: $0) }) { return proof }
        }
        throw MerkleError.missingNode(index)
      }
    }
  }

  /// A proof that needs no state at its reader: head, manifest and, if wanted, one block.
  public func fullyRemoteProof(block index: UInt64? = nil) throws -> FullyRemoteProof {
    try read("prove") { _ in
      let main = try mainState
      return try FullyRemoteProof(key: key, prover: prover(main), block: index) { try main.block(at: $0) }
    }
  }

  func prover(_ main: LogState) throws -> Prover<LogState> {
    Prover(
      tree: main.tree, signature: try main.signature(), manifest: core.verifier.isCompat ? nil : core.manifest,
      nodes: main)
  }

  func checker(_ main: LogState) -> ProofChecker<LogState> {
    ProofChecker(key: key, manifest: core.manifest, tree: main.tree, nodes: main)
  }

  /// Checks a proof and stores what it proves: block, nodes, and a new head with its manifest, as one commit.
  ///
  /// - Returns: false when the proof is of another fork; then nothing was stored.
  /// - Throws: ``MerkleError`` when the proof does not hold, ``SessionError/frozen``, or an error of the storage.
  @discardableResult
  public func apply(_ proof: Proof) throws -> Bool {
    try write("apply") {
      if core.record.isFrozen { throw SessionError.frozen }
      let main = try mainState
      guard let checked = try checker(main).check(proof) else { return false }
      try learn(checked.manifest)
      try main.apply(checked.batch, block: checked.block.map { (index: $0.index, value: $0.value) })
      return true
    }
  }

  /// Starts to follow a higher fork; see ``Reorg``.
  ///
  /// - Parameter proof: the answer to an upgrade from 0 at that fork.
  public func reorg(_ proof: Proof) throws -> Reorg {
    try read("apply") { _ in try checker(mainState).reorg(proof) }
  }

  /// Takes one more answer into account.
  ///
  /// - Returns: whether it was of use.
  @discardableResult
  public func update(_ reorg: inout Reorg, with proof: Proof) throws -> Bool {
    try read("apply") { _ in try reorg.update(with: proof, stored: mainState) }
  }

  /// Replaces what differs by the head that a finished reorg leads to, as one commit.
  ///
  /// - Throws: ``MerkleError/treeModified`` when the log has changed since the reorg began.
  public func commit(_ reorg: Reorg) throws {
    try write("apply") {
      if core.record.isFrozen { throw SessionError.frozen }
      guard reorg.isFinished else { throw MerkleError.forkNotVerifiable }
      try learn(reorg.manifest)
      try mainState.apply(reorg.batch, block: nil)
    }
  }

  private func learn(_ manifest: Manifest?) throws {
    guard let manifest, core.manifest == nil else { return }
    try core.update { $0.manifest = manifest.encoded() }
  }

  /// Compares a peer's proof of an upgrade from 0 with this log: two valid signatures for one length and fork are a
  /// conflict. See ``freeze()``.
  public func checkConflict(_ proof: Proof) throws -> ConflictVerdict {
    try read("prove") { _ in
      let main = try mainState
      return try checker(main).checkConflict(proof, signature: main.signature())
    }
  }

  /// How many nodes a request for a block must ask for: those that are missing on its way up.
  public func missingNodes(block index: UInt64) throws -> UInt64 {
    try read("prove") { _ in
      let main = try mainState
      return try main.tree.missingNodes(below: 2 * index, in: main)
    }
  }

  /// The nodes that a signer's log adds to a multi-signature over its first `length` blocks, with his signature.
  ///
  /// - Parameters:
  ///   - signer: position in the manifest of the log that is committed.
  ///   - signedLength: what the signature covers; the head by default.
  ///   - signature: that of the head by default.
  /// - Returns: nil when the log is shorter than `length`.
  public func partialSignature(
    signer: UInt64, length: UInt64, signedLength: UInt64? = nil, signature: [UInt8]? = nil
  ) throws -> PartialSignature? {
    try read("sign") { view in
      guard let bytes = try signature ?? frozen?.signature ?? state.signature() else { return nil }
      return try PartialSignature(
        signer: signer, from: length, to: signedLength ?? view.tree.length, signature: bytes,
        nodes: AnyNodeReader(view))
    }
  }
}
